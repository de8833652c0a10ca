-- only adds
-- The open views made anew, with the columns they had: whoever reads for one campaign sees rows of
-- no other (ofCampaign). Of one who reads for all nothing changes.
CREATE DATABASE IF NOT EXISTS {{open}} {{onCluster}};

{{openView "campaigns"}} (
    campaign String COMMENT 'id of the campaign',
    name String COMMENT 'its name',
    starts Nullable(Date) COMMENT 'first day; null: not settled',
    ends Nullable(Date) COMMENT 'last day; null: open or not settled',
    smallest_cell UInt32 COMMENT 'below how many people a cell of the survey is hidden',
    demo UInt8 COMMENT '1: demonstration data'
) {{asOwner}} AS
SELECT id AS campaign, JSONExtractString(body, 'name') AS name, toDateOrNull(left(JSONExtractString(body, 'window', 'start'), 10)) AS starts,
    toDateOrNull(left(JSONExtractString(body, 'window', 'end'), 10)) AS ends,
    toUInt32(if(JSONExtractInt(body, 'settings', 'smallest_cell', 'value') > 0, JSONExtractInt(body, 'settings', 'smallest_cell', 'value'), 5)) AS smallest_cell,
    toUInt8(JSONExtractBool(body, 'demo')) AS demo
FROM (SELECT campaign, id, body FROM {{ofCampaign "campaigns" "campaign, id, body, revision, recorded_at, write"}} ORDER BY revision DESC, recorded_at, write LIMIT 1 BY campaign, id)
COMMENT 'campaigns';

{{openView "units"}} (
    campaign String COMMENT 'id of the campaign',
    unit String COMMENT 'id of the unit',
    name String COMMENT 'its name',
    kind LowCardinality(String) COMMENT 'bureau, township, company, media, village, collective',
    parent String COMMENT 'id of the unit above, empty: none',
    opened Nullable(Date) COMMENT 'first day as a unit; null: always',
    closed Nullable(Date) COMMENT 'first day as one no more; null: none'
) {{asOwner}} AS
SELECT campaign, id AS unit, JSONExtractString(body, 'name') AS name, JSONExtractString(body, 'kind') AS kind, JSONExtractString(body, 'parent') AS parent,
    toDateOrNull(left(JSONExtractString(body, 'opened'), 10)) AS opened, toDateOrNull(left(JSONExtractString(body, 'closed'), 10)) AS closed
FROM (SELECT campaign, id, body FROM {{ofCampaign "units" "campaign, id, body, revision, recorded_at, write"}} ORDER BY revision DESC, recorded_at, write LIMIT 1 BY campaign, id)
COMMENT 'units: organisations, never people';

{{openView "carriers"}} (
    campaign String COMMENT 'id of the campaign',
    carrier String COMMENT 'id of the carrier',
    name String COMMENT 'its name'
) {{asOwner}} AS
SELECT campaign, id AS carrier, JSONExtractString(body, 'name') AS name
FROM (SELECT campaign, id, body FROM {{ofCampaign "carriers" "campaign, id, body, revision, recorded_at, write"}} ORDER BY revision DESC, recorded_at, write LIMIT 1 BY campaign, id)
COMMENT 'what is put up: banners, screens, leaflets';

{{openView "tasks"}} (
    campaign String COMMENT 'id of the campaign',
    task String COMMENT 'code of the task in its plan',
    position UInt32 COMMENT 'place in the plan',
    field String COMMENT 'field of the plan',
    title String COMMENT 'what is to be done',
    lead Array(String) COMMENT 'ids of the units responsible',
    assisting Array(String) COMMENT 'ids of the units that help',
    starts Nullable(Date) COMMENT 'first day; null: not settled',
    ends Nullable(Date) COMMENT 'last day; null: open or not settled',
    open_end UInt8 COMMENT '1: to the acceptance'
) {{asOwner}} AS
SELECT campaign, id AS task, toUInt32(JSONExtractUInt(body, 'position')) AS position, JSONExtractString(body, 'field') AS field,
    JSONExtractString(body, 'title') AS title, JSONExtract(body, 'lead', 'Array(String)') AS lead,
    JSONExtract(body, 'assisting', 'Array(String)') AS assisting, toDateOrNull(left(JSONExtractString(body, 'window', 'start'), 10)) AS starts,
    toDateOrNull(left(JSONExtractString(body, 'window', 'end'), 10)) AS ends, toUInt8(JSONExtractBool(body, 'window', 'open')) AS open_end
