    -- One row for each placement that counts, with what shows that it stands and, for each
    -- of the days asked about, how it stands: the number of a ProofState.
    --
    -- An event is a number: its civil date in the upper bits and the millisecond of its
    -- recording in the lower 44, so that the events of one day are in the order in which they
    -- were recorded; all of a day lie below the next day's first number. Each step is a
    -- SELECT of its own, since the engine works out a name again wherever it is used: in one
    -- step the planning alone took half as long again.
    SELECT *,
        -- over holds the first number after each day
        arrayMap(over -> multiIf(
            begins >= over OR ends_before < over, 6,
            arrayMax(arrayFilter(k -> k < over, faults)) > arrayMax(arrayFilter(k -> k < over, mends)),
                if(arrayMax(arrayFilter(k -> k < over, losses)) = arrayMax(arrayFilter(k -> k < over, faults)), 5, 4),
            arrayCount(k -> k < over, pictures) < needed, 3,
            holds = 0, 0,
            bitShiftRight(arrayMax(arrayFilter(k -> k < over, proofs)), 44) + holds + 1 < bitShiftRight(over, 44), 2,
            bitShiftRight(arrayMax(arrayFilter(k -> k < over, proofs)), 44) + holds + 1 < bitShiftRight(over, 44) + toUInt32OrZero(@soon), 1,
            0), arrayMap(d -> bitShiftLeft(toUInt64(toUInt16(toDate(d))) + 1, 44), @days)) AS states
    FROM
    (
        SELECT *,
            -- where no photo is asked for, the entry itself is the proof: of its start, and of
            -- the day on which somebody logged it
            arrayConcat(if(needed = 0, [begins, bitShiftLeft(toUInt64(toUInt16(greatest(start, first_on))), 44)], pictures), seen) AS proofs,
            if(needed = 0, seen, pictures) AS mends
        FROM
        (
            SELECT id, task, unit, carrier, carrier_text, place, quantity, measure, start, ends, permitted, act, longitude, latitude, datum,
                first_on, faults, losses, found, seen,
                bitShiftLeft(toUInt64(toUInt16(start)), 44) AS begins, bitShiftLeft(toUInt64(toUInt16(until)) + 1, 44) AS ends_before,
                -- a contradicted photo speaks once the office has accepted the placement with it
                arrayConcat(sure, arrayFilter(k -> bitAnd(k, 17592186044415) <= accepted, doubted)) AS pictures,
                toUInt32OrZero(transform(toString(carrier), @carriers, @photos, '0')) AS needed,
                toUInt32OrZero(transform(toString(carrier), @carriers, @intervals, '0')) AS holds
            FROM
            (
                -- an act that was done stays done
                SELECT id, task, unit, carrier, carrier_text, place, quantity, measure, start, ifNull(end, toDate('2149-06-06')) AS ends,
                    transform(toString(carrier), @carriers, @acts, '0') = '1' AS act, if(act, toDate('2149-06-06'), ends) AS until,
                    if(state = 'taken-down', toDate('2149-06-06'), ifNull(permit_until, toDate('2149-06-06'))) AS permitted, longitude, latitude, datum
                FROM placements FINAL
                WHERE campaign = @campaign AND state IN ('submitted', 'accepted', 'taken-down') AND (@unit = '' OR unit = @unit) {{placements}}
            ) AS newest
            GLOBAL ANY LEFT JOIN
            (
                -- the day of the first logging: a later correction doesn't move a placement. An
                -- acceptance ends where the placement was sent back after it.
                SELECT id, minIf(recorded_on, revision = 1) AS first_on,
                    maxIf(toUInt64(toUnixTimestamp64Milli(recorded_at)), state = 'accepted') AS accepted_at,
                    if(accepted_at > maxIf(toUInt64(toUnixTimestamp64Milli(recorded_at)), state = 'returned'), accepted_at, 0) AS accepted
                FROM placement_revisions
                WHERE campaign = @campaign {{placements}}
                GROUP BY id
            ) AS first USING (id)
            GLOBAL ANY LEFT JOIN
            (
                -- photos that nothing contradicts, those that something does; then what was found:
                -- that it stands only the office can say, a fault anybody
                SELECT id,
                    groupArrayIf(event, kind = 'photo') AS sure, groupArrayIf(event, kind = 'doubted') AS doubted, groupArrayIf(event, kind = 'standing') AS seen,
                    groupArrayIf(event, kind IN ('damaged', 'gone')) AS faults, groupArrayIf(event, kind = 'gone') AS losses,
                    groupArrayIf((event, due, defects), kind IN ('damaged', 'gone')) AS found
                FROM
                (
                    SELECT placement AS id, bitShiftLeft(toUInt64(toUInt16(proves_on)), 44) + toUInt64(toUnixTimestamp64Milli(recorded_at)) AS event,
                        if(grade = 'X', 'doubted', 'photo') AS kind, toDate('2149-06-06') AS due, [''] AS defects
                    FROM photos FINAL
                    WHERE campaign = @campaign AND state = 'kept' {{evidence}}
                    UNION ALL
                    SELECT placement, bitShiftLeft(toUInt64(toUInt16(found_on)), 44) + toUInt64(toUnixTimestamp64Milli(recorded_at)),
                        toString(finding), ifNull(due, toDate('2149-06-06')), arrayMap(d -> toString(d), defects)
                    FROM inspections FINAL
                    WHERE campaign = @campaign AND (finding != 'standing' OR recorded_role = 'office') {{evidence}}
                )
                GROUP BY id
            ) AS evidence USING (id)
        )
    )
