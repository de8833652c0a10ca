-- What came in, by day, in the seven days to this one. A placement or response counts
-- on the day of its first revision, and not at all once withdrawn or void. A batch
-- counts on its civil date in Asia/Shanghai; its second number is of rejected rows.
SELECT 'placements' AS what, first_on AS on_day, count() AS arrived, toUInt64(0) AS rejected_rows
FROM
(
    SELECT min(recorded_on) AS first_on, argMax(state, revision) AS newest_state, argMax(unit, revision) AS newest_unit
    FROM placement_revisions
    WHERE campaign = @campaign
    GROUP BY id
)
WHERE newest_state IN ('submitted', 'accepted', 'taken-down') AND (@unit = '' OR newest_unit = @unit) AND first_on BETWEEN toDate(@from) AND toDate(@day)
GROUP BY first_on

UNION ALL

SELECT 'responses', first_on, count(), toUInt64(0)
FROM
(
    SELECT min(recorded_on) AS first_on, argMax(disposition, revision) AS newest_disposition, argMax(late, revision) AS newest_late, argMax(unit, revision) AS newest_unit
    FROM response_revisions
    WHERE campaign = @campaign
    GROUP BY wave, id
)
WHERE newest_disposition IN ('complete', 'partial') AND newest_late = 0 AND (@unit = '' OR newest_unit = @unit) AND first_on BETWEEN toDate(@from) AND toDate(@day)
GROUP BY first_on

UNION ALL

SELECT 'batches', on_day, count(), toUInt64(sum(rejected))
FROM
(
    SELECT id, toDate(recorded_at, 'Asia/Shanghai') AS on_day, rejected
    FROM batches
    WHERE campaign = @campaign AND (@unit = '' OR unit = @unit)
    LIMIT 1 BY id
)
WHERE on_day BETWEEN toDate(@from) AND toDate(@day)
GROUP BY on_day
