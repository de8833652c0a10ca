-- The answers of each counting response to the questions that satisfaction is asked with, by
-- stratum and sampling unit, alike ones together. Of a wave with more responses than can be
-- looked at at once every so many-th is taken, by a hash of its id: always the same ones.
SELECT
    toString(stratum) AS part,
    {{unit}} AS drawn,
    arrayMap(q -> choices[q], @questions) AS answers,
    count() AS responses
FROM responses FINAL
WHERE campaign = @campaign AND wave = @wave AND disposition IN ('complete', 'partial') AND late = 0
    AND cityHash64(id) % {{every}} = 0
GROUP BY part, drawn, answers
ORDER BY part, drawn, answers
