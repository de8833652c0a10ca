-- How many responses of a wave stand in its figures.
SELECT count() AS responses
FROM responses FINAL
WHERE campaign = @campaign AND wave = @wave AND disposition IN ('complete', 'partial') AND late = 0
