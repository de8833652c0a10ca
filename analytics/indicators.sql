-- All questions that a wave's figures need, in one scan: how many responses gave which
-- set of answers, by group. A revised response counts once, with its newest answers
-- (FINAL); a void one does not count. Which answers are positive, what they are worth
-- and who is in the base are rules of the questionnaire and are applied afterwards. Each
-- question is one of the grouping sets. Sets are joined to one text while they are counted,
-- and put in order when few are left.
SELECT
    grp,
    question,
    arraySort(arrayDistinct(splitByChar('{{separator}}', set))) AS answer,
    sum(n) AS responses
FROM
(
    SELECT
        {{group}} AS grp,
        {{sets}},
        indexOf([{{grouping}}], 0) AS which,
        @questions[which] AS question,
        [{{names}}][which] AS set,
        count() AS n
    FROM responses FINAL
    WHERE campaign = @campaign AND wave = @wave AND disposition IN ('complete', 'partial') AND late = 0
    GROUP BY GROUPING SETS ({{each}})
)
WHERE set != ''
GROUP BY grp, question, answer
ORDER BY grp, question, answer
