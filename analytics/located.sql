-- Where the chosen placements are: those with a position, each in its own datum.
SELECT id, toInt32(states[1]) AS state, assumeNotNull(longitude), assumeNotNull(latitude), datum
FROM
(
{{proof}}
)
WHERE longitude IS NOT NULL AND latitude IS NOT NULL AND {{chosen}}
