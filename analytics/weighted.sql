-- What a designed sample says of all indicators, in one scan: every counting response, for
-- each question once, by stratum, sampling unit, group and set of answers (empty where the
-- question has none), and by the values of the margins where the wave has any. Who gave no
-- answer is counted as well: how many were reached in a stratum says what each of them
-- stands for. Sets are joined to one text while they are counted, and put in order when few
-- are left: so 1,000,000 responses to eight questions take three quarters of the time.
SELECT
    part,
    drawn,
    grp,
    question,
    {{cellskept}} AS cells,
    if(set = '', emptyArrayString(), arraySort(arrayDistinct(splitByChar('{{separator}}', set)))) AS answer,
    sum(n) AS responses
FROM
(
    SELECT
        toString(stratum) AS part,
        {{unit}} AS drawn,
        {{group}} AS grp,
        question,
        {{cells}} AS cells,
        set,
        count() AS n
    FROM responses FINAL
    ARRAY JOIN @questions AS question, [{{sets}}] AS set
    WHERE campaign = @campaign AND wave = @wave AND disposition IN ('complete', 'partial') AND late = 0
    GROUP BY part, drawn, grp, question{{bycells}}, set
)
GROUP BY part, drawn, grp, question{{bycells}}, answer
ORDER BY part, drawn, grp, question{{bycells}}, answer
