-- Placements with how their proof stands on the day, those first that need something
-- soonest: a repair, or the next proof.
SELECT
    id, task, unit, carrier, carrier_text, place, quantity, measure, start, until, proof, last_day, holds,
    arrayMin(f -> f.3, open_faults) AS repair_due,
    arrayDistinct(arrayFlatten(arrayMap(f -> f.4, open_faults))) AS defects
FROM
(
{{proof}}
)
WHERE has(@states, proof)
ORDER BY multiIf(proof IN ('defect', 'gone'), repair_due, proof = 'never', start, holds > 0, toDate(toUInt16(last_day + holds)), until), start, id
{{limit}}
