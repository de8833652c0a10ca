-- Definitions: small things that people write and correct. Every revision stays;
-- the last one holds (package revision).
CREATE TABLE IF NOT EXISTS {{local "campaigns"}} {{onCluster}} (
    campaign String,
    id String,
    revision UInt32,
    body String COMMENT 'JSON of the thing',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String,
    write UUID COMMENT 'tells two writers of one revision apart'
) ENGINE = {{engine "MergeTree"}} ORDER BY (campaign, id, revision) SETTINGS {{durable}};
{{distributed "campaigns" "cityHash64(id)"}};

CREATE TABLE IF NOT EXISTS {{local "units"}} {{onCluster}} (
    campaign String,
    id String,
    revision UInt32,
    body String COMMENT 'JSON of the thing',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String,
    write UUID COMMENT 'tells two writers of one revision apart'
) ENGINE = {{engine "MergeTree"}} ORDER BY (campaign, id, revision) SETTINGS {{durable}};
{{distributed "units" "cityHash64(id)"}};

CREATE TABLE IF NOT EXISTS {{local "carriers"}} {{onCluster}} (
    campaign String,
    id String,
    revision UInt32,
    body String COMMENT 'JSON of the thing',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String,
    write UUID COMMENT 'tells two writers of one revision apart'
) ENGINE = {{engine "MergeTree"}} ORDER BY (campaign, id, revision) SETTINGS {{durable}};
{{distributed "carriers" "cityHash64(id)"}};

CREATE TABLE IF NOT EXISTS {{local "tasks"}} {{onCluster}} (
    campaign String,
    id String,
    revision UInt32,
    body String COMMENT 'JSON of the thing',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String,
    write UUID COMMENT 'tells two writers of one revision apart'
) ENGINE = {{engine "MergeTree"}} ORDER BY (campaign, id, revision) SETTINGS {{durable}};
{{distributed "tasks" "cityHash64(id)"}};

CREATE TABLE IF NOT EXISTS {{local "questionnaires"}} {{onCluster}} (
    campaign String,
    id String,
    revision UInt32 COMMENT 'the version that answers keep',
    body String COMMENT 'JSON of the thing',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String,
    write UUID COMMENT 'tells two writers of one revision apart'
) ENGINE = {{engine "MergeTree"}} ORDER BY (campaign, id, revision) SETTINGS {{durable}};
{{distributed "questionnaires" "cityHash64(id)"}};

CREATE TABLE IF NOT EXISTS {{local "waves"}} {{onCluster}} (
    campaign String,
    id String,
    revision UInt32,
    body String COMMENT 'JSON of the thing',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String,
    write UUID COMMENT 'tells two writers of one revision apart'
) ENGINE = {{engine "MergeTree"}} ORDER BY (campaign, id, revision) SETTINGS {{durable}};
{{distributed "waves" "cityHash64(id)"}};

-- People: the body never holds the password; credentials do, hashed.
CREATE TABLE IF NOT EXISTS {{local "people"}} {{onCluster}} (
    campaign String COMMENT 'empty: may act in every campaign',
    id String,
    revision UInt32,
    body String COMMENT 'JSON of the thing',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String,
    write UUID COMMENT 'tells two writers of one revision apart'
) ENGINE = {{engine "MergeTree"}} ORDER BY (campaign, id, revision) SETTINGS {{durable}};
{{distributed "people" "cityHash64(id)"}};

CREATE TABLE IF NOT EXISTS {{local "credentials"}} {{onCluster}} (
    person String,
    hash String COMMENT 'argon2id in the PHC string format',
    recorded_at DateTime64(6, 'UTC'),
    recorded_by String
) ENGINE = {{engine "MergeTree"}} ORDER BY (person, recorded_at) SETTINGS {{durable}};
{{distributed "credentials" "cityHash64(person)"}};

-- Sessions and tokens: opaque, hashed at rest; the newest row of a hash holds.
CREATE TABLE IF NOT EXISTS {{local "sessions"}} {{onCluster}} (
    hash FixedString(64) COMMENT 'SHA-256 of the token, hex',
    kind LowCardinality(String) COMMENT 'session or token',
    id String COMMENT 'names a token without telling it',
    person String COMMENT 'empty for a token',
    name String,
    role LowCardinality(String),
    campaign String,
    unit String,
    expires DateTime64(3, 'UTC'),
    revoked UInt8,
    recorded_at DateTime64(6, 'UTC'),
    recorded_by String
) ENGINE = {{engine "MergeTree"}} ORDER BY (hash, recorded_at) SETTINGS {{durable}};
{{distributed "sessions" "cityHash64(hash)"}};

-- Placements: every revision stays in placement_revisions, the current one is kept
-- in placements by a view. Read placements with FINAL. Rows of one revision collapse: a
-- crash between table and view is mended by sending the row again.
CREATE TABLE IF NOT EXISTS {{local "placement_revisions"}} {{onCluster}} (
    campaign LowCardinality(String),
    id UUID,
    revision UInt32,
    task LowCardinality(String),
    unit LowCardinality(String),
    carrier LowCardinality(String) COMMENT 'empty: not on the list, see carrier_text',
    carrier_text String,
    place String,
    quantity Float64,
    measure LowCardinality(String),
    area_m2 Nullable(Float64),
    size String,
    start Date,
    end Nullable(Date) COMMENT 'null: open, to acceptance',
    longitude Nullable(Float64),
    latitude Nullable(Float64),
    datum LowCardinality(String),
    remark String,
    state LowCardinality(String),
    again UInt16 COMMENT 'counts sendings of the same content on purpose',
    fingerprint FixedString(32),
    batch UUID,
    file String,
    sheet String,
    row UInt32,
    recorded_on Date COMMENT 'civil date in Asia/Shanghai',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String
) ENGINE = {{engine "ReplacingMergeTree"}} ORDER BY (campaign, id, revision) SETTINGS {{durable}};
{{distributed "placement_revisions" "cityHash64(id)"}};

