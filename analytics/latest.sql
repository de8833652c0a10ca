-- The latest arrivals up to the end of the day: placements that came by form, and
-- batches that came as a file. A file's own placements are told by its batch.
SELECT arrived_at, kind, by_unit, what, amount, measure, taken, refused, batch
FROM
(
    SELECT
        sent.at AS arrived_at, 'placement' AS kind, p.unit AS by_unit, concat(p.carrier_text, '，', p.place) AS what,
        p.quantity AS amount, p.measure AS measure, toUInt64(0) AS taken, toUInt64(0) AS refused, '' AS batch
    FROM placements AS p FINAL
    GLOBAL ANY INNER JOIN
    (
        -- a verdict is no arrival
        SELECT id, max(recorded_at) AS at
        FROM placement_revisions
        WHERE campaign = @campaign AND state = 'submitted' AND file = '' AND recorded_on <= toDate(@day)
        GROUP BY id
    ) AS sent USING (id)
    WHERE p.campaign = @campaign AND p.state IN ('submitted', 'accepted', 'taken-down') AND p.file = '' AND (@unit = '' OR p.unit = @unit)
    ORDER BY sent.at DESC, p.id
    LIMIT 20

    UNION ALL

    SELECT
        recorded_at, kind, unit, file,
        toFloat64(0), '', toUInt64(accepted), toUInt64(rejected), toString(id)
    FROM batches
    WHERE campaign = @campaign AND (@unit = '' OR unit = @unit) AND toDate(recorded_at, 'Asia/Shanghai') <= toDate(@day)
    ORDER BY recorded_at DESC, id
    LIMIT 1 BY id
    LIMIT 20
)
ORDER BY arrived_at DESC, kind, what, batch
LIMIT 20
