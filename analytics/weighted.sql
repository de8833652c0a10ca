-- What a designed sample says of all indicators, in one scan: every counting response, for
-- each question once, by stratum, sampling unit, group and set of answers (empty where the
-- question has none), and by the values of the margins where the wave has any. Who gave no
-- answer is counted as well: how many were reached in a stratum says what each of them
-- stands for. Each question is one of the grouping sets: a row for each response and question
-- took twice as long. Sets are joined to one text while they are counted, and put in order
-- when few are left.
SELECT
    part,
    drawn,
    grp,
    question,
    {{cellskept}} AS cells,
    arrayStringConcat(arraySort(arrayDistinct(splitByChar('{{separator}}', set))), '{{separator}}') AS answer,
    sum(n) AS responses
FROM
(
    SELECT
        toString(stratum) AS part,
        {{unit}} AS drawn,
        {{group}} AS grp,
        {{cells}} AS cells,
        {{sets}},
        indexOf([{{grouping}}], 0) AS which,
        @questions[which] AS question,
        [{{names}}][which] AS set,
        count() AS n
    FROM responses FINAL
    WHERE campaign = @campaign AND wave = @wave AND disposition IN ('complete', 'partial') AND late = 0
    GROUP BY GROUPING SETS ({{each}})
)
GROUP BY part, drawn, grp, question{{bycells}}, answer
ORDER BY part, drawn, grp, question{{bycells}}, answer