FROM (SELECT campaign, id, body FROM {{ofCampaign "tasks" "campaign, id, body, revision, recorded_at, write"}} ORDER BY revision DESC, recorded_at, write LIMIT 1 BY campaign, id)
COMMENT 'obligations of the plan';

{{openView "targets"}} (
    campaign String COMMENT 'id of the campaign',
    task String COMMENT 'code of the task',
    unit String COMMENT 'id of the unit, empty: of the task as a whole',
    carrier String COMMENT 'id of the carrier, empty: of any',
    quantity Float64 COMMENT 'how many are owed',
    measure LowCardinality(String) COMMENT 'measure word'
) {{asOwner}} AS
SELECT campaign, id AS task, JSONExtractString(target, 'unit') AS unit, JSONExtractString(target, 'carrier') AS carrier,
    JSONExtractFloat(target, 'quantity') AS quantity, JSONExtractString(target, 'measure') AS measure
FROM (SELECT campaign, id, body FROM {{ofCampaign "tasks" "campaign, id, body, revision, recorded_at, write"}} ORDER BY revision DESC, recorded_at, write LIMIT 1 BY campaign, id)
ARRAY JOIN JSONExtractArrayRaw(body, 'targets') AS target
COMMENT 'what the plan asks for, where it was counted; a task without a row was not';

{{openView "placements"}} (
    campaign LowCardinality(String) COMMENT 'id of the campaign',
    placement UUID COMMENT 'id of the placement',
    task LowCardinality(String) COMMENT 'code of the task',
    unit LowCardinality(String) COMMENT 'id of the unit',
    carrier LowCardinality(String) COMMENT 'id of the carrier, empty: not on the list',
    quantity Float64 COMMENT 'how many',
    measure LowCardinality(String) COMMENT 'measure word',
    area_m2 Nullable(Float64) COMMENT 'area in square metres',
    starts Date COMMENT 'first day',
    ends Nullable(Date) COMMENT 'last day; null: to the acceptance',
    longitude Nullable(Float64) COMMENT 'degrees, in the datum',
    latitude Nullable(Float64) COMMENT 'degrees, in the datum',
    datum LowCardinality(String) COMMENT 'wgs84, gcj02, bd09; never converted',
    state LowCardinality(String) COMMENT 'submitted, returned, accepted, taken-down, withdrawn; returned and withdrawn count nowhere',
    changed_on Date COMMENT 'civil date of the newest revision'
) {{asOwner}} AS
SELECT campaign, id AS placement, task, unit, carrier, quantity, measure, area_m2, start AS starts, end AS ends, longitude, latitude, datum, state,
    recorded_on AS changed_on
FROM {{ofCampaign "placements FINAL" "campaign, id, task, unit, carrier, quantity, measure, area_m2, start, end, longitude, latitude, datum, state, recorded_on"}}
COMMENT 'the ledger, as it holds now';

{{openView "photos"}} (
    campaign LowCardinality(String) COMMENT 'id of the campaign',
    placement UUID COMMENT 'id of the placement',
    unit LowCardinality(String) COMMENT 'id of the unit',
    grade LowCardinality(String) COMMENT 'A, B, C, X: how well it proves',
    source LowCardinality(String) COMMENT 'camera, upload',
    proves_on Date COMMENT 'the civil date of which it is proof'
) {{asOwner}} AS
SELECT campaign, placement, unit, grade, source, proves_on
FROM {{ofCampaign "photos FINAL" "campaign, placement, unit, grade, source, proves_on" "state = 'kept'"}}
COMMENT 'that there is a photo; not the photo, its place or its device';

