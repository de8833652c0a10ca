-- How far a wave is: responses by stratum and disposition, each once with its newest
-- revision (FINAL), and by the day on which they were first recorded. Those that stand
-- in no figure are counted by stratum, where they are shown as what they are, and not by day.
SELECT 'stratum' AS part, toString(stratum) AS key, if(late = 1, 'late', toString(disposition)) AS how, toDate('1970-01-01') AS on_day, count() AS responses
FROM responses FINAL
WHERE campaign = @campaign AND wave = @wave AND (@unit = '' OR unit = @unit)
GROUP BY stratum, how

UNION ALL

SELECT 'day', '', '', first_on, count()
FROM
(
    SELECT min(recorded_on) AS first_on, argMax(disposition, revision) AS newest_disposition, argMax(late, revision) AS newest_late, argMax(unit, revision) AS newest_unit
    FROM response_revisions
    WHERE campaign = @campaign AND wave = @wave
    GROUP BY id
)
WHERE newest_disposition IN ('complete', 'partial') AND newest_late = 0 AND (@unit = '' OR newest_unit = @unit)
GROUP BY first_on
