-- What was recorded after an instant, each thing once; and how many rows of any kind came to
-- the tables that figures are made of, by wave for those of a survey: where there are none,
-- the figures of then are those of now.
SELECT 'placements' AS what, '' AS wave, count() AS changed, uniqExactIf(id, revision = 1) AS entered, uniqExactIf(id, state = 'accepted') AS good,
    uniqExactIf(id, state = 'returned') AS bad, uniqExactIf(id, state = 'withdrawn') AS gone
FROM placement_revisions
WHERE campaign = @campaign AND recorded_at > toDateTime64(@since, 3, 'UTC') AND (@unit = '' OR unit = @unit)

UNION ALL

SELECT 'photos', '', count(), uniqExactIf(id, revision = 1), toUInt64(0), toUInt64(0), toUInt64(0)
FROM photo_revisions
WHERE campaign = @campaign AND recorded_at > toDateTime64(@since, 3, 'UTC')

UNION ALL

SELECT 'inspections', '', count(), uniqExact(id), toUInt64(0), uniqExactIf(id, finding IN ('damaged', 'gone')), toUInt64(0)
FROM inspections
WHERE campaign = @campaign AND recorded_at > toDateTime64(@since, 3, 'UTC')

UNION ALL

SELECT 'responses', toString(wave), count(), uniqExactIf(id, revision = 1 AND disposition IN ('complete', 'partial') AND late = 0), toUInt64(0), uniqExactIf(id, revision > 1 AND disposition = 'void'), toUInt64(0)
FROM response_revisions
WHERE campaign = @campaign AND recorded_at > toDateTime64(@since, 3, 'UTC') AND (@unit = '' OR unit = @unit)
GROUP BY wave

UNION ALL

SELECT 'batches', '', count(), toUInt64(count()), toUInt64(sum(accepted)), toUInt64(sum(rejected)), toUInt64(0)
FROM
(
    SELECT id, accepted, rejected
    FROM batches
    WHERE campaign = @campaign AND recorded_at > toDateTime64(@since, 3, 'UTC') AND (@unit = '' OR unit = @unit)
    LIMIT 1 BY id
)

UNION ALL

SELECT 'plan', '', count(), toUInt64(0), toUInt64(0), toUInt64(0), toUInt64(0)
FROM
(
    SELECT id FROM campaigns WHERE campaign = @campaign AND recorded_at > toDateTime64(@since, 3, 'UTC')
    UNION ALL
    SELECT id FROM tasks WHERE campaign = @campaign AND recorded_at > toDateTime64(@since, 3, 'UTC')
    UNION ALL
    SELECT id FROM carriers WHERE campaign = @campaign AND recorded_at > toDateTime64(@since, 3, 'UTC')
    UNION ALL
    SELECT id FROM units WHERE campaign = @campaign AND recorded_at > toDateTime64(@since, 3, 'UTC')
)
