-- The responses of a wave that stand in its figures, in full, newest revisions: they are
-- compared with one another, which no sum can stand for. With them those that a person took
-- out, for the figures as if nobody had.
SELECT
    disposition = 'void' AS void,
    reason,
    recorded_by,
    toString(id),
    number,
    distributor,
    toString(stratum),
    {{unit}} AS drawn,
    mode,
    seconds,
    device,
    recorded_at,
    answered_on,
    young,
    unclear,
    choices,
    numbers
FROM responses FINAL
WHERE campaign = @campaign AND wave = @wave AND disposition IN ('complete', 'partial', 'void') AND late = 0
ORDER BY id
