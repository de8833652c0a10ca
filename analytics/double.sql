-- Sheets that were entered twice, one row for each question that could differ: by whom
-- the first entry was, to whom the sheet had been issued, and whether it differed.
SELECT question, distributor, first_by, count() AS compared, countIf(has(differing, question)) AS differed
FROM
(
    SELECT arrayJoin(compared) AS question, distributor, first_by, differing
    FROM second_entries FINAL
    WHERE campaign = @campaign AND wave = @wave
)
GROUP BY question, distributor, first_by
