-- What people wrote under an open question, with their group. Of very many answers the first
-- by a hash of the id are taken: always the same ones, of every group alike.
SELECT toString(id) AS sheet, {{group}} AS grp, texts[@question] AS answer
FROM responses FINAL
WHERE campaign = @campaign AND wave = @wave AND disposition IN ('complete', 'partial') AND late = 0
    AND texts[@question] != ''
ORDER BY cityHash64(id), sheet
LIMIT {{most}}
