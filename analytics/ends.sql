-- What ends on which day. A flight ends on its last day, an act never; a proof grows old
-- after its last day; a permit is asked about while the placement may still stand; a repair is
-- due by the earliest day of its open faults. What has no end stands under the last day of the
-- calendar's type.
SELECT {{columns}}
FROM
(
    SELECT *, toUInt8(ending.1) AS kind, ending.2 AS last_of
    FROM
    (
        SELECT *, arrayJoin(arrayFilter(e -> e.1 > 0, [
            (if(act OR ends = toDate('2149-06-06') AND states[1] = 6, 0, 1), ends),
            (if(states[1] < 3 AND holds > 0, 2, 0), toDate(toUInt16(last_day + holds))),
            (if(permitted < toDate('2149-06-06') AND ends >= toDate(@day), 3, 0), permitted),
            (if(states[1] IN (4, 5), 4, 0), arrayMin(f -> f.2, open_faults))
        ])) AS ending
        FROM
        (
            SELECT *,
                toUInt32(bitShiftRight(arrayMax(arrayFilter(k -> k < bitShiftLeft(toUInt64(toUInt16(toDate(@day))) + 1, 44), proofs)), 44)) AS last_day,
                arrayFilter(f -> f.1 < bitShiftLeft(toUInt64(toUInt16(toDate(@day))) + 1, 44) AND f.1 > mended, found) AS open_faults
            FROM
            (
                SELECT *, arrayMax(arrayFilter(k -> k < bitShiftLeft(toUInt64(toUInt16(toDate(@day))) + 1, 44), mends)) AS mended
                FROM
                (
{{proof}}
                )
            )
        )
    )
)
WHERE {{where}}
{{tail}}
