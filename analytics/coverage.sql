-- What stands and what is proven on the last day of each week, of which the last is the
-- day itself, by task, unit, carrier and measure word. Only the newest revision counts
-- (FINAL), and a withdrawn or returned placement counts nowhere. A placement stands from
-- its start to its end, both days included; an open end stands to acceptance, and so does
-- an act. Quantities are summed in thousandths, which is how finely they are kept, so that
-- sums are exact.
SELECT
    task,
    unit,
    carrier,
    measure,
    sumForEach(arrayMap(s -> toInt64(s = states[-1]) * toInt64(round(quantity * 1000)), range(7))) AS thousandths_by_proof,
    sumForEach(arrayMap(s -> toUInt64(s = states[-1]), range(7))) AS by_proof,
    sumForEach(arrayMap(s -> toUInt64(s = states[-1] AND longitude IS NULL), range(7))) AS unplaced_by_proof,
    max(first_on) AS last,
    sumForEach(arrayMap(s -> toUInt64(s < 6), states)) AS standing_by_week,
    sumForEach(arrayMap(s -> toUInt64(s < 2), states)) AS proven_by_week,
    sumForEach(arrayMap(d -> toUInt64(first_on <= toDate(d)), @days)) AS logged_by_week
FROM
(
{{proof}}
)
GROUP BY task, unit, carrier, measure
ORDER BY task, unit, carrier, measure
