-- What a designed sample says of all indicators, in one scan: every counting response, for
-- each question once, by stratum, sampling unit, group and set of answers (empty where the
-- question has none), and by the values of the margins where the wave has any. Who gave no answer is counted as well: how many were reached in a
-- stratum says what each of them stands for.
SELECT
    toString(stratum) AS part,
    {{unit}} AS drawn,
    {{group}} AS grp,
    question,
    {{cells}} AS cells,
    arraySort(arrayDistinct(choices[question])) AS answer,
    count() AS responses
FROM responses FINAL
ARRAY JOIN @questions AS question
WHERE campaign = @campaign AND wave = @wave AND disposition IN ('complete', 'partial') AND late = 0
GROUP BY part, drawn, grp, question{{bycells}}, answer
ORDER BY part, drawn, grp, question{{bycells}}, answer
