-- 0000_schema_migrations

CREATE TABLE IF NOT EXISTS schema_migrations ON CLUSTER shuixuan
(
    `number` UInt32,
    `name` String,
    `sha256` String,
    `applied_at` DateTime64(3, 'UTC')
)
ENGINE = ReplicatedReplacingMergeTree('/shuixuan/{uuid}/all', '{shard}-{replica}', applied_at)
ORDER BY number
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

-- 0001_core

CREATE TABLE IF NOT EXISTS campaigns_local ON CLUSTER shuixuan
(
    `campaign` String,
    `id` String,
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS campaigns ON CLUSTER shuixuan AS campaigns_local
ENGINE = Distributed(shuixuan, shuixuan, campaigns_local, cityHash64(id));

CREATE TABLE IF NOT EXISTS units_local ON CLUSTER shuixuan
(
    `campaign` String,
    `id` String,
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS units ON CLUSTER shuixuan AS units_local
ENGINE = Distributed(shuixuan, shuixuan, units_local, cityHash64(id));

CREATE TABLE IF NOT EXISTS carriers_local ON CLUSTER shuixuan
(
    `campaign` String,
    `id` String,
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS carriers ON CLUSTER shuixuan AS carriers_local
ENGINE = Distributed(shuixuan, shuixuan, carriers_local, cityHash64(id));

CREATE TABLE IF NOT EXISTS tasks_local ON CLUSTER shuixuan
(
    `campaign` String,
    `id` String,
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS tasks ON CLUSTER shuixuan AS tasks_local
ENGINE = Distributed(shuixuan, shuixuan, tasks_local, cityHash64(id));

CREATE TABLE IF NOT EXISTS questionnaires_local ON CLUSTER shuixuan
(
    `campaign` String,
    `id` String,
    `revision` UInt32 COMMENT 'the version that answers keep',
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS questionnaires ON CLUSTER shuixuan AS questionnaires_local
ENGINE = Distributed(shuixuan, shuixuan, questionnaires_local, cityHash64(id));

CREATE TABLE IF NOT EXISTS waves_local ON CLUSTER shuixuan
(
    `campaign` String,
    `id` String,
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS waves ON CLUSTER shuixuan AS waves_local
ENGINE = Distributed(shuixuan, shuixuan, waves_local, cityHash64(id));

CREATE TABLE IF NOT EXISTS people_local ON CLUSTER shuixuan
(
    `campaign` String COMMENT 'empty: may act in every campaign',
    `id` String,
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS people ON CLUSTER shuixuan AS people_local
ENGINE = Distributed(shuixuan, shuixuan, people_local, cityHash64(id));

CREATE TABLE IF NOT EXISTS credentials_local ON CLUSTER shuixuan
(
    `person` String,
    `hash` String COMMENT 'argon2id in the PHC string format',
    `recorded_at` DateTime64(6, 'UTC'),
    `recorded_by` String
)
ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (person, recorded_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS credentials ON CLUSTER shuixuan AS credentials_local
ENGINE = Distributed(shuixuan, shuixuan, credentials_local, cityHash64(person));

CREATE TABLE IF NOT EXISTS sessions_local ON CLUSTER shuixuan
(
    `hash` FixedString(64) COMMENT 'SHA-256 of the token, hex',
    `kind` LowCardinality(String) COMMENT 'session or token',
    `id` String COMMENT 'names a token without telling it',
    `person` String COMMENT 'empty for a token',
    `name` String,
    `role` LowCardinality(String),
    `campaign` String,
    `unit` String,
    `expires` DateTime64(3, 'UTC'),
    `revoked` UInt8,
    `recorded_at` DateTime64(6, 'UTC'),
    `recorded_by` String
)
ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (hash, recorded_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS sessions ON CLUSTER shuixuan AS sessions_local
ENGINE = Distributed(shuixuan, shuixuan, sessions_local, cityHash64(hash));

CREATE TABLE IF NOT EXISTS placement_revisions_local ON CLUSTER shuixuan
(
    `campaign` LowCardinality(String),
    `id` UUID,
    `revision` UInt32,
    `task` LowCardinality(String),
    `unit` LowCardinality(String),
    `carrier` LowCardinality(String) COMMENT 'empty: not on the list, see carrier_text',
    `carrier_text` String,
    `place` String,
    `quantity` Float64,
    `measure` LowCardinality(String),
    `area_m2` Nullable(Float64),
    `size` String,
    `start` Date,
    `end` Nullable(Date) COMMENT 'null: open, to acceptance',
    `longitude` Nullable(Float64),
    `latitude` Nullable(Float64),
    `datum` LowCardinality(String),
    `remark` String,
    `state` LowCardinality(String),
    `again` UInt16 COMMENT 'counts sendings of the same content on purpose',
    `fingerprint` FixedString(32),
    `batch` UUID,
    `file` String,
    `sheet` String,
    `row` UInt32,
    `recorded_on` Date COMMENT 'civil date in Asia/Shanghai',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String
)
ENGINE = ReplicatedReplacingMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS placement_revisions ON CLUSTER shuixuan AS placement_revisions_local
ENGINE = Distributed(shuixuan, shuixuan, placement_revisions_local, cityHash64(id));

CREATE TABLE IF NOT EXISTS placements_local ON CLUSTER shuixuan AS placement_revisions_local
ENGINE = ReplicatedReplacingMergeTree('/shuixuan/{uuid}/{shard}', '{replica}', revision)
ORDER BY (campaign, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS placements ON CLUSTER shuixuan AS placements_local
ENGINE = Distributed(shuixuan, shuixuan, placements_local, cityHash64(id));

CREATE MATERIALIZED VIEW IF NOT EXISTS placements_current ON CLUSTER shuixuan TO placements_local
AS SELECT *
FROM placement_revisions_local;

CREATE TABLE IF NOT EXISTS response_revisions_local ON CLUSTER shuixuan
(
    `campaign` LowCardinality(String),
    `wave` LowCardinality(String),
    `id` UUID,
    `revision` UInt32,
    `questionnaire` LowCardinality(String),
    `version` UInt32,
    `stratum` LowCardinality(String),
    `unit` LowCardinality(String) COMMENT 'of the distributor',
    `distributor` LowCardinality(String),
    `number` String COMMENT 'of the paper sheet, empty when there is none',
    `mode` LowCardinality(String) COMMENT 'paper, import, api',
    `disposition` LowCardinality(String),
    `choices` Map(LowCardinality(String), Array(LowCardinality(String))),
    `numbers` Map(LowCardinality(String), Float64),
    `texts` Map(LowCardinality(String), String),
    `fingerprint` FixedString(32),
    `batch` UUID,
    `file` String,
    `sheet` String,
    `row` UInt32,
    `answered_on` Nullable(Date) COMMENT 'civil date, as told',
    `recorded_on` Date COMMENT 'civil date in Asia/Shanghai',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String
)
ENGINE = ReplicatedReplacingMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, wave, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS response_revisions ON CLUSTER shuixuan AS response_revisions_local
ENGINE = Distributed(shuixuan, shuixuan, response_revisions_local, cityHash64(id));

CREATE TABLE IF NOT EXISTS responses_local ON CLUSTER shuixuan AS response_revisions_local
ENGINE = ReplicatedReplacingMergeTree('/shuixuan/{uuid}/{shard}', '{replica}', revision)
ORDER BY (campaign, wave, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS responses ON CLUSTER shuixuan AS responses_local
ENGINE = Distributed(shuixuan, shuixuan, responses_local, cityHash64(id));

CREATE MATERIALIZED VIEW IF NOT EXISTS responses_current ON CLUSTER shuixuan TO responses_local
AS SELECT *
FROM response_revisions_local;

CREATE TABLE IF NOT EXISTS batches_local ON CLUSTER shuixuan
(
    `campaign` LowCardinality(String),
    `id` UUID,
    `kind` LowCardinality(String),
    `wave` LowCardinality(String),
    `file` String,
    `sha256` String,
    `sheet` String,
    `header` Array(String) COMMENT 'column headings as the person sees them',
    `header_rows` Array(UInt32),
    `rows` UInt32,
    `accepted` UInt32,
    `rejected` UInt32,
    `skipped` UInt32,
    `already_known` UInt32,
    `columns_not_stored` Array(String),
    `column_notes` Array(String) COMMENT 'why a column was left out',
    `unit` String COMMENT 'of the sender',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `recorded_name` String
)
ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS batches ON CLUSTER shuixuan AS batches_local
ENGINE = Distributed(shuixuan, shuixuan, batches_local, cityHash64(id));

CREATE TABLE IF NOT EXISTS batch_rows_local ON CLUSTER shuixuan
(
    `batch` UUID,
    `row` UInt32,
    `outcome` LowCardinality(String) COMMENT 'accepted, rejected, skipped, known',
    `field` String,
    `heading` String COMMENT 'column as the person sees it',
    `why` String COMMENT 'of an accepted row: its warning',
    `repeat` UInt8 COMMENT '1: says the same as another row, may be sent again on purpose',
    `cells` Array(String) COMMENT 'the row as it was sent; rejected rows only',
    `body` String COMMENT 'JSON of an accepted row, as it was understood'
)
ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (batch, row, field)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS batch_rows ON CLUSTER shuixuan AS batch_rows_local
ENGINE = Distributed(shuixuan, shuixuan, batch_rows_local, cityHash64(batch));

CREATE TABLE IF NOT EXISTS audit_events_local ON CLUSTER shuixuan
(
    `id` UUID,
    `at` DateTime64(3, 'UTC'),
    `actor` String,
    `actor_name` String,
    `role` LowCardinality(String),
    `unit` String,
    `address` String,
    `reference` String,
    `verb` LowCardinality(String),
    `campaign` LowCardinality(String),
    `kind` LowCardinality(String),
    `thing` String,
    `before` String,
    `after` String
)
ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (at, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS audit_events ON CLUSTER shuixuan AS audit_events_local
ENGINE = Distributed(shuixuan, shuixuan, audit_events_local, cityHash64(id));

-- 0002_proof

ALTER TABLE placement_revisions_local ON CLUSTER shuixuan
    (ADD COLUMN IF NOT EXISTS `reason` String COMMENT 'why the state changed: a code of the list of reasons, or empty'),
    (ADD COLUMN IF NOT EXISTS `note` String COMMENT 'why, in the words of who changed the state'),
    (ADD COLUMN IF NOT EXISTS `permit` String COMMENT 'number of the permit, where the carrier needs one'),
    (ADD COLUMN IF NOT EXISTS `permit_until` Nullable(Date) COMMENT 'last day of the permit'),
    (ADD COLUMN IF NOT EXISTS `hoarding_m2` Nullable(Float64) COMMENT 'whole area of the hoarding; area_m2 is the part with publicity');

ALTER TABLE placements_local ON CLUSTER shuixuan
    (ADD COLUMN IF NOT EXISTS `reason` String COMMENT 'why the state changed: a code of the list of reasons, or empty'),
    (ADD COLUMN IF NOT EXISTS `note` String COMMENT 'why, in the words of who changed the state'),
    (ADD COLUMN IF NOT EXISTS `permit` String COMMENT 'number of the permit, where the carrier needs one'),
    (ADD COLUMN IF NOT EXISTS `permit_until` Nullable(Date) COMMENT 'last day of the permit'),
    (ADD COLUMN IF NOT EXISTS `hoarding_m2` Nullable(Float64) COMMENT 'whole area of the hoarding; area_m2 is the part with publicity');

ALTER TABLE placement_revisions ON CLUSTER shuixuan
    (ADD COLUMN IF NOT EXISTS `reason` String),
    (ADD COLUMN IF NOT EXISTS `note` String),
    (ADD COLUMN IF NOT EXISTS `permit` String),
    (ADD COLUMN IF NOT EXISTS `permit_until` Nullable(Date)),
    (ADD COLUMN IF NOT EXISTS `hoarding_m2` Nullable(Float64));

ALTER TABLE placements ON CLUSTER shuixuan
    (ADD COLUMN IF NOT EXISTS `reason` String),
    (ADD COLUMN IF NOT EXISTS `note` String),
    (ADD COLUMN IF NOT EXISTS `permit` String),
    (ADD COLUMN IF NOT EXISTS `permit_until` Nullable(Date)),
    (ADD COLUMN IF NOT EXISTS `hoarding_m2` Nullable(Float64));

DROP VIEW IF EXISTS placements_current ON CLUSTER shuixuan;

CREATE MATERIALIZED VIEW IF NOT EXISTS placements_current ON CLUSTER shuixuan TO placements_local
AS SELECT *
FROM placement_revisions_local;

CREATE TABLE IF NOT EXISTS drafts_local ON CLUSTER shuixuan
(
    `campaign` String,
    `id` String,
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS drafts ON CLUSTER shuixuan AS drafts_local
ENGINE = Distributed(shuixuan, shuixuan, drafts_local, cityHash64(id));

CREATE TABLE IF NOT EXISTS photos_local ON CLUSTER shuixuan
(
    `campaign` LowCardinality(String),
    `id` UUID,
    `revision` UInt32,
    `placement` UUID COMMENT 'may be logged after its photos',
    `unit` LowCardinality(String),
    `state` LowCardinality(String) COMMENT 'kept, set-aside',
    `note` String COMMENT 'why it was set aside',
    `sha256` FixedString(64) COMMENT 'of the original, hex',
    `dhash` UInt64,
    `phash` UInt64,
    `format` LowCardinality(String) COMMENT 'jpeg, png, webp, heic',
    `width` UInt32 COMMENT 'upright, in pixels',
    `height` UInt32,
    `bytes` UInt64,
    `file` String COMMENT 'name that the sender gave it',
    `source` LowCardinality(String) COMMENT 'camera: taken in the page; upload',
    `taken_at` Nullable(DateTime64(3, 'UTC')) COMMENT 'by the picture\'s own metadata, or the server\'s clock for the camera',
    `longitude` Nullable(Float64),
    `latitude` Nullable(Float64),
    `datum` LowCardinality(String),
    `accuracy_m` Nullable(Float64),
    `distance_m` Nullable(Float64) COMMENT 'from the place of the placement',
    `device` String COMMENT 'make and model by the metadata',
    `grade` LowCardinality(String) COMMENT 'A, B, C, X',
    `reasons` Array(LowCardinality(String)) COMMENT 'codes of what led to the grade',
    `twins` Array(UUID) COMMENT 'photos of other placements that show the same picture',
    `proves_on` Date COMMENT 'the civil date of which it is proof',
    `recorded_on` Date COMMENT 'civil date in Asia/Shanghai',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String
)
ENGINE = ReplicatedReplacingMergeTree('/shuixuan/{uuid}/{shard}', '{replica}', revision)
ORDER BY (campaign, placement, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS photos ON CLUSTER shuixuan AS photos_local
ENGINE = Distributed(shuixuan, shuixuan, photos_local, cityHash64(placement));

CREATE TABLE IF NOT EXISTS inspections_local ON CLUSTER shuixuan
(
    `campaign` LowCardinality(String),
    `id` UUID,
    `placement` UUID,
    `unit` LowCardinality(String) COMMENT 'of the placement',
    `found_on` Date COMMENT 'civil date of the visit',
    `finding` LowCardinality(String) COMMENT 'standing, damaged, gone',
    `defects` Array(LowCardinality(String)) COMMENT 'broken, leaning, incomplete, soiled, faded, dark',
    `due` Nullable(Date) COMMENT 'last day of the repair',
    `note` String,
    `recorded_on` Date COMMENT 'civil date in Asia/Shanghai',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `recorded_role` LowCardinality(String)
)
ENGINE = ReplicatedReplacingMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, placement, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS inspections ON CLUSTER shuixuan AS inspections_local
ENGINE = Distributed(shuixuan, shuixuan, inspections_local, cityHash64(placement));

-- 0003_audit_chain

ALTER TABLE audit_events_local ON CLUSTER shuixuan
    (ADD COLUMN IF NOT EXISTS `outcome` LowCardinality(String) COMMENT 'success, refused'),
    (ADD COLUMN IF NOT EXISTS `chain` UUID COMMENT 'one per running program, zero: from before the chains'),
    (ADD COLUMN IF NOT EXISTS `seq` UInt64 COMMENT 'place in the chain, from 1'),
    (ADD COLUMN IF NOT EXISTS `previous` String COMMENT 'hash of the event before, of another chain for the first'),
    (ADD COLUMN IF NOT EXISTS `hash` String COMMENT 'SHA-256 of the event with its place and previous, hex');

DROP TABLE IF EXISTS audit_events ON CLUSTER shuixuan SYNC;

CREATE TABLE IF NOT EXISTS audit_events ON CLUSTER shuixuan AS audit_events_local
ENGINE = Distributed(shuixuan, shuixuan, audit_events_local, cityHash64(chain));

-- 0004_sign_in

ALTER TABLE sessions_local ON CLUSTER shuixuan
    (ADD COLUMN IF NOT EXISTS `address` String COMMENT 'of the client that started it'),
    (ADD COLUMN IF NOT EXISTS `device` String COMMENT 'the browser in its own words, cut short');

ALTER TABLE sessions ON CLUSTER shuixuan
    (ADD COLUMN IF NOT EXISTS `address` String),
    (ADD COLUMN IF NOT EXISTS `device` String);

ALTER TABLE credentials_local ON CLUSTER shuixuan
    (ADD COLUMN IF NOT EXISTS `temporary` UInt8 COMMENT '1: set by somebody else, to be changed at the first sign-in');

ALTER TABLE credentials ON CLUSTER shuixuan
    (ADD COLUMN IF NOT EXISTS `temporary` UInt8);

-- 0005_collection

ALTER TABLE response_revisions_local ON CLUSTER shuixuan
    (ADD COLUMN IF NOT EXISTS `area` LowCardinality(String) COMMENT 'of the city, a code of the wave'),
    (ADD COLUMN IF NOT EXISTS `reason` String COMMENT 'why it does not count: a code or words'),
    (ADD COLUMN IF NOT EXISTS `late` UInt8 COMMENT '1: came after the wave was closed, and is in no figure'),
    (ADD COLUMN IF NOT EXISTS `young` UInt8 COMMENT '1: under 14, met the shorter form'),
    (ADD COLUMN IF NOT EXISTS `seconds` UInt32 COMMENT 'from the first page to the last, as the client tells'),
    (ADD COLUMN IF NOT EXISTS `link` LowCardinality(String) COMMENT 'of the public page it came by'),
    (ADD COLUMN IF NOT EXISTS `device` String COMMENT 'hash that tells one device, and nothing of it');

ALTER TABLE responses_local ON CLUSTER shuixuan
    (ADD COLUMN IF NOT EXISTS `area` LowCardinality(String) COMMENT 'of the city, a code of the wave'),
    (ADD COLUMN IF NOT EXISTS `reason` String COMMENT 'why it does not count: a code or words'),
    (ADD COLUMN IF NOT EXISTS `late` UInt8 COMMENT '1: came after the wave was closed, and is in no figure'),
    (ADD COLUMN IF NOT EXISTS `young` UInt8 COMMENT '1: under 14, met the shorter form'),
    (ADD COLUMN IF NOT EXISTS `seconds` UInt32 COMMENT 'from the first page to the last, as the client tells'),
    (ADD COLUMN IF NOT EXISTS `link` LowCardinality(String) COMMENT 'of the public page it came by'),
    (ADD COLUMN IF NOT EXISTS `device` String COMMENT 'hash that tells one device, and nothing of it');

ALTER TABLE response_revisions ON CLUSTER shuixuan
    (ADD COLUMN IF NOT EXISTS `area` LowCardinality(String)),
    (ADD COLUMN IF NOT EXISTS `reason` String),
    (ADD COLUMN IF NOT EXISTS `late` UInt8),
    (ADD COLUMN IF NOT EXISTS `young` UInt8),
    (ADD COLUMN IF NOT EXISTS `seconds` UInt32),
    (ADD COLUMN IF NOT EXISTS `link` LowCardinality(String)),
    (ADD COLUMN IF NOT EXISTS `device` String);

ALTER TABLE responses ON CLUSTER shuixuan
    (ADD COLUMN IF NOT EXISTS `area` LowCardinality(String)),
    (ADD COLUMN IF NOT EXISTS `reason` String),
    (ADD COLUMN IF NOT EXISTS `late` UInt8),
    (ADD COLUMN IF NOT EXISTS `young` UInt8),
    (ADD COLUMN IF NOT EXISTS `seconds` UInt32),
    (ADD COLUMN IF NOT EXISTS `link` LowCardinality(String)),
    (ADD COLUMN IF NOT EXISTS `device` String);

DROP VIEW IF EXISTS responses_current ON CLUSTER shuixuan;

CREATE MATERIALIZED VIEW IF NOT EXISTS responses_current ON CLUSTER shuixuan TO responses_local
AS SELECT *
FROM response_revisions_local;

-- 0006_questionnaire_drafts

CREATE TABLE IF NOT EXISTS questionnaire_drafts_local ON CLUSTER shuixuan
(
    `campaign` String,
    `id` String COMMENT 'of the questionnaire: it has one draft at a time',
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS questionnaire_drafts ON CLUSTER shuixuan AS questionnaire_drafts_local
ENGINE = Distributed(shuixuan, shuixuan, questionnaire_drafts_local, cityHash64(id));

CREATE TABLE IF NOT EXISTS questionnaire_states_local ON CLUSTER shuixuan
(
    `campaign` String,
    `id` String COMMENT 'of the questionnaire',
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS questionnaire_states ON CLUSTER shuixuan AS questionnaire_states_local
ENGINE = Distributed(shuixuan, shuixuan, questionnaire_states_local, cityHash64(id));

-- 0007_mappings

CREATE TABLE IF NOT EXISTS mappings_local ON CLUSTER shuixuan
(
    `campaign` String,
    `id` String COMMENT 'hash of the questionnaire and the headings',
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS mappings ON CLUSTER shuixuan AS mappings_local
ENGINE = Distributed(shuixuan, shuixuan, mappings_local, cityHash64(id));

-- 0008_sheets

CREATE TABLE IF NOT EXISTS sheets_local ON CLUSTER shuixuan
(
    `campaign` LowCardinality(String),
    `wave` LowCardinality(String),
    `number` String,
    `revision` UInt32,
    `version` UInt32 COMMENT 'of the questionnaire that was printed',
    `young` UInt8 COMMENT '1: the shorter form',
    `stratum` LowCardinality(String) COMMENT 'for which it was issued',
    `area` LowCardinality(String),
    `distributor` LowCardinality(String) COMMENT 'to whom it was issued',
    `issued` UInt8,
    `returned` UInt8 COMMENT '1: taken back',
    `void` UInt8,
    `reason` String COMMENT 'why it is void',
    `archive` String COMMENT 'where it is kept',
    `step` LowCardinality(String) COMMENT 'what made this revision: print, issue, return, void, archive',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, wave, number, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS sheets ON CLUSTER shuixuan AS sheets_local
ENGINE = Distributed(shuixuan, shuixuan, sheets_local, cityHash64(number));

CREATE TABLE IF NOT EXISTS second_entries_local ON CLUSTER shuixuan
(
    `campaign` LowCardinality(String),
    `wave` LowCardinality(String),
    `response` UUID COMMENT 'the first entry, which counts',
    `revision` UInt32,
    `id` UUID COMMENT 'of this entry, made by the client',
    `number` String,
    `distributor` LowCardinality(String) COMMENT 'of the first entry',
    `first_by` LowCardinality(String),
    `second_by` LowCardinality(String),
    `body` String COMMENT 'JSON of the response as it was typed the second time',
    `compared` Array(LowCardinality(String)) COMMENT 'questions that could differ',
    `differing` Array(LowCardinality(String)),
    `settled` UInt8 COMMENT '1: a person has decided; without differences nobody has to',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = ReplicatedReplacingMergeTree('/shuixuan/{uuid}/{shard}', '{replica}', revision)
ORDER BY (campaign, wave, response)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS second_entries ON CLUSTER shuixuan AS second_entries_local
ENGINE = Distributed(shuixuan, shuixuan, second_entries_local, cityHash64(response));

CREATE TABLE IF NOT EXISTS scans_local ON CLUSTER shuixuan
(
    `campaign` LowCardinality(String),
    `wave` LowCardinality(String),
    `number` String COMMENT 'of the sheet',
    `id` UUID,
    `sha256` FixedString(64) COMMENT 'of the original, hex',
    `page` UInt32 COMMENT 'of a file of several pages, from 1',
    `picture` FixedString(64) COMMENT 'of the file whose copies are shown: the original, or a page taken out of it',
    `file` String COMMENT 'name that the sender gave it',
    `width` UInt32,
    `height` UInt32,
    `unit` LowCardinality(String) COMMENT 'of the sender',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String
)
ENGINE = ReplicatedReplacingMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, wave, number, sha256, page)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS scans ON CLUSTER shuixuan AS scans_local
ENGINE = Distributed(shuixuan, shuixuan, scans_local, cityHash64(number));

ALTER TABLE response_revisions_local ON CLUSTER shuixuan
    (ADD COLUMN IF NOT EXISTS `unclear` Array(LowCardinality(String)) COMMENT 'questions whose answer on the paper could not be read');

ALTER TABLE responses_local ON CLUSTER shuixuan
    (ADD COLUMN IF NOT EXISTS `unclear` Array(LowCardinality(String)) COMMENT 'questions whose answer on the paper could not be read');

ALTER TABLE response_revisions ON CLUSTER shuixuan
    (ADD COLUMN IF NOT EXISTS `unclear` Array(LowCardinality(String)));

ALTER TABLE responses ON CLUSTER shuixuan
    (ADD COLUMN IF NOT EXISTS `unclear` Array(LowCardinality(String)));

DROP VIEW IF EXISTS responses_current ON CLUSTER shuixuan;

CREATE MATERIALIZED VIEW IF NOT EXISTS responses_current ON CLUSTER shuixuan TO responses_local
AS SELECT *
FROM response_revisions_local;

-- 0009_links

CREATE TABLE IF NOT EXISTS links_local ON CLUSTER shuixuan
(
    `campaign` String,
    `id` String,
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS links ON CLUSTER shuixuan AS links_local
ENGINE = Distributed(shuixuan, shuixuan, links_local, cityHash64(id));

CREATE TABLE IF NOT EXISTS link_tokens_local ON CLUSTER shuixuan
(
    `hash` FixedString(64) COMMENT 'SHA-256 of the token, hex',
    `campaign` String,
    `link` String,
    `number` UInt32 COMMENT 'of the slip, from 1',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String
)
ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY hash
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS link_tokens ON CLUSTER shuixuan AS link_tokens_local
ENGINE = Distributed(shuixuan, shuixuan, link_tokens_local, cityHash64(hash));

CREATE TABLE IF NOT EXISTS response_signals_local ON CLUSTER shuixuan
(
    `campaign` LowCardinality(String),
    `wave` LowCardinality(String),
    `link` LowCardinality(String),
    `response` UUID,
    `signal` LowCardinality(String),
    `recorded_at` DateTime64(3, 'UTC')
)
ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, wave, link, response)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS response_signals ON CLUSTER shuixuan AS response_signals_local
ENGINE = Distributed(shuixuan, shuixuan, response_signals_local, cityHash64(response));

-- 0010_runs

CREATE TABLE IF NOT EXISTS runs_local ON CLUSTER shuixuan
(
    `campaign` String,
    `id` String,
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS runs ON CLUSTER shuixuan AS runs_local
ENGINE = Distributed(shuixuan, shuixuan, runs_local, cityHash64(id));

CREATE TABLE IF NOT EXISTS run_results_local ON CLUSTER shuixuan
(
    `campaign` String,
    `id` String,
    `state` LowCardinality(String) COMMENT 'done, cancelled, failed',
    `reason` String COMMENT 'why it was not done',
    `sha256` String COMMENT 'of the body, hex',
    `body` String COMMENT 'JSON of the results, byte for byte',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String
)
ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS run_results ON CLUSTER shuixuan AS run_results_local
ENGINE = Distributed(shuixuan, shuixuan, run_results_local, cityHash64(id));

-- 0011_photo_revisions

CREATE TABLE IF NOT EXISTS photo_revisions_local ON CLUSTER shuixuan AS photos_local
ENGINE = ReplicatedReplacingMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, placement, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS photo_revisions ON CLUSTER shuixuan AS photo_revisions_local
ENGINE = Distributed(shuixuan, shuixuan, photo_revisions_local, cityHash64(placement));

CREATE TABLE IF NOT EXISTS second_entry_revisions_local ON CLUSTER shuixuan AS second_entries_local
ENGINE = ReplicatedReplacingMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, wave, response, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS second_entry_revisions ON CLUSTER shuixuan AS second_entry_revisions_local
ENGINE = Distributed(shuixuan, shuixuan, second_entry_revisions_local, cityHash64(response));

CREATE MATERIALIZED VIEW IF NOT EXISTS photos_kept ON CLUSTER shuixuan TO photo_revisions_local
AS SELECT *
FROM photos_local;

CREATE MATERIALIZED VIEW IF NOT EXISTS second_entries_kept ON CLUSTER shuixuan TO second_entry_revisions_local
AS SELECT *
FROM second_entries_local;

INSERT INTO photo_revisions SELECT *
FROM photos;

INSERT INTO second_entry_revisions SELECT *
FROM second_entries;

-- 0012_boundaries

CREATE TABLE IF NOT EXISTS boundaries_local ON CLUSTER shuixuan
(
    `campaign` String,
    `id` String,
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS boundaries ON CLUSTER shuixuan AS boundaries_local
ENGINE = Distributed(shuixuan, shuixuan, boundaries_local, cityHash64(id));

-- 0013_spot_checks

CREATE TABLE IF NOT EXISTS spot_checks_local ON CLUSTER shuixuan
(
    `campaign` String,
    `id` String,
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS spot_checks ON CLUSTER shuixuan AS spot_checks_local
ENGINE = Distributed(shuixuan, shuixuan, spot_checks_local, cityHash64(id));

CREATE TABLE IF NOT EXISTS spot_findings_local ON CLUSTER shuixuan
(
    `campaign` String,
    `id` String COMMENT 'check, slash, number of the point',
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS spot_findings ON CLUSTER shuixuan AS spot_findings_local
ENGINE = Distributed(shuixuan, shuixuan, spot_findings_local, cityHash64(id));

CREATE TABLE IF NOT EXISTS inspector_links_local ON CLUSTER shuixuan
(
    `campaign` String,
    `id` String,
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing; of the address only a hash, in sessions',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS inspector_links ON CLUSTER shuixuan AS inspector_links_local
ENGINE = Distributed(shuixuan, shuixuan, inspector_links_local, cityHash64(id));

-- 0014_dossiers

CREATE TABLE IF NOT EXISTS dossiers_local ON CLUSTER shuixuan
(
    `campaign` String,
    `id` String,
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/{shard}', '{replica}')
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS dossiers ON CLUSTER shuixuan AS dossiers_local
ENGINE = Distributed(shuixuan, shuixuan, dossiers_local, cityHash64(id));

-- 0015_looks

CREATE TABLE IF NOT EXISTS looks_local ON CLUSTER shuixuan
(
    `account` String,
    `campaign` String,
    `since` DateTime64(3, 'UTC') COMMENT 'what was recorded after it is new to the account',
    `seen_at` DateTime64(3, 'UTC') COMMENT 'since when it looks; the next since',
    `recorded_at` DateTime64(3, 'UTC')
)
ENGINE = ReplicatedReplacingMergeTree('/shuixuan/{uuid}/{shard}', '{replica}', recorded_at)
ORDER BY (account, campaign)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS looks ON CLUSTER shuixuan AS looks_local
ENGINE = Distributed(shuixuan, shuixuan, looks_local, cityHash64(account));

-- 0016_merges