{{openView "inspections"}} (
    campaign LowCardinality(String) COMMENT 'id of the campaign',
    placement UUID COMMENT 'id of the placement',
    unit LowCardinality(String) COMMENT 'id of the unit',
    found_on Date COMMENT 'civil date of the visit',
    finding LowCardinality(String) COMMENT 'standing, damaged, gone',
    defects Array(LowCardinality(String)) COMMENT 'broken, leaning, incomplete, soiled, faded, dark',
    due Nullable(Date) COMMENT 'last day of the repair'
) {{asOwner}} AS
SELECT campaign, placement, unit, found_on, finding, defects, due
FROM {{ofCampaign "inspections FINAL" "campaign, placement, unit, found_on, finding, defects, due"}}
COMMENT 'what was found at the places';

{{openView "waves"}} (
    campaign String COMMENT 'id of the campaign',
    wave String COMMENT 'id of the wave',
    name String COMMENT 'its name',
    questionnaire String COMMENT 'id of the questionnaire',
    version UInt32 COMMENT 'version of the questionnaire',
    starts Nullable(Date) COMMENT 'first day',
    ends Nullable(Date) COMMENT 'last day',
    closed UInt8 COMMENT '1: ended; only then are there rows in answers and numbers',
    sample LowCardinality(String) COMMENT 'convenience, probability, census; empty: not said'
) {{asOwner}} AS
SELECT campaign, id AS wave, JSONExtractString(body, 'name') AS name, JSONExtractString(body, 'questionnaire') AS questionnaire,
    toUInt32(JSONExtractUInt(body, 'version')) AS version, toDateOrNull(left(JSONExtractString(body, 'start'), 10)) AS starts,
    toDateOrNull(left(JSONExtractString(body, 'end'), 10)) AS ends, toUInt8(JSONExtractBool(body, 'closed')) AS closed,
    JSONExtractString(body, 'sampling', 'kind') AS sample
FROM (SELECT campaign, id, body FROM {{ofCampaign "waves" "campaign, id, body, revision, recorded_at, write"}} ORDER BY revision DESC, recorded_at, write LIMIT 1 BY campaign, id)
COMMENT 'rounds of the survey';

{{openView "strata"}} (
    campaign String COMMENT 'id of the campaign',
    wave String COMMENT 'id of the wave',
    stratum String COMMENT 'code of the stratum',
    label String COMMENT 'its name',
    quota UInt32 COMMENT 'responses wanted; 0: none set',
    population UInt32 COMMENT 'people who belong to it; 0: not known'
) {{asOwner}} AS
SELECT campaign, id AS wave, JSONExtractString(stratum_of, 'code') AS stratum, JSONExtractString(stratum_of, 'label') AS label,
    toUInt32(JSONExtractUInt(stratum_of, 'quota')) AS quota, toUInt32(JSONExtractUInt(stratum_of, 'population')) AS population
FROM (SELECT campaign, id, body FROM {{ofCampaign "waves" "campaign, id, body, revision, recorded_at, write"}} ORDER BY revision DESC, recorded_at, write LIMIT 1 BY campaign, id)
ARRAY JOIN JSONExtractArrayRaw(body, 'strata') AS stratum_of
COMMENT 'groups of people that a wave asks, each with its quota';

{{openView "questions"}} (
    campaign String COMMENT 'id of the campaign',
    questionnaire String COMMENT 'id of the questionnaire',
    version UInt32 COMMENT 'its version',
    position UInt32 COMMENT 'place in the questionnaire; rows of a matrix share one',
    question String COMMENT 'name of the question, or of a row of a matrix',
    type LowCardinality(String) COMMENT 'kind of question',
    label String COMMENT 'its words'
) {{asOwner}} AS
SELECT campaign, id AS questionnaire, revision AS version, toUInt32(place) AS position, part.1 AS question, JSONExtractString(one, 'type') AS type,
    part.2 AS label
FROM
(
    SELECT campaign, id, revision, place, one
    FROM (SELECT campaign, id, revision, body FROM {{ofCampaign "questionnaires" "campaign, id, revision, body, recorded_at, write"}} ORDER BY revision, recorded_at, write LIMIT 1 BY campaign, id, revision)
    ARRAY JOIN JSONExtractArrayRaw(body, 'questions') AS one, arrayEnumerate(JSONExtractArrayRaw(body, 'questions')) AS place
)
ARRAY JOIN if(empty(JSONExtractArrayRaw(one, 'rows')), [(JSONExtractString(one, 'name'), JSONExtractString(one, 'label'))],
    arrayMap(r -> (JSONExtractString(r, 'name'), concat(JSONExtractString(one, 'label'), ' ', JSONExtractString(r, 'label'))), JSONExtractArrayRaw(one, 'rows'))) AS part
