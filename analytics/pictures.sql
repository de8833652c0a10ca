-- The newest photos of accepted placements, one of each. The newest are taken first, so that
-- not every placement has to be looked at.
SELECT id, placement, proves_on, task, unit, carrier, carrier_text, place
FROM
(
    SELECT id, placement, proves_on, recorded_at
    FROM photos FINAL
    WHERE campaign = @campaign AND state = 'kept' AND (@unit = '' OR unit = @unit)
    ORDER BY proves_on DESC, recorded_at DESC, id
    LIMIT 1 BY placement
    LIMIT 400
) AS newest
GLOBAL INNER JOIN
(
    SELECT id AS placement, task, unit, carrier, carrier_text, place
    FROM placements FINAL
    WHERE campaign = @campaign AND state = 'accepted'
) AS accepted USING (placement)
ORDER BY proves_on DESC, recorded_at DESC, id
LIMIT 12
