-- One question, by group and option. A revised response counts once, with its newest
-- answers (FINAL); a void one does not count. Each row is one option in one group:
--   persons    responses that hold the option
--   responses  the same, each response counted once, at its first option; their sum
--              is the number of responses, with an empty code for those without answer
--   asked      of these, those to whom the question was shown
SELECT
    grp,
    code,
    count() AS persons,
    countIf(empty(codes) OR code = codes[1]) AS responses,
    countIf((empty(codes) OR code = codes[1]) AND (notEmpty(codes) OR shown)) AS asked
FROM
(
    SELECT
        {{group}} AS grp,
        arrayDistinct({{codes}}) AS codes,
        {{shown}} AS shown
    FROM responses FINAL
    WHERE campaign = @campaign AND wave = @wave AND disposition IN ('complete', 'partial') AND late = 0
)
LEFT ARRAY JOIN codes AS code
GROUP BY grp, code
ORDER BY grp, code