COMMENT 'questions of every published version';

{{openView "options"}} (
    campaign String COMMENT 'id of the campaign',
    questionnaire String COMMENT 'id of the questionnaire',
    version UInt32 COMMENT 'its version',
    question String COMMENT 'name of the question, or of a row of a matrix',
    position UInt32 COMMENT 'place among the options',
    option String COMMENT 'code of the option',
    label String COMMENT 'its words',
    dont_know UInt8 COMMENT '1: an answer, but no opinion',
    value Nullable(Float64) COMMENT 'points on the scale of its question; null: none'
) {{asOwner}} AS
SELECT campaign, id AS questionnaire, revision AS version, question, toUInt32(place) AS position, JSONExtractString(choice, 'code') AS option,
    JSONExtractString(choice, 'label') AS label, toUInt8(JSONExtractBool(choice, 'dont_know')) AS dont_know,
    JSONExtract(choice, 'value', 'Nullable(Float64)') AS value
FROM
(
    SELECT campaign, id, revision, question, one
    FROM
    (
        SELECT campaign, id, revision, one
        FROM (SELECT campaign, id, revision, body FROM {{ofCampaign "questionnaires" "campaign, id, revision, body, recorded_at, write"}} ORDER BY revision, recorded_at, write LIMIT 1 BY campaign, id, revision)
        ARRAY JOIN JSONExtractArrayRaw(body, 'questions') AS one
    )
    ARRAY JOIN if(empty(JSONExtractArrayRaw(one, 'rows')), [JSONExtractString(one, 'name')], arrayMap(r -> JSONExtractString(r, 'name'), JSONExtractArrayRaw(one, 'rows'))) AS question
)
ARRAY JOIN JSONExtractArrayRaw(one, 'options') AS choice, arrayEnumerate(JSONExtractArrayRaw(one, 'options')) AS place
COMMENT 'options of the questions';

{{openView "responses_by_day"}} (
    campaign LowCardinality(String) COMMENT 'id of the campaign',
    wave LowCardinality(String) COMMENT 'id of the wave',
    recorded_on Date COMMENT 'civil date on which they were first recorded',
    responses UInt64 COMMENT 'responses that count in figures'
) {{asOwner}} AS
SELECT campaign, wave, first_on AS recorded_on, count() AS responses
FROM
(
    SELECT campaign, wave, id, min(recorded_on) AS first_on, argMax(disposition, revision) AS newest, argMax(late, revision) AS too_late
    FROM {{ofCampaign "response_revisions" "campaign, wave, id, revision, recorded_on, disposition, late"}}
    GROUP BY campaign, wave, id
)
WHERE newest IN ('complete', 'partial') AND too_late = 0
GROUP BY campaign, wave, first_on
COMMENT 'how the fieldwork goes, day by day';

{{openView "responses_by_stratum"}} (
    campaign LowCardinality(String) COMMENT 'id of the campaign',
    wave LowCardinality(String) COMMENT 'id of the wave',
    stratum LowCardinality(String) COMMENT 'code of the stratum, empty: none',
    disposition LowCardinality(String) COMMENT 'complete, partial, refused, ineligible, void, duplicate, or late: came after the end',
    responses UInt64 COMMENT 'responses; complete and partial count in figures'
) {{asOwner}} AS
SELECT campaign, wave, stratum, how AS disposition, count() AS responses
FROM (SELECT campaign, wave, stratum, if(late = 1, 'late', toString(disposition)) AS how FROM {{ofCampaign "responses FINAL" "campaign, wave, stratum, disposition, late"}})
GROUP BY campaign, wave, stratum, how
COMMENT 'how far each group of people is';

