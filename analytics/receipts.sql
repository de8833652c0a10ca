-- What was answered to every file and form that brought rows in, the first one first.
SELECT toString(id), kind, wave, file, sha256, rows, accepted, rejected, skipped, already_known, unit, recorded_at, recorded_name
FROM batches
WHERE campaign = @campaign
ORDER BY recorded_at, id
