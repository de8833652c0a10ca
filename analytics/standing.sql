-- Placements with how their proof stands on the day, those first that need something
-- soonest: a repair, or the next proof.
SELECT
    id, task, unit, carrier, carrier_text, place, quantity, measure, start, ends, longitude, latitude, datum,
    toUInt8(states[1]) AS state, last_day, holds,
    arrayMin(f -> f.2, open_faults) AS repair_due,
    arrayDistinct(arrayFlatten(arrayMap(f -> f.3, open_faults))) AS faults_found,
    multiIf(state IN (4, 5), repair_due, state = 3, start, holds > 0, toDate(toUInt16(last_day + holds)), ends) AS needs
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
WHERE {{chosen}}
  AND (@unplaced = '' OR longitude IS NULL)
  AND (needs, start, toString(id)) > (toDate(@needs), toDate(@started), @after)
ORDER BY needs, start, toString(id)
{{limit}}
