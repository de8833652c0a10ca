    -- One row for each placement that counts, with what shows that it stands and how it
    -- stands on the day.
    --
    -- An event is a number: its civil date in the upper bits and the millisecond of its
    -- recording in the lower 44, so that the events of one day are in the order in which they
    -- were recorded. All of a day lie below the next day's first number.
    SELECT
        id, task, unit, carrier, carrier_text, place, quantity, measure, start, until, first_on,
        toUInt32OrZero(transform(toString(carrier), @carriers, @photos, '0')) AS needed,
        toUInt32OrZero(transform(toString(carrier), @carriers, @intervals, '0')) AS holds,
        -- a contradicted photo speaks once the office has accepted the placement with it
        arrayConcat(sure, arrayFilter(k -> bitAnd(k, 17592186044415) <= accepted, doubted)) AS pictures,
        -- where no photo is asked for, the entry itself is the proof: of its start, and of the
        -- day on which somebody logged it
        arrayConcat(if(needed = 0, [bitShiftLeft(toUInt64(toUInt16(start)), 44), bitShiftLeft(toUInt64(toUInt16(greatest(start, first_on))), 44)], pictures), seen) AS proofs,
        if(needed = 0, seen, pictures) AS mends,
        arrayMap(f -> f.1, found) AS faults,
        (toUInt64(toUInt16(toDate(@day))) + 1) * 17592186044416 AS end_of_day,
        start <= toDate(@day) AND toDate(@day) <= until AS stands,
        arrayMax(arrayFilter(k -> k < end_of_day, mends)) AS mended,
        arrayFilter(f -> f.1 < end_of_day AND f.1 > mended, found) AS open_faults,
        arrayMax(arrayFilter(k -> k < end_of_day, proofs)) AS last_proof,
        toUInt32(bitShiftRight(last_proof, 44)) AS last_day,
        arrayCount(k -> k < end_of_day, pictures) >= needed AS shown,
        multiIf(
            NOT stands, 'not-standing',
            notEmpty(open_faults), if(arrayMax(f -> f.1, open_faults) = arrayMax(f -> if(f.2 = 'gone', f.1, 0), open_faults), 'gone', 'defect'),
            NOT shown, 'never',
            holds = 0, 'proven',
            last_day + holds < toUInt16(toDate(@day)), 'old',
            last_day + holds < toUInt16(toDate(@day)) + toUInt32OrZero(@soon), 'growing-old',
            'proven') AS proof
    FROM
    (
        SELECT id, task, unit, carrier, carrier_text, place, quantity, measure, start, ifNull(end, toDate('2149-06-06')) AS until
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
        SELECT placement AS id,
            groupArrayIf(bitShiftLeft(toUInt64(toUInt16(proves_on)), 44) + toUInt64(toUnixTimestamp64Milli(recorded_at)), grade != 'X') AS sure,
            groupArrayIf(bitShiftLeft(toUInt64(toUInt16(proves_on)), 44) + toUInt64(toUnixTimestamp64Milli(recorded_at)), grade = 'X') AS doubted
        FROM photos FINAL
        WHERE campaign = @campaign AND state = 'kept' {{evidence}}
        GROUP BY placement
    ) AS photographed USING (id)
    GLOBAL ANY LEFT JOIN
    (
        -- that it stands only the office can say; a fault anybody
        SELECT placement AS id,
            groupArrayIf(bitShiftLeft(toUInt64(toUInt16(found_on)), 44) + toUInt64(toUnixTimestamp64Milli(recorded_at)), finding = 'standing' AND recorded_role = 'office') AS seen,
            groupArrayIf((bitShiftLeft(toUInt64(toUInt16(found_on)), 44) + toUInt64(toUnixTimestamp64Milli(recorded_at)), finding, ifNull(due, toDate('2149-06-06')), arrayMap(d -> toString(d), defects)), finding != 'standing') AS found
        FROM inspections FINAL
        WHERE campaign = @campaign {{evidence}}
        GROUP BY placement
    ) AS inspected USING (id)