-- A cell is hidden where fewer people than smallest_cell are in it, or outside of it; of
-- options that add up to the base one more is hidden where those that are come to fewer, else
-- the base would tell them. Where fewer answered a question it has no rows at all: of one person
-- the options that have a row are their answers. Waves that go on have none either: from one
-- minute to the next the difference would be one person.
{{openView "answers"}} (
    campaign LowCardinality(String) COMMENT 'id of the campaign',
    wave LowCardinality(String) COMMENT 'id of the wave, which is closed',
    stratum LowCardinality(String) COMMENT 'code of the stratum, empty: none',
    question LowCardinality(String) COMMENT 'name of the question',
    option LowCardinality(String) COMMENT 'code of the option',
    people Nullable(UInt64) COMMENT 'people who chose it, unweighted; null: hidden, too few',
    base UInt64 COMMENT 'people of the stratum who answered the question; where they are too few there is no row',
    smallest_cell UInt32 COMMENT 'below how many a cell is hidden'
) {{asOwner}} AS
SELECT campaign, wave, stratum, question, option,
    if(n < smallest OR answered - n BETWEEN 1 AND smallest - 1 OR together = answered AND fewer BETWEEN 1 AND smallest - 1, NULL, n) AS people,
    answered AS base, smallest AS smallest_cell
FROM
(
    SELECT campaign, wave, stratum, question, option, n, answered, smallest, sum(n) OVER (PARTITION BY campaign, wave, stratum, question) AS together,
        sum(n) OVER (PARTITION BY campaign, wave, stratum, question ORDER BY n, option ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - n AS fewer
    FROM
    (
        SELECT counted.campaign AS campaign, counted.wave AS wave, counted.stratum AS stratum, counted.question AS question, counted.option AS option,
            toInt64(counted.n) AS n, toInt64(maxIf(counted.n, counted.option = '') OVER (PARTITION BY campaign, wave, stratum, question)) AS answered, toInt64(c.smallest_cell) AS smallest
        FROM
        (
            -- the empty option is everybody who answered
            SELECT campaign, wave, stratum, question, option, count() AS n
            FROM {{ofCampaign "responses FINAL" "campaign, wave, stratum, choices" "disposition IN ('complete', 'partial') AND late = 0"}}
            ARRAY JOIN mapKeys(choices) AS question, mapValues(choices) AS codes
            ARRAY JOIN if(empty(codes), [], arrayConcat([''], arrayDistinct(codes))) AS option
            WHERE (campaign, wave) GLOBAL IN (SELECT campaign, wave FROM {{open}}.waves WHERE closed)
            GROUP BY campaign, wave, stratum, question, option
        ) AS counted
        GLOBAL INNER JOIN {{open}}.campaigns AS c ON c.campaign = counted.campaign
    )
    WHERE option != '' AND answered >= smallest
)
COMMENT 'what people chose, by stratum, of waves that are closed';

{{openView "numbers"}} (
    campaign LowCardinality(String) COMMENT 'id of the campaign',
    wave LowCardinality(String) COMMENT 'id of the wave, which is closed',
    stratum LowCardinality(String) COMMENT 'code of the stratum, empty: none',
    question LowCardinality(String) COMMENT 'name of the question',
    base Nullable(UInt64) COMMENT 'people of the stratum who answered; null: hidden, too few',
    mean Nullable(Float64) COMMENT 'mean of their answers, unweighted; null: hidden, too few',
    smallest_cell UInt32 COMMENT 'below how many a cell is hidden'
) {{asOwner}} AS
SELECT campaign, wave, stratum, question, if(n < smallest, NULL, n) AS base, if(n < smallest, NULL, middle) AS mean, smallest AS smallest_cell
FROM
(
    SELECT r.campaign AS campaign, r.wave AS wave, r.stratum AS stratum, question, count() AS n, avg(number) AS middle, any(c.smallest_cell) AS smallest
    FROM
    (
        SELECT campaign, wave, stratum, question, number
        FROM {{ofCampaign "responses FINAL" "campaign, wave, stratum, numbers" "disposition IN ('complete', 'partial') AND late = 0"}}
        ARRAY JOIN mapKeys(numbers) AS question, mapValues(numbers) AS number
        WHERE (campaign, wave) GLOBAL IN (SELECT campaign, wave FROM {{open}}.waves WHERE closed)
    ) AS r
    GLOBAL INNER JOIN {{open}}.campaigns AS c ON c.campaign = r.campaign
    GROUP BY campaign, wave, stratum, question
)
COMMENT 'means of numbers and ratings, by stratum, of waves that are closed';