CREATE TABLE IF NOT EXISTS {{local "placements"}} {{onCluster}}
    AS {{local "placement_revisions"}}
    ENGINE = {{engine "ReplacingMergeTree" "revision"}} ORDER BY (campaign, id) SETTINGS {{durable}};
{{distributed "placements" "cityHash64(id)"}};

CREATE MATERIALIZED VIEW IF NOT EXISTS placements_current {{onCluster}} TO {{local "placements"}}
    AS SELECT * FROM {{local "placement_revisions"}};

-- Responses: one table fits any questionnaire. Codes, numbers and texts are kept by
-- question name. Every revision stays in response_revisions; read responses with FINAL.
CREATE TABLE IF NOT EXISTS {{local "response_revisions"}} {{onCluster}} (
    campaign LowCardinality(String),
    wave LowCardinality(String),
    id UUID,
    revision UInt32,
    questionnaire LowCardinality(String),
    version UInt32,
    stratum LowCardinality(String),
    unit LowCardinality(String) COMMENT 'of the distributor',
    distributor LowCardinality(String),
    number String COMMENT 'of the paper sheet, empty when there is none',
    mode LowCardinality(String) COMMENT 'paper, import, api',
    disposition LowCardinality(String),
    choices Map(LowCardinality(String), Array(LowCardinality(String))),
    numbers Map(LowCardinality(String), Float64),
    texts Map(LowCardinality(String), String),
    fingerprint FixedString(32),
    batch UUID,
    file String,
    sheet String,
    row UInt32,
    answered_on Nullable(Date) COMMENT 'civil date, as told',
    recorded_on Date COMMENT 'civil date in Asia/Shanghai',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String
) ENGINE = {{engine "ReplacingMergeTree"}} ORDER BY (campaign, wave, id, revision) SETTINGS {{durable}};
{{distributed "response_revisions" "cityHash64(id)"}};

CREATE TABLE IF NOT EXISTS {{local "responses"}} {{onCluster}}
    AS {{local "response_revisions"}}
    ENGINE = {{engine "ReplacingMergeTree" "revision"}} ORDER BY (campaign, wave, id) SETTINGS {{durable}};
{{distributed "responses" "cityHash64(id)"}};

CREATE MATERIALIZED VIEW IF NOT EXISTS responses_current {{onCluster}} TO {{local "responses"}}
    AS SELECT * FROM {{local "response_revisions"}};

-- Receipts: what was answered to each file or form, and every row that did not go in
-- as new, with its place and reason.
CREATE TABLE IF NOT EXISTS {{local "batches"}} {{onCluster}} (
    campaign LowCardinality(String),
    id UUID,
    kind LowCardinality(String),
    wave LowCardinality(String),
    file String,
    sha256 String,
    sheet String,
    header Array(String) COMMENT 'column headings as the person sees them',
    header_rows Array(UInt32),
    rows UInt32,
    accepted UInt32,
    rejected UInt32,
    skipped UInt32,
    already_known UInt32,
    columns_not_stored Array(String),
    column_notes Array(String) COMMENT 'why a column was left out',
    unit String COMMENT 'of the sender',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String,
    recorded_name String
) ENGINE = {{engine "MergeTree"}} ORDER BY (campaign, id) SETTINGS {{durable}};
{{distributed "batches" "cityHash64(id)"}};

CREATE TABLE IF NOT EXISTS {{local "batch_rows"}} {{onCluster}} (
    batch UUID,
    row UInt32,
    outcome LowCardinality(String) COMMENT 'accepted, rejected, skipped, known',
    field String,
    heading String COMMENT 'column as the person sees it',
    why String COMMENT 'of an accepted row: its warning',
    repeat UInt8 COMMENT '1: says the same as another row, may be sent again on purpose',
    cells Array(String) COMMENT 'the row as it was sent; rejected rows only',
    body String COMMENT 'JSON of an accepted row, as it was understood'
) ENGINE = {{engine "MergeTree"}} ORDER BY (batch, row, field) SETTINGS {{durable}};
{{distributed "batch_rows" "cityHash64(batch)"}};

CREATE TABLE IF NOT EXISTS {{local "audit_events"}} {{onCluster}} (
    id UUID,
    at DateTime64(3, 'UTC'),
    actor String,
    actor_name String,
    role LowCardinality(String),
    unit String,
    address String,
    reference String,
    verb LowCardinality(String),
    campaign LowCardinality(String),
    kind LowCardinality(String),
    thing String,
    before String,
    after String
) ENGINE = {{engine "MergeTree"}} ORDER BY (at, id) SETTINGS {{durable}};
{{distributed "audit_events" "cityHash64(id)"}};
