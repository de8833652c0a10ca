-- What stands on the day, and what stood at the end of each week, by task, unit,
-- carrier and measure word. Only the newest revision counts (FINAL), and a withdrawn
-- placement counts nowhere. A placement stands from its start to its end, both days
-- included; an open end stands to acceptance. Quantities are summed in thousandths,
-- which is how finely they are kept, so that sums are exact.
SELECT
    task,
    unit,
    carrier,
    measure,
    count() AS logged,
    countIf(start <= toDate(@day) AND toDate(@day) <= until) AS standing,
    sumIf(toInt64(round(quantity * 1000)), start <= toDate(@day) AND toDate(@day) <= until) AS standing_thousandths,
    max(first_on) AS last,
    sumForEach(arrayMap(d -> toUInt64(start <= toDate(d) AND toDate(d) <= until), @weeks)) AS standing_by_week,
    sumForEach(arrayMap(d -> toUInt64(first_on <= toDate(d)), @weeks)) AS logged_by_week
FROM
(
    SELECT id, task, unit, carrier, measure, quantity, start, ifNull(end, toDate('2149-06-06')) AS until
    FROM placements FINAL
    WHERE campaign = @campaign AND state IN ('submitted', 'accepted', 'taken-down') AND (@unit = '' OR unit = @unit)
) AS newest
GLOBAL ANY LEFT JOIN
(
    -- the day of the first logging: a later correction doesn't move a placement
    SELECT id, recorded_on AS first_on
    FROM placement_revisions
    WHERE campaign = @campaign AND revision = 1
) AS first USING (id)
GROUP BY task, unit, carrier, measure
ORDER BY task, unit, carrier, measure
