-- What stands and what is proven on the day, and what did at the end of each week, by
-- task, unit, carrier and measure word. Only the newest revision counts (FINAL), and a
-- withdrawn or returned placement counts nowhere. A placement stands from its start to its
-- end, both days included; an open end stands to acceptance. Quantities are summed in
-- thousandths, which is how finely they are kept, so that sums are exact.
SELECT
    task,
    unit,
    carrier,
    measure,
    count() AS logged,
    countIf(stands) AS standing,
    sumIf(toInt64(round(quantity * 1000)), stands) AS standing_thousandths,
    sumIf(toInt64(round(quantity * 1000)), proof IN ('proven', 'growing-old')) AS proven_thousandths,
    [countIf(proof = 'proven'), countIf(proof = 'growing-old'), countIf(proof = 'old'), countIf(proof = 'never'), countIf(proof = 'defect'), countIf(proof = 'gone')] AS by_proof,
    max(first_on) AS last,
    sumForEach(arrayMap(d -> toUInt64(start <= toDate(d) AND toDate(d) <= until), @weeks)) AS standing_by_week,
    sumForEach(proven_on) AS proven_by_week,
    sumForEach(arrayMap(d -> toUInt64(first_on <= toDate(d)), @weeks)) AS logged_by_week
FROM
(
    SELECT *,
        -- the rule of the day, asked of the last day of each week
        arrayMap(d -> toUInt64(
            start <= toDate(d) AND toDate(d) <= until
            AND arrayCount(k -> k < (toUInt64(toUInt16(toDate(d))) + 1) * 17592186044416, pictures) >= needed
            AND arrayMax(arrayFilter(k -> k < (toUInt64(toUInt16(toDate(d))) + 1) * 17592186044416, faults)) <= arrayMax(arrayFilter(k -> k < (toUInt64(toUInt16(toDate(d))) + 1) * 17592186044416, mends))
            AND (holds = 0 OR bitShiftRight(arrayMax(arrayFilter(k -> k < (toUInt64(toUInt16(toDate(d))) + 1) * 17592186044416, proofs)), 44) + holds >= toUInt16(toDate(d)))), @weeks) AS proven_on
    FROM
    (
{{proof}}
    )
)
GROUP BY task, unit, carrier, measure
ORDER BY task, unit, carrier, measure
