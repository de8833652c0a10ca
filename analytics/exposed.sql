-- Which channels people say they have seen, beside what they know: how many responses gave
-- which two sets of answers. Those who left the question about channels open are not in it.
SELECT
    arraySort(arrayDistinct(choices[@channels])) AS seen,
    arraySort(arrayDistinct(choices[@aware])) AS answer,
    count() AS responses
FROM responses FINAL
WHERE campaign = @campaign AND wave = @wave AND disposition IN ('complete', 'partial') AND late = 0
    AND notEmpty(choices[@channels])
GROUP BY seen, answer
ORDER BY seen, answer
