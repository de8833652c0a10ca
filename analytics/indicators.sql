-- All questions that a wave's figures need, in one scan: how many responses gave which
-- set of answers, by group. A revised response counts once, with its newest answers
-- (FINAL); a void one does not count. Which answers are positive, what they are worth
-- and who is in the base are rules of the questionnaire and are applied afterwards.
SELECT
    grp,
    question,
    arraySort(arrayDistinct(codes)) AS answer,
    count() AS responses
FROM
(
    SELECT {{group}} AS grp, choices
    FROM responses FINAL
    WHERE campaign = @campaign AND wave = @wave AND disposition IN ('complete', 'partial') AND late = 0
)
ARRAY JOIN mapKeys(choices) AS question, mapValues(choices) AS codes
WHERE question IN @questions AND notEmpty(codes)
GROUP BY grp, question, answer
ORDER BY grp, question, answer
