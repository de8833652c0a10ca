-- What was returned and waits to be mended, and what stands under a permit that ends
-- soon or has ended; the longest waiting first.
SELECT
    id,
    state = 'returned' AS returned,
    task,
    unit,
    carrier,
    carrier_text,
    place,
    quantity,
    measure,
    reason,
    note,
    recorded_on,
    ifNull(permit_until, toDate(0)) AS permitted
FROM placements FINAL
WHERE campaign = @campaign AND (@unit = '' OR unit = @unit)
  AND (state = 'returned'
    OR state IN ('submitted', 'accepted') AND start <= toDate(@day) AND (end IS NULL OR end >= toDate(@day)) AND permit_until < toDate(@soon))
ORDER BY recorded_at, id
