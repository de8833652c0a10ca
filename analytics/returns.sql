-- Sheets of paper beside the responses that were entered under their numbers. A row is a
-- sheet, a response, or both. The stratum of a response is the answered one, that of a
-- sheet without one is the one for which it was issued: so what stands here under a
-- stratum is what progress.sql counts there.
SELECT
    s.number != '' AS printed,
    if(r.known = 1, r.number, s.number) AS number,
    if(r.known = 1, r.stratum, s.stratum) AS stratum,
    s.stratum AS issued_for,
    s.area AS area,
    s.distributor AS distributor,
    s.issued AS issued,
    s.issued = 1 AND (s.returned = 1 OR r.known = 1) AS returned,
    s.void AS void,
    s.reason AS why,
    s.archive AS archive,
    if(r.known = 1, if(r.late = 1, 'late', toString(r.disposition)), '') AS how,
    r.reason AS reason,
    toString(r.id) AS response,
    toString(r.mode) AS mode
FROM
(
    SELECT number, stratum, area, distributor, issued, returned, void, reason, archive
    FROM sheets
    WHERE campaign = @campaign AND wave = @wave
    ORDER BY number, revision DESC, recorded_at, write
    LIMIT 1 BY number
) AS s
FULL OUTER JOIN
(
    SELECT 1 AS known, id, number, stratum, disposition, late, reason, mode, if(number = '', toString(id), number) AS sheet
    FROM responses FINAL
    WHERE campaign = @campaign AND wave = @wave
) AS r ON s.number = r.sheet
