-- Review, permits and hoardings: what a placement's revision says beside its content.
ALTER TABLE {{local "placement_revisions"}} {{onCluster}}
    ADD COLUMN IF NOT EXISTS reason String COMMENT 'why the state changed: a code of the list of reasons, or empty',
    ADD COLUMN IF NOT EXISTS note String COMMENT 'why, in the words of who changed the state',
    ADD COLUMN IF NOT EXISTS permit String COMMENT 'number of the permit, where the carrier needs one',
    ADD COLUMN IF NOT EXISTS permit_until Nullable(Date) COMMENT 'last day of the permit',
    ADD COLUMN IF NOT EXISTS hoarding_m2 Nullable(Float64) COMMENT 'whole area of the hoarding; area_m2 is the part with publicity';
ALTER TABLE {{local "placements"}} {{onCluster}}
    ADD COLUMN IF NOT EXISTS reason String COMMENT 'why the state changed: a code of the list of reasons, or empty',
    ADD COLUMN IF NOT EXISTS note String COMMENT 'why, in the words of who changed the state',
    ADD COLUMN IF NOT EXISTS permit String COMMENT 'number of the permit, where the carrier needs one',
    ADD COLUMN IF NOT EXISTS permit_until Nullable(Date) COMMENT 'last day of the permit',
    ADD COLUMN IF NOT EXISTS hoarding_m2 Nullable(Float64) COMMENT 'whole area of the hoarding; area_m2 is the part with publicity';
{{distributedColumns "placement_revisions" "reason String" "note String" "permit String" "permit_until Nullable(Date)" "hoarding_m2 Nullable(Float64)"}};
{{distributedColumns "placements" "reason String" "note String" "permit String" "permit_until Nullable(Date)" "hoarding_m2 Nullable(Float64)"}};

-- A view keeps the columns that its table had when it was made.
DROP VIEW IF EXISTS placements_current {{onCluster}};
CREATE MATERIALIZED VIEW IF NOT EXISTS placements_current {{onCluster}} TO {{local "placements"}}
    AS SELECT * FROM {{local "placement_revisions"}};

-- Drafts: a form that is not finished. It belongs to the unit, so that a colleague can
-- finish it.
CREATE TABLE IF NOT EXISTS {{local "drafts"}} {{onCluster}} (
    campaign String,
    id String,
    revision UInt32,
    body String COMMENT 'JSON of the thing',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String,
    write UUID COMMENT 'tells two writers of one revision apart'
) ENGINE = {{engine "MergeTree"}} ORDER BY (campaign, id, revision) SETTINGS {{durable}};
{{distributed "drafts" "cityHash64(id)"}};

-- Photos: proof of posting. The picture itself is a file, kept by its hash; the row says
-- what is known of it. A correction (set aside, graded anew) is a new revision; read
-- with FINAL.
CREATE TABLE IF NOT EXISTS {{local "photos"}} {{onCluster}} (
    campaign LowCardinality(String),
    id UUID,
    revision UInt32,
    placement UUID COMMENT 'may be logged after its photos',
    unit LowCardinality(String),
    state LowCardinality(String) COMMENT 'kept, set-aside',
    note String COMMENT 'why it was set aside',
    sha256 FixedString(64) COMMENT 'of the original, hex',
    dhash UInt64,
    phash UInt64,
    format LowCardinality(String) COMMENT 'jpeg, png, webp, heic',
    width UInt32 COMMENT 'upright, in pixels',
    height UInt32,
    bytes UInt64,
    file String COMMENT 'name that the sender gave it',
    source LowCardinality(String) COMMENT 'camera: taken in the page; upload',
    taken_at Nullable(DateTime64(3, 'UTC')) COMMENT 'by the picture''s own metadata, or the server''s clock for the camera',
    longitude Nullable(Float64),
    latitude Nullable(Float64),
    datum LowCardinality(String),
    accuracy_m Nullable(Float64),
    distance_m Nullable(Float64) COMMENT 'from the place of the placement',
    device String COMMENT 'make and model by the metadata',
    grade LowCardinality(String) COMMENT 'A, B, C, X',
    reasons Array(LowCardinality(String)) COMMENT 'codes of what led to the grade',
    twins Array(UUID) COMMENT 'photos of other placements that show the same picture',
    proves_on Date COMMENT 'the civil date of which it is proof',
    recorded_on Date COMMENT 'civil date in Asia/Shanghai',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String
) ENGINE = {{engine "ReplacingMergeTree" "revision"}} ORDER BY (campaign, placement, id) SETTINGS {{durable}};
{{distributed "photos" "cityHash64(placement)"}};

-- Inspections: what somebody found at the place on a day. Never changed; a later one
-- says what is so then.
CREATE TABLE IF NOT EXISTS {{local "inspections"}} {{onCluster}} (
    campaign LowCardinality(String),
    id UUID,
    placement UUID,
    unit LowCardinality(String) COMMENT 'of the placement',
    found_on Date COMMENT 'civil date of the visit',
    finding LowCardinality(String) COMMENT 'standing, damaged, gone',
    defects Array(LowCardinality(String)) COMMENT 'broken, leaning, incomplete, soiled, faded, dark',
    due Nullable(Date) COMMENT 'last day of the repair',
    note String,
    recorded_on Date COMMENT 'civil date in Asia/Shanghai',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String,
    recorded_role LowCardinality(String)
) ENGINE = {{engine "ReplacingMergeTree"}} ORDER BY (campaign, placement, id) SETTINGS {{durable}};
{{distributed "inspections" "cityHash64(placement)"}};
