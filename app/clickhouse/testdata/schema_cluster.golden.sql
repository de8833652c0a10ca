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

ALTER TABLE schema_migrations ON CLUSTER shuixuan
    (ADD COLUMN IF NOT EXISTS `only_adds` UInt8);

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

-- 0016_open_views

CREATE DATABASE IF NOT EXISTS open_shuixuan ON CLUSTER shuixuan;

CREATE OR REPLACE VIEW open_shuixuan.campaigns ON CLUSTER shuixuan
(
    `campaign` String COMMENT 'id of the campaign',
    `name` String COMMENT 'its name',
    `starts` Nullable(Date) COMMENT 'first day; null: not settled',
    `ends` Nullable(Date) COMMENT 'last day; null: open or not settled',
    `smallest_cell` UInt32 COMMENT 'below how many people a cell of the survey is hidden',
    `demo` UInt8 COMMENT '1: demonstration data'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'campaigns'
AS SELECT
    id AS campaign,
    JSONExtractString(body, 'name') AS name,
    toDateOrNull(left(JSONExtractString(body, 'window', 'start'), 10)) AS starts,
    toDateOrNull(left(JSONExtractString(body, 'window', 'end'), 10)) AS ends,
    toUInt32(if(JSONExtractInt(body, 'settings', 'smallest_cell', 'value') > 0, JSONExtractInt(body, 'settings', 'smallest_cell', 'value'), 5)) AS smallest_cell,
    toUInt8(JSONExtractBool(body, 'demo')) AS demo
FROM
(
    SELECT
        campaign,
        id,
        body
    FROM shuixuan.campaigns
    ORDER BY
        revision DESC,
        recorded_at ASC,
        write ASC
    LIMIT 1 BY
        campaign,
        id
);

CREATE OR REPLACE VIEW open_shuixuan.units ON CLUSTER shuixuan
(
    `campaign` String COMMENT 'id of the campaign',
    `unit` String COMMENT 'id of the unit',
    `name` String COMMENT 'its name',
    `kind` LowCardinality(String) COMMENT 'bureau, township, company, media, village, collective',
    `parent` String COMMENT 'id of the unit above, empty: none',
    `opened` Nullable(Date) COMMENT 'first day as a unit; null: always',
    `closed` Nullable(Date) COMMENT 'first day as one no more; null: none'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'units: organisations, never people'
AS SELECT
    campaign,
    id AS unit,
    JSONExtractString(body, 'name') AS name,
    JSONExtractString(body, 'kind') AS kind,
    JSONExtractString(body, 'parent') AS parent,
    toDateOrNull(left(JSONExtractString(body, 'opened'), 10)) AS opened,
    toDateOrNull(left(JSONExtractString(body, 'closed'), 10)) AS closed
FROM
(
    SELECT
        campaign,
        id,
        body
    FROM shuixuan.units
    ORDER BY
        revision DESC,
        recorded_at ASC,
        write ASC
    LIMIT 1 BY
        campaign,
        id
);

CREATE OR REPLACE VIEW open_shuixuan.carriers ON CLUSTER shuixuan
(
    `campaign` String COMMENT 'id of the campaign',
    `carrier` String COMMENT 'id of the carrier',
    `name` String COMMENT 'its name'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'what is put up: banners, screens, leaflets'
AS SELECT
    campaign,
    id AS carrier,
    JSONExtractString(body, 'name') AS name
FROM
(
    SELECT
        campaign,
        id,
        body
    FROM shuixuan.carriers
    ORDER BY
        revision DESC,
        recorded_at ASC,
        write ASC
    LIMIT 1 BY
        campaign,
        id
);

CREATE OR REPLACE VIEW open_shuixuan.tasks ON CLUSTER shuixuan
(
    `campaign` String COMMENT 'id of the campaign',
    `task` String COMMENT 'code of the task in its plan',
    `position` UInt32 COMMENT 'place in the plan',
    `field` String COMMENT 'field of the plan',
    `title` String COMMENT 'what is to be done',
    `lead` Array(String) COMMENT 'ids of the units responsible',
    `assisting` Array(String) COMMENT 'ids of the units that help',
    `starts` Nullable(Date) COMMENT 'first day; null: not settled',
    `ends` Nullable(Date) COMMENT 'last day; null: open or not settled',
    `open_end` UInt8 COMMENT '1: to the acceptance'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'obligations of the plan'
AS SELECT
    campaign,
    id AS task,
    toUInt32(JSONExtractUInt(body, 'position')) AS position,
    JSONExtractString(body, 'field') AS field,
    JSONExtractString(body, 'title') AS title,
    JSONExtract(body, 'lead', 'Array(String)') AS lead,
    JSONExtract(body, 'assisting', 'Array(String)') AS assisting,
    toDateOrNull(left(JSONExtractString(body, 'window', 'start'), 10)) AS starts,
    toDateOrNull(left(JSONExtractString(body, 'window', 'end'), 10)) AS ends,
    toUInt8(JSONExtractBool(body, 'window', 'open')) AS open_end
FROM
(
    SELECT
        campaign,
        id,
        body
    FROM shuixuan.tasks
    ORDER BY
        revision DESC,
        recorded_at ASC,
        write ASC
    LIMIT 1 BY
        campaign,
        id
);

CREATE OR REPLACE VIEW open_shuixuan.targets ON CLUSTER shuixuan
(
    `campaign` String COMMENT 'id of the campaign',
    `task` String COMMENT 'code of the task',
    `unit` String COMMENT 'id of the unit, empty: of the task as a whole',
    `carrier` String COMMENT 'id of the carrier, empty: of any',
    `quantity` Float64 COMMENT 'how many are owed',
    `measure` LowCardinality(String) COMMENT 'measure word'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'what the plan asks for, where it was counted; a task without a row was not'
AS SELECT
    campaign,
    id AS task,
    JSONExtractString(target, 'unit') AS unit,
    JSONExtractString(target, 'carrier') AS carrier,
    JSONExtractFloat(target, 'quantity') AS quantity,
    JSONExtractString(target, 'measure') AS measure
FROM
(
    SELECT
        campaign,
        id,
        body
    FROM shuixuan.tasks
    ORDER BY
        revision DESC,
        recorded_at ASC,
        write ASC
    LIMIT 1 BY
        campaign,
        id
)
ARRAY JOIN JSONExtractArrayRaw(body, 'targets') AS target;

CREATE OR REPLACE VIEW open_shuixuan.placements ON CLUSTER shuixuan
(
    `campaign` LowCardinality(String) COMMENT 'id of the campaign',
    `placement` UUID COMMENT 'id of the placement',
    `task` LowCardinality(String) COMMENT 'code of the task',
    `unit` LowCardinality(String) COMMENT 'id of the unit',
    `carrier` LowCardinality(String) COMMENT 'id of the carrier, empty: not on the list',
    `quantity` Float64 COMMENT 'how many',
    `measure` LowCardinality(String) COMMENT 'measure word',
    `area_m2` Nullable(Float64) COMMENT 'area in square metres',
    `starts` Date COMMENT 'first day',
    `ends` Nullable(Date) COMMENT 'last day; null: to the acceptance',
    `longitude` Nullable(Float64) COMMENT 'degrees, in the datum',
    `latitude` Nullable(Float64) COMMENT 'degrees, in the datum',
    `datum` LowCardinality(String) COMMENT 'wgs84, gcj02, bd09; never converted',
    `state` LowCardinality(String) COMMENT 'submitted, returned, accepted, taken-down, withdrawn; returned and withdrawn count nowhere',
    `changed_on` Date COMMENT 'civil date of the newest revision'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'the ledger, as it holds now'
AS SELECT
    campaign,
    id AS placement,
    task,
    unit,
    carrier,
    quantity,
    measure,
    area_m2,
    start AS starts,
    end AS ends,
    longitude,
    latitude,
    datum,
    state,
    recorded_on AS changed_on
FROM shuixuan.placements
FINAL;

CREATE OR REPLACE VIEW open_shuixuan.photos ON CLUSTER shuixuan
(
    `campaign` LowCardinality(String) COMMENT 'id of the campaign',
    `placement` UUID COMMENT 'id of the placement',
    `unit` LowCardinality(String) COMMENT 'id of the unit',
    `grade` LowCardinality(String) COMMENT 'A, B, C, X: how well it proves',
    `source` LowCardinality(String) COMMENT 'camera, upload',
    `proves_on` Date COMMENT 'the civil date of which it is proof'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'that there is a photo; not the photo, its place or its device'
AS SELECT
    campaign,
    placement,
    unit,
    grade,
    source,
    proves_on
FROM shuixuan.photos
FINAL
WHERE state = 'kept';

CREATE OR REPLACE VIEW open_shuixuan.inspections ON CLUSTER shuixuan
(
    `campaign` LowCardinality(String) COMMENT 'id of the campaign',
    `placement` UUID COMMENT 'id of the placement',
    `unit` LowCardinality(String) COMMENT 'id of the unit',
    `found_on` Date COMMENT 'civil date of the visit',
    `finding` LowCardinality(String) COMMENT 'standing, damaged, gone',
    `defects` Array(LowCardinality(String)) COMMENT 'broken, leaning, incomplete, soiled, faded, dark',
    `due` Nullable(Date) COMMENT 'last day of the repair'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'what was found at the places'
AS SELECT
    campaign,
    placement,
    unit,
    found_on,
    finding,
    defects,
    due
FROM shuixuan.inspections
FINAL;

CREATE OR REPLACE VIEW open_shuixuan.waves ON CLUSTER shuixuan
(
    `campaign` String COMMENT 'id of the campaign',
    `wave` String COMMENT 'id of the wave',
    `name` String COMMENT 'its name',
    `questionnaire` String COMMENT 'id of the questionnaire',
    `version` UInt32 COMMENT 'version of the questionnaire',
    `starts` Nullable(Date) COMMENT 'first day',
    `ends` Nullable(Date) COMMENT 'last day',
    `closed` UInt8 COMMENT '1: ended; only then are there rows in answers and numbers',
    `sample` LowCardinality(String) COMMENT 'convenience, probability, census; empty: not said'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'rounds of the survey'
AS SELECT
    campaign,
    id AS wave,
    JSONExtractString(body, 'name') AS name,
    JSONExtractString(body, 'questionnaire') AS questionnaire,
    toUInt32(JSONExtractUInt(body, 'version')) AS version,
    toDateOrNull(left(JSONExtractString(body, 'start'), 10)) AS starts,
    toDateOrNull(left(JSONExtractString(body, 'end'), 10)) AS ends,
    toUInt8(JSONExtractBool(body, 'closed')) AS closed,
    JSONExtractString(body, 'sampling', 'kind') AS sample
FROM
(
    SELECT
        campaign,
        id,
        body
    FROM shuixuan.waves
    ORDER BY
        revision DESC,
        recorded_at ASC,
        write ASC
    LIMIT 1 BY
        campaign,
        id
);

CREATE OR REPLACE VIEW open_shuixuan.strata ON CLUSTER shuixuan
(
    `campaign` String COMMENT 'id of the campaign',
    `wave` String COMMENT 'id of the wave',
    `stratum` String COMMENT 'code of the stratum',
    `label` String COMMENT 'its name',
    `quota` UInt32 COMMENT 'responses wanted; 0: none set',
    `population` UInt32 COMMENT 'people who belong to it; 0: not known'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'groups of people that a wave asks, each with its quota'
AS SELECT
    campaign,
    id AS wave,
    JSONExtractString(stratum_of, 'code') AS stratum,
    JSONExtractString(stratum_of, 'label') AS label,
    toUInt32(JSONExtractUInt(stratum_of, 'quota')) AS quota,
    toUInt32(JSONExtractUInt(stratum_of, 'population')) AS population
FROM
(
    SELECT
        campaign,
        id,
        body
    FROM shuixuan.waves
    ORDER BY
        revision DESC,
        recorded_at ASC,
        write ASC
    LIMIT 1 BY
        campaign,
        id
)
ARRAY JOIN JSONExtractArrayRaw(body, 'strata') AS stratum_of;

CREATE OR REPLACE VIEW open_shuixuan.questions ON CLUSTER shuixuan
(
    `campaign` String COMMENT 'id of the campaign',
    `questionnaire` String COMMENT 'id of the questionnaire',
    `version` UInt32 COMMENT 'its version',
    `position` UInt32 COMMENT 'place in the questionnaire; rows of a matrix share one',
    `question` String COMMENT 'name of the question, or of a row of a matrix',
    `type` LowCardinality(String) COMMENT 'kind of question',
    `label` String COMMENT 'its words'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'questions of every published version'
AS SELECT
    campaign,
    id AS questionnaire,
    revision AS version,
    toUInt32(place) AS position,
    part.1 AS question,
    JSONExtractString(one, 'type') AS type,
    part.2 AS label
FROM
(
    SELECT
        campaign,
        id,
        revision,
        place,
        one
    FROM
    (
        SELECT
            campaign,
            id,
            revision,
            body
        FROM shuixuan.questionnaires
        ORDER BY
            revision ASC,
            recorded_at ASC,
            write ASC
        LIMIT 1 BY
            campaign,
            id,
            revision
    )
    ARRAY JOIN
        JSONExtractArrayRaw(body, 'questions') AS one,
        arrayEnumerate(JSONExtractArrayRaw(body, 'questions')) AS place
)
ARRAY JOIN if(empty(JSONExtractArrayRaw(one, 'rows')), [(JSONExtractString(one, 'name'), JSONExtractString(one, 'label'))], arrayMap(r -> (JSONExtractString(r, 'name'), concat(JSONExtractString(one, 'label'), ' ', JSONExtractString(r, 'label'))), JSONExtractArrayRaw(one, 'rows'))) AS part;

CREATE OR REPLACE VIEW open_shuixuan.options ON CLUSTER shuixuan
(
    `campaign` String COMMENT 'id of the campaign',
    `questionnaire` String COMMENT 'id of the questionnaire',
    `version` UInt32 COMMENT 'its version',
    `question` String COMMENT 'name of the question, or of a row of a matrix',
    `position` UInt32 COMMENT 'place among the options',
    `option` String COMMENT 'code of the option',
    `label` String COMMENT 'its words',
    `dont_know` UInt8 COMMENT '1: an answer, but no opinion',
    `value` Nullable(Float64) COMMENT 'points on the scale of its question; null: none'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'options of the questions'
AS SELECT
    campaign,
    id AS questionnaire,
    revision AS version,
    question,
    toUInt32(place) AS position,
    JSONExtractString(choice, 'code') AS option,
    JSONExtractString(choice, 'label') AS label,
    toUInt8(JSONExtractBool(choice, 'dont_know')) AS dont_know,
    JSONExtract(choice, 'value', 'Nullable(Float64)') AS value
FROM
(
    SELECT
        campaign,
        id,
        revision,
        question,
        one
    FROM
    (
        SELECT
            campaign,
            id,
            revision,
            one
        FROM
        (
            SELECT
                campaign,
                id,
                revision,
                body
            FROM shuixuan.questionnaires
            ORDER BY
                revision ASC,
                recorded_at ASC,
                write ASC
            LIMIT 1 BY
                campaign,
                id,
                revision
        )
        ARRAY JOIN JSONExtractArrayRaw(body, 'questions') AS one
    )
    ARRAY JOIN if(empty(JSONExtractArrayRaw(one, 'rows')), [JSONExtractString(one, 'name')], arrayMap(r -> JSONExtractString(r, 'name'), JSONExtractArrayRaw(one, 'rows'))) AS question
)
ARRAY JOIN
    JSONExtractArrayRaw(one, 'options') AS choice,
    arrayEnumerate(JSONExtractArrayRaw(one, 'options')) AS place;

CREATE OR REPLACE VIEW open_shuixuan.responses_by_day ON CLUSTER shuixuan
(
    `campaign` LowCardinality(String) COMMENT 'id of the campaign',
    `wave` LowCardinality(String) COMMENT 'id of the wave',
    `recorded_on` Date COMMENT 'civil date on which they were first recorded',
    `responses` UInt64 COMMENT 'responses that count in figures'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'how the fieldwork goes, day by day'
AS SELECT
    campaign,
    wave,
    first_on AS recorded_on,
    count() AS responses
FROM
(
    SELECT
        campaign,
        wave,
        id,
        min(recorded_on) AS first_on,
        argMax(disposition, revision) AS newest,
        argMax(late, revision) AS too_late
    FROM shuixuan.response_revisions
    GROUP BY
        campaign,
        wave,
        id
)
WHERE (newest IN ('complete', 'partial')) AND (too_late = 0)
GROUP BY
    campaign,
    wave,
    first_on;

CREATE OR REPLACE VIEW open_shuixuan.responses_by_stratum ON CLUSTER shuixuan
(
    `campaign` LowCardinality(String) COMMENT 'id of the campaign',
    `wave` LowCardinality(String) COMMENT 'id of the wave',
    `stratum` LowCardinality(String) COMMENT 'code of the stratum, empty: none',
    `disposition` LowCardinality(String) COMMENT 'complete, partial, refused, ineligible, void, duplicate, or late: came after the end',
    `responses` UInt64 COMMENT 'responses; complete and partial count in figures'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'how far each group of people is'
AS SELECT
    campaign,
    wave,
    stratum,
    how AS disposition,
    count() AS responses
FROM
(
    SELECT
        campaign,
        wave,
        stratum,
        if(late = 1, 'late', toString(disposition)) AS how
    FROM shuixuan.responses
    FINAL
)
GROUP BY
    campaign,
    wave,
    stratum,
    how;

CREATE OR REPLACE VIEW open_shuixuan.answers ON CLUSTER shuixuan
(
    `campaign` LowCardinality(String) COMMENT 'id of the campaign',
    `wave` LowCardinality(String) COMMENT 'id of the wave, which is closed',
    `stratum` LowCardinality(String) COMMENT 'code of the stratum, empty: none',
    `question` LowCardinality(String) COMMENT 'name of the question',
    `option` LowCardinality(String) COMMENT 'code of the option',
    `people` Nullable(UInt64) COMMENT 'people who chose it, unweighted; null: hidden, too few',
    `base` UInt64 COMMENT 'people of the stratum who answered the question; where they are too few there is no row',
    `smallest_cell` UInt32 COMMENT 'below how many a cell is hidden'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'what people chose, by stratum, of waves that are closed'
AS SELECT
    campaign,
    wave,
    stratum,
    question,
    option,
    if((n < smallest) OR (((answered - n) >= 1) AND ((answered - n) <= (smallest - 1))) OR ((together = answered) AND ((fewer >= 1) AND (fewer <= (smallest - 1)))), NULL, n) AS people,
    answered AS base,
    smallest AS smallest_cell
FROM
(
    SELECT
        campaign,
        wave,
        stratum,
        question,
        option,
        n,
        answered,
        smallest,
        sum(n) OVER (PARTITION BY campaign, wave, stratum, question) AS together,
        sum(n) OVER (PARTITION BY campaign, wave, stratum, question ORDER BY n ASC, option ASC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - n AS fewer
    FROM
    (
        SELECT
            counted.campaign AS campaign,
            counted.wave AS wave,
            counted.stratum AS stratum,
            counted.question AS question,
            counted.option AS option,
            toInt64(counted.n) AS n,
            toInt64(maxIf(counted.n, counted.option = '') OVER (PARTITION BY campaign, wave, stratum, question)) AS answered,
            toInt64(c.smallest_cell) AS smallest
        FROM
        (
            SELECT
                campaign,
                wave,
                stratum,
                question,
                option,
                count() AS n
            FROM
            (
                SELECT
                    campaign,
                    wave,
                    stratum,
                    choices
                FROM shuixuan.responses
                FINAL
                WHERE (disposition IN ('complete', 'partial')) AND (late = 0)
            )
            ARRAY JOIN
                mapKeys(choices) AS question,
                mapValues(choices) AS codes
            ARRAY JOIN if(empty(codes), [], arrayConcat([''], arrayDistinct(codes))) AS option
            WHERE (campaign, wave) GLOBAL IN (
                SELECT
                    campaign,
                    wave
                FROM open_shuixuan.waves
                WHERE closed
            )
            GROUP BY
                campaign,
                wave,
                stratum,
                question,
                option
        ) AS counted
        GLOBAL INNER JOIN open_shuixuan.campaigns AS c ON c.campaign = counted.campaign
    )
    WHERE (option != '') AND (answered >= smallest)
);

CREATE OR REPLACE VIEW open_shuixuan.numbers ON CLUSTER shuixuan
(
    `campaign` LowCardinality(String) COMMENT 'id of the campaign',
    `wave` LowCardinality(String) COMMENT 'id of the wave, which is closed',
    `stratum` LowCardinality(String) COMMENT 'code of the stratum, empty: none',
    `question` LowCardinality(String) COMMENT 'name of the question',
    `base` Nullable(UInt64) COMMENT 'people of the stratum who answered; null: hidden, too few',
    `mean` Nullable(Float64) COMMENT 'mean of their answers, unweighted; null: hidden, too few',
    `smallest_cell` UInt32 COMMENT 'below how many a cell is hidden'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'means of numbers and ratings, by stratum, of waves that are closed'
AS SELECT
    campaign,
    wave,
    stratum,
    question,
    if(n < smallest, NULL, n) AS base,
    if(n < smallest, NULL, middle) AS mean,
    smallest AS smallest_cell
FROM
(
    SELECT
        r.campaign AS campaign,
        r.wave AS wave,
        r.stratum AS stratum,
        question,
        count() AS n,
        avg(number) AS middle,
        any(c.smallest_cell) AS smallest
    FROM
    (
        SELECT
            campaign,
            wave,
            stratum,
            question,
            number
        FROM
        (
            SELECT
                campaign,
                wave,
                stratum,
                numbers
            FROM shuixuan.responses
            FINAL
            WHERE (disposition IN ('complete', 'partial')) AND (late = 0)
        )
        ARRAY JOIN
            mapKeys(numbers) AS question,
            mapValues(numbers) AS number
        WHERE (campaign, wave) GLOBAL IN (
            SELECT
                campaign,
                wave
            FROM open_shuixuan.waves
            WHERE closed
        )
    ) AS r
    GLOBAL INNER JOIN open_shuixuan.campaigns AS c ON c.campaign = r.campaign
    GROUP BY
        campaign,
        wave,
        stratum,
        question
);

-- 0017_merges

-- 0018_open_views_campaign

CREATE DATABASE IF NOT EXISTS open_shuixuan ON CLUSTER shuixuan;

CREATE OR REPLACE VIEW open_shuixuan.campaigns ON CLUSTER shuixuan
(
    `campaign` String COMMENT 'id of the campaign',
    `name` String COMMENT 'its name',
    `starts` Nullable(Date) COMMENT 'first day; null: not settled',
    `ends` Nullable(Date) COMMENT 'last day; null: open or not settled',
    `smallest_cell` UInt32 COMMENT 'below how many people a cell of the survey is hidden',
    `demo` UInt8 COMMENT '1: demonstration data'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'campaigns'
AS SELECT
    id AS campaign,
    JSONExtractString(body, 'name') AS name,
    toDateOrNull(left(JSONExtractString(body, 'window', 'start'), 10)) AS starts,
    toDateOrNull(left(JSONExtractString(body, 'window', 'end'), 10)) AS ends,
    toUInt32(if(JSONExtractInt(body, 'settings', 'smallest_cell', 'value') > 0, JSONExtractInt(body, 'settings', 'smallest_cell', 'value'), 5)) AS smallest_cell,
    toUInt8(JSONExtractBool(body, 'demo')) AS demo
FROM
(
    SELECT
        campaign,
        id,
        body
    FROM
    (
        SELECT
            campaign,
            id,
            body,
            revision,
            recorded_at,
            write
        FROM shuixuan.campaigns
        WHERE getSetting('query_cache_tag') = ''
        UNION ALL
        SELECT
            campaign,
            id,
            body,
            revision,
            recorded_at,
            write
        FROM
        (
            SELECT
                campaign,
                id,
                body,
                revision,
                recorded_at,
                write
            FROM shuixuan.campaigns
            WHERE (getSetting('query_cache_tag') != '') AND (campaign = getSetting('query_cache_tag'))
            LIMIT 18446744073709551615
        )
    )
    ORDER BY
        revision DESC,
        recorded_at ASC,
        write ASC
    LIMIT 1 BY
        campaign,
        id
);

CREATE OR REPLACE VIEW open_shuixuan.units ON CLUSTER shuixuan
(
    `campaign` String COMMENT 'id of the campaign',
    `unit` String COMMENT 'id of the unit',
    `name` String COMMENT 'its name',
    `kind` LowCardinality(String) COMMENT 'bureau, township, company, media, village, collective',
    `parent` String COMMENT 'id of the unit above, empty: none',
    `opened` Nullable(Date) COMMENT 'first day as a unit; null: always',
    `closed` Nullable(Date) COMMENT 'first day as one no more; null: none'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'units: organisations, never people'
AS SELECT
    campaign,
    id AS unit,
    JSONExtractString(body, 'name') AS name,
    JSONExtractString(body, 'kind') AS kind,
    JSONExtractString(body, 'parent') AS parent,
    toDateOrNull(left(JSONExtractString(body, 'opened'), 10)) AS opened,
    toDateOrNull(left(JSONExtractString(body, 'closed'), 10)) AS closed
FROM
(
    SELECT
        campaign,
        id,
        body
    FROM
    (
        SELECT
            campaign,
            id,
            body,
            revision,
            recorded_at,
            write
        FROM shuixuan.units
        WHERE getSetting('query_cache_tag') = ''
        UNION ALL
        SELECT
            campaign,
            id,
            body,
            revision,
            recorded_at,
            write
        FROM
        (
            SELECT
                campaign,
                id,
                body,
                revision,
                recorded_at,
                write
            FROM shuixuan.units
            WHERE (getSetting('query_cache_tag') != '') AND (campaign = getSetting('query_cache_tag'))
            LIMIT 18446744073709551615
        )
    )
    ORDER BY
        revision DESC,
        recorded_at ASC,
        write ASC
    LIMIT 1 BY
        campaign,
        id
);

CREATE OR REPLACE VIEW open_shuixuan.carriers ON CLUSTER shuixuan
(
    `campaign` String COMMENT 'id of the campaign',
    `carrier` String COMMENT 'id of the carrier',
    `name` String COMMENT 'its name'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'what is put up: banners, screens, leaflets'
AS SELECT
    campaign,
    id AS carrier,
    JSONExtractString(body, 'name') AS name
FROM
(
    SELECT
        campaign,
        id,
        body
    FROM
    (
        SELECT
            campaign,
            id,
            body,
            revision,
            recorded_at,
            write
        FROM shuixuan.carriers
        WHERE getSetting('query_cache_tag') = ''
        UNION ALL
        SELECT
            campaign,
            id,
            body,
            revision,
            recorded_at,
            write
        FROM
        (
            SELECT
                campaign,
                id,
                body,
                revision,
                recorded_at,
                write
            FROM shuixuan.carriers
            WHERE (getSetting('query_cache_tag') != '') AND (campaign = getSetting('query_cache_tag'))
            LIMIT 18446744073709551615
        )
    )
    ORDER BY
        revision DESC,
        recorded_at ASC,
        write ASC
    LIMIT 1 BY
        campaign,
        id
);

CREATE OR REPLACE VIEW open_shuixuan.tasks ON CLUSTER shuixuan
(
    `campaign` String COMMENT 'id of the campaign',
    `task` String COMMENT 'code of the task in its plan',
    `position` UInt32 COMMENT 'place in the plan',
    `field` String COMMENT 'field of the plan',
    `title` String COMMENT 'what is to be done',
    `lead` Array(String) COMMENT 'ids of the units responsible',
    `assisting` Array(String) COMMENT 'ids of the units that help',
    `starts` Nullable(Date) COMMENT 'first day; null: not settled',
    `ends` Nullable(Date) COMMENT 'last day; null: open or not settled',
    `open_end` UInt8 COMMENT '1: to the acceptance'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'obligations of the plan'
AS SELECT
    campaign,
    id AS task,
    toUInt32(JSONExtractUInt(body, 'position')) AS position,
    JSONExtractString(body, 'field') AS field,
    JSONExtractString(body, 'title') AS title,
    JSONExtract(body, 'lead', 'Array(String)') AS lead,
    JSONExtract(body, 'assisting', 'Array(String)') AS assisting,
    toDateOrNull(left(JSONExtractString(body, 'window', 'start'), 10)) AS starts,
    toDateOrNull(left(JSONExtractString(body, 'window', 'end'), 10)) AS ends,
    toUInt8(JSONExtractBool(body, 'window', 'open')) AS open_end
FROM
(
    SELECT
        campaign,
        id,
        body
    FROM
    (
        SELECT
            campaign,
            id,
            body,
            revision,
            recorded_at,
            write
        FROM shuixuan.tasks
        WHERE getSetting('query_cache_tag') = ''
        UNION ALL
        SELECT
            campaign,
            id,
            body,
            revision,
            recorded_at,
            write
        FROM
        (
            SELECT
                campaign,
                id,
                body,
                revision,
                recorded_at,
                write
            FROM shuixuan.tasks
            WHERE (getSetting('query_cache_tag') != '') AND (campaign = getSetting('query_cache_tag'))
            LIMIT 18446744073709551615
        )
    )
    ORDER BY
        revision DESC,
        recorded_at ASC,
        write ASC
    LIMIT 1 BY
        campaign,
        id
);

CREATE OR REPLACE VIEW open_shuixuan.targets ON CLUSTER shuixuan
(
    `campaign` String COMMENT 'id of the campaign',
    `task` String COMMENT 'code of the task',
    `unit` String COMMENT 'id of the unit, empty: of the task as a whole',
    `carrier` String COMMENT 'id of the carrier, empty: of any',
    `quantity` Float64 COMMENT 'how many are owed',
    `measure` LowCardinality(String) COMMENT 'measure word'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'what the plan asks for, where it was counted; a task without a row was not'
AS SELECT
    campaign,
    id AS task,
    JSONExtractString(target, 'unit') AS unit,
    JSONExtractString(target, 'carrier') AS carrier,
    JSONExtractFloat(target, 'quantity') AS quantity,
    JSONExtractString(target, 'measure') AS measure
FROM
(
    SELECT
        campaign,
        id,
        body
    FROM
    (
        SELECT
            campaign,
            id,
            body,
            revision,
            recorded_at,
            write
        FROM shuixuan.tasks
        WHERE getSetting('query_cache_tag') = ''
        UNION ALL
        SELECT
            campaign,
            id,
            body,
            revision,
            recorded_at,
            write
        FROM
        (
            SELECT
                campaign,
                id,
                body,
                revision,
                recorded_at,
                write
            FROM shuixuan.tasks
            WHERE (getSetting('query_cache_tag') != '') AND (campaign = getSetting('query_cache_tag'))
            LIMIT 18446744073709551615
        )
    )
    ORDER BY
        revision DESC,
        recorded_at ASC,
        write ASC
    LIMIT 1 BY
        campaign,
        id
)
ARRAY JOIN JSONExtractArrayRaw(body, 'targets') AS target;

CREATE OR REPLACE VIEW open_shuixuan.placements ON CLUSTER shuixuan
(
    `campaign` LowCardinality(String) COMMENT 'id of the campaign',
    `placement` UUID COMMENT 'id of the placement',
    `task` LowCardinality(String) COMMENT 'code of the task',
    `unit` LowCardinality(String) COMMENT 'id of the unit',
    `carrier` LowCardinality(String) COMMENT 'id of the carrier, empty: not on the list',
    `quantity` Float64 COMMENT 'how many',
    `measure` LowCardinality(String) COMMENT 'measure word',
    `area_m2` Nullable(Float64) COMMENT 'area in square metres',
    `starts` Date COMMENT 'first day',
    `ends` Nullable(Date) COMMENT 'last day; null: to the acceptance',
    `longitude` Nullable(Float64) COMMENT 'degrees, in the datum',
    `latitude` Nullable(Float64) COMMENT 'degrees, in the datum',
    `datum` LowCardinality(String) COMMENT 'wgs84, gcj02, bd09; never converted',
    `state` LowCardinality(String) COMMENT 'submitted, returned, accepted, taken-down, withdrawn; returned and withdrawn count nowhere',
    `changed_on` Date COMMENT 'civil date of the newest revision'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'the ledger, as it holds now'
AS SELECT
    campaign,
    id AS placement,
    task,
    unit,
    carrier,
    quantity,
    measure,
    area_m2,
    start AS starts,
    end AS ends,
    longitude,
    latitude,
    datum,
    state,
    recorded_on AS changed_on
FROM
(
    SELECT
        campaign,
        id,
        task,
        unit,
        carrier,
        quantity,
        measure,
        area_m2,
        start,
        end,
        longitude,
        latitude,
        datum,
        state,
        recorded_on
    FROM shuixuan.placements
    FINAL
    WHERE getSetting('query_cache_tag') = ''
    UNION ALL
    SELECT
        campaign,
        id,
        task,
        unit,
        carrier,
        quantity,
        measure,
        area_m2,
        start,
        end,
        longitude,
        latitude,
        datum,
        state,
        recorded_on
    FROM
    (
        SELECT
            campaign,
            id,
            task,
            unit,
            carrier,
            quantity,
            measure,
            area_m2,
            start,
            end,
            longitude,
            latitude,
            datum,
            state,
            recorded_on
        FROM shuixuan.placements
        FINAL
        WHERE (getSetting('query_cache_tag') != '') AND (campaign = getSetting('query_cache_tag'))
        LIMIT 18446744073709551615
    )
);

CREATE OR REPLACE VIEW open_shuixuan.photos ON CLUSTER shuixuan
(
    `campaign` LowCardinality(String) COMMENT 'id of the campaign',
    `placement` UUID COMMENT 'id of the placement',
    `unit` LowCardinality(String) COMMENT 'id of the unit',
    `grade` LowCardinality(String) COMMENT 'A, B, C, X: how well it proves',
    `source` LowCardinality(String) COMMENT 'camera, upload',
    `proves_on` Date COMMENT 'the civil date of which it is proof'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'that there is a photo; not the photo, its place or its device'
AS SELECT
    campaign,
    placement,
    unit,
    grade,
    source,
    proves_on
FROM
(
    SELECT
        campaign,
        placement,
        unit,
        grade,
        source,
        proves_on
    FROM shuixuan.photos
    FINAL
    WHERE (getSetting('query_cache_tag') = '') AND (state = 'kept')
    UNION ALL
    SELECT
        campaign,
        placement,
        unit,
        grade,
        source,
        proves_on
    FROM
    (
        SELECT
            campaign,
            placement,
            unit,
            grade,
            source,
            proves_on
        FROM shuixuan.photos
        FINAL
        WHERE (getSetting('query_cache_tag') != '') AND (campaign = getSetting('query_cache_tag')) AND (state = 'kept')
        LIMIT 18446744073709551615
    )
);

CREATE OR REPLACE VIEW open_shuixuan.inspections ON CLUSTER shuixuan
(
    `campaign` LowCardinality(String) COMMENT 'id of the campaign',
    `placement` UUID COMMENT 'id of the placement',
    `unit` LowCardinality(String) COMMENT 'id of the unit',
    `found_on` Date COMMENT 'civil date of the visit',
    `finding` LowCardinality(String) COMMENT 'standing, damaged, gone',
    `defects` Array(LowCardinality(String)) COMMENT 'broken, leaning, incomplete, soiled, faded, dark',
    `due` Nullable(Date) COMMENT 'last day of the repair'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'what was found at the places'
AS SELECT
    campaign,
    placement,
    unit,
    found_on,
    finding,
    defects,
    due
FROM
(
    SELECT
        campaign,
        placement,
        unit,
        found_on,
        finding,
        defects,
        due
    FROM shuixuan.inspections
    FINAL
    WHERE getSetting('query_cache_tag') = ''
    UNION ALL
    SELECT
        campaign,
        placement,
        unit,
        found_on,
        finding,
        defects,
        due
    FROM
    (
        SELECT
            campaign,
            placement,
            unit,
            found_on,
            finding,
            defects,
            due
        FROM shuixuan.inspections
        FINAL
        WHERE (getSetting('query_cache_tag') != '') AND (campaign = getSetting('query_cache_tag'))
        LIMIT 18446744073709551615
    )
);

CREATE OR REPLACE VIEW open_shuixuan.waves ON CLUSTER shuixuan
(
    `campaign` String COMMENT 'id of the campaign',
    `wave` String COMMENT 'id of the wave',
    `name` String COMMENT 'its name',
    `questionnaire` String COMMENT 'id of the questionnaire',
    `version` UInt32 COMMENT 'version of the questionnaire',
    `starts` Nullable(Date) COMMENT 'first day',
    `ends` Nullable(Date) COMMENT 'last day',
    `closed` UInt8 COMMENT '1: ended; only then are there rows in answers and numbers',
    `sample` LowCardinality(String) COMMENT 'convenience, probability, census; empty: not said'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'rounds of the survey'
AS SELECT
    campaign,
    id AS wave,
    JSONExtractString(body, 'name') AS name,
    JSONExtractString(body, 'questionnaire') AS questionnaire,
    toUInt32(JSONExtractUInt(body, 'version')) AS version,
    toDateOrNull(left(JSONExtractString(body, 'start'), 10)) AS starts,
    toDateOrNull(left(JSONExtractString(body, 'end'), 10)) AS ends,
    toUInt8(JSONExtractBool(body, 'closed')) AS closed,
    JSONExtractString(body, 'sampling', 'kind') AS sample
FROM
(
    SELECT
        campaign,
        id,
        body
    FROM
    (
        SELECT
            campaign,
            id,
            body,
            revision,
            recorded_at,
            write
        FROM shuixuan.waves
        WHERE getSetting('query_cache_tag') = ''
        UNION ALL
        SELECT
            campaign,
            id,
            body,
            revision,
            recorded_at,
            write
        FROM
        (
            SELECT
                campaign,
                id,
                body,
                revision,
                recorded_at,
                write
            FROM shuixuan.waves
            WHERE (getSetting('query_cache_tag') != '') AND (campaign = getSetting('query_cache_tag'))
            LIMIT 18446744073709551615
        )
    )
    ORDER BY
        revision DESC,
        recorded_at ASC,
        write ASC
    LIMIT 1 BY
        campaign,
        id
);

CREATE OR REPLACE VIEW open_shuixuan.strata ON CLUSTER shuixuan
(
    `campaign` String COMMENT 'id of the campaign',
    `wave` String COMMENT 'id of the wave',
    `stratum` String COMMENT 'code of the stratum',
    `label` String COMMENT 'its name',
    `quota` UInt32 COMMENT 'responses wanted; 0: none set',
    `population` UInt32 COMMENT 'people who belong to it; 0: not known'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'groups of people that a wave asks, each with its quota'
AS SELECT
    campaign,
    id AS wave,
    JSONExtractString(stratum_of, 'code') AS stratum,
    JSONExtractString(stratum_of, 'label') AS label,
    toUInt32(JSONExtractUInt(stratum_of, 'quota')) AS quota,
    toUInt32(JSONExtractUInt(stratum_of, 'population')) AS population
FROM
(
    SELECT
        campaign,
        id,
        body
    FROM
    (
        SELECT
            campaign,
            id,
            body,
            revision,
            recorded_at,
            write
        FROM shuixuan.waves
        WHERE getSetting('query_cache_tag') = ''
        UNION ALL
        SELECT
            campaign,
            id,
            body,
            revision,
            recorded_at,
            write
        FROM
        (
            SELECT
                campaign,
                id,
                body,
                revision,
                recorded_at,
                write
            FROM shuixuan.waves
            WHERE (getSetting('query_cache_tag') != '') AND (campaign = getSetting('query_cache_tag'))
            LIMIT 18446744073709551615
        )
    )
    ORDER BY
        revision DESC,
        recorded_at ASC,
        write ASC
    LIMIT 1 BY
        campaign,
        id
)
ARRAY JOIN JSONExtractArrayRaw(body, 'strata') AS stratum_of;

CREATE OR REPLACE VIEW open_shuixuan.questions ON CLUSTER shuixuan
(
    `campaign` String COMMENT 'id of the campaign',
    `questionnaire` String COMMENT 'id of the questionnaire',
    `version` UInt32 COMMENT 'its version',
    `position` UInt32 COMMENT 'place in the questionnaire; rows of a matrix share one',
    `question` String COMMENT 'name of the question, or of a row of a matrix',
    `type` LowCardinality(String) COMMENT 'kind of question',
    `label` String COMMENT 'its words'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'questions of every published version'
AS SELECT
    campaign,
    id AS questionnaire,
    revision AS version,
    toUInt32(place) AS position,
    part.1 AS question,
    JSONExtractString(one, 'type') AS type,
    part.2 AS label
FROM
(
    SELECT
        campaign,
        id,
        revision,
        place,
        one
    FROM
    (
        SELECT
            campaign,
            id,
            revision,
            body
        FROM
        (
            SELECT
                campaign,
                id,
                revision,
                body,
                recorded_at,
                write
            FROM shuixuan.questionnaires
            WHERE getSetting('query_cache_tag') = ''
            UNION ALL
            SELECT
                campaign,
                id,
                revision,
                body,
                recorded_at,
                write
            FROM
            (
                SELECT
                    campaign,
                    id,
                    revision,
                    body,
                    recorded_at,
                    write
                FROM shuixuan.questionnaires
                WHERE (getSetting('query_cache_tag') != '') AND (campaign = getSetting('query_cache_tag'))
                LIMIT 18446744073709551615
            )
        )
        ORDER BY
            revision ASC,
            recorded_at ASC,
            write ASC
        LIMIT 1 BY
            campaign,
            id,
            revision
    )
    ARRAY JOIN
        JSONExtractArrayRaw(body, 'questions') AS one,
        arrayEnumerate(JSONExtractArrayRaw(body, 'questions')) AS place
)
ARRAY JOIN if(empty(JSONExtractArrayRaw(one, 'rows')), [(JSONExtractString(one, 'name'), JSONExtractString(one, 'label'))], arrayMap(r -> (JSONExtractString(r, 'name'), concat(JSONExtractString(one, 'label'), ' ', JSONExtractString(r, 'label'))), JSONExtractArrayRaw(one, 'rows'))) AS part;

CREATE OR REPLACE VIEW open_shuixuan.options ON CLUSTER shuixuan
(
    `campaign` String COMMENT 'id of the campaign',
    `questionnaire` String COMMENT 'id of the questionnaire',
    `version` UInt32 COMMENT 'its version',
    `question` String COMMENT 'name of the question, or of a row of a matrix',
    `position` UInt32 COMMENT 'place among the options',
    `option` String COMMENT 'code of the option',
    `label` String COMMENT 'its words',
    `dont_know` UInt8 COMMENT '1: an answer, but no opinion',
    `value` Nullable(Float64) COMMENT 'points on the scale of its question; null: none'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'options of the questions'
AS SELECT
    campaign,
    id AS questionnaire,
    revision AS version,
    question,
    toUInt32(place) AS position,
    JSONExtractString(choice, 'code') AS option,
    JSONExtractString(choice, 'label') AS label,
    toUInt8(JSONExtractBool(choice, 'dont_know')) AS dont_know,
    JSONExtract(choice, 'value', 'Nullable(Float64)') AS value
FROM
(
    SELECT
        campaign,
        id,
        revision,
        question,
        one
    FROM
    (
        SELECT
            campaign,
            id,
            revision,
            one
        FROM
        (
            SELECT
                campaign,
                id,
                revision,
                body
            FROM
            (
                SELECT
                    campaign,
                    id,
                    revision,
                    body,
                    recorded_at,
                    write
                FROM shuixuan.questionnaires
                WHERE getSetting('query_cache_tag') = ''
                UNION ALL
                SELECT
                    campaign,
                    id,
                    revision,
                    body,
                    recorded_at,
                    write
                FROM
                (
                    SELECT
                        campaign,
                        id,
                        revision,
                        body,
                        recorded_at,
                        write
                    FROM shuixuan.questionnaires
                    WHERE (getSetting('query_cache_tag') != '') AND (campaign = getSetting('query_cache_tag'))
                    LIMIT 18446744073709551615
                )
            )
            ORDER BY
                revision ASC,
                recorded_at ASC,
                write ASC
            LIMIT 1 BY
                campaign,
                id,
                revision
        )
        ARRAY JOIN JSONExtractArrayRaw(body, 'questions') AS one
    )
    ARRAY JOIN if(empty(JSONExtractArrayRaw(one, 'rows')), [JSONExtractString(one, 'name')], arrayMap(r -> JSONExtractString(r, 'name'), JSONExtractArrayRaw(one, 'rows'))) AS question
)
ARRAY JOIN
    JSONExtractArrayRaw(one, 'options') AS choice,
    arrayEnumerate(JSONExtractArrayRaw(one, 'options')) AS place;

CREATE OR REPLACE VIEW open_shuixuan.responses_by_day ON CLUSTER shuixuan
(
    `campaign` LowCardinality(String) COMMENT 'id of the campaign',
    `wave` LowCardinality(String) COMMENT 'id of the wave',
    `recorded_on` Date COMMENT 'civil date on which they were first recorded',
    `responses` UInt64 COMMENT 'responses that count in figures'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'how the fieldwork goes, day by day'
AS SELECT
    campaign,
    wave,
    first_on AS recorded_on,
    count() AS responses
FROM
(
    SELECT
        campaign,
        wave,
        id,
        min(recorded_on) AS first_on,
        argMax(disposition, revision) AS newest,
        argMax(late, revision) AS too_late
    FROM
    (
        SELECT
            campaign,
            wave,
            id,
            revision,
            recorded_on,
            disposition,
            late
        FROM shuixuan.response_revisions
        WHERE getSetting('query_cache_tag') = ''
        UNION ALL
        SELECT
            campaign,
            wave,
            id,
            revision,
            recorded_on,
            disposition,
            late
        FROM
        (
            SELECT
                campaign,
                wave,
                id,
                revision,
                recorded_on,
                disposition,
                late
            FROM shuixuan.response_revisions
            WHERE (getSetting('query_cache_tag') != '') AND (campaign = getSetting('query_cache_tag'))
            LIMIT 18446744073709551615
        )
    )
    GROUP BY
        campaign,
        wave,
        id
)
WHERE (newest IN ('complete', 'partial')) AND (too_late = 0)
GROUP BY
    campaign,
    wave,
    first_on;

CREATE OR REPLACE VIEW open_shuixuan.responses_by_stratum ON CLUSTER shuixuan
(
    `campaign` LowCardinality(String) COMMENT 'id of the campaign',
    `wave` LowCardinality(String) COMMENT 'id of the wave',
    `stratum` LowCardinality(String) COMMENT 'code of the stratum, empty: none',
    `disposition` LowCardinality(String) COMMENT 'complete, partial, refused, ineligible, void, duplicate, or late: came after the end',
    `responses` UInt64 COMMENT 'responses; complete and partial count in figures'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'how far each group of people is'
AS SELECT
    campaign,
    wave,
    stratum,
    how AS disposition,
    count() AS responses
FROM
(
    SELECT
        campaign,
        wave,
        stratum,
        if(late = 1, 'late', toString(disposition)) AS how
    FROM
    (
        SELECT
            campaign,
            wave,
            stratum,
            disposition,
            late
        FROM shuixuan.responses
        FINAL
        WHERE getSetting('query_cache_tag') = ''
        UNION ALL
        SELECT
            campaign,
            wave,
            stratum,
            disposition,
            late
        FROM
        (
            SELECT
                campaign,
                wave,
                stratum,
                disposition,
                late
            FROM shuixuan.responses
            FINAL
            WHERE (getSetting('query_cache_tag') != '') AND (campaign = getSetting('query_cache_tag'))
            LIMIT 18446744073709551615
        )
    )
)
GROUP BY
    campaign,
    wave,
    stratum,
    how;

CREATE OR REPLACE VIEW open_shuixuan.answers ON CLUSTER shuixuan
(
    `campaign` LowCardinality(String) COMMENT 'id of the campaign',
    `wave` LowCardinality(String) COMMENT 'id of the wave, which is closed',
    `stratum` LowCardinality(String) COMMENT 'code of the stratum, empty: none',
    `question` LowCardinality(String) COMMENT 'name of the question',
    `option` LowCardinality(String) COMMENT 'code of the option',
    `people` Nullable(UInt64) COMMENT 'people who chose it, unweighted; null: hidden, too few',
    `base` UInt64 COMMENT 'people of the stratum who answered the question; where they are too few there is no row',
    `smallest_cell` UInt32 COMMENT 'below how many a cell is hidden'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'what people chose, by stratum, of waves that are closed'
AS SELECT
    campaign,
    wave,
    stratum,
    question,
    option,
    if((n < smallest) OR (((answered - n) >= 1) AND ((answered - n) <= (smallest - 1))) OR ((together = answered) AND ((fewer >= 1) AND (fewer <= (smallest - 1)))), NULL, n) AS people,
    answered AS base,
    smallest AS smallest_cell
FROM
(
    SELECT
        campaign,
        wave,
        stratum,
        question,
        option,
        n,
        answered,
        smallest,
        sum(n) OVER (PARTITION BY campaign, wave, stratum, question) AS together,
        sum(n) OVER (PARTITION BY campaign, wave, stratum, question ORDER BY n ASC, option ASC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - n AS fewer
    FROM
    (
        SELECT
            counted.campaign AS campaign,
            counted.wave AS wave,
            counted.stratum AS stratum,
            counted.question AS question,
            counted.option AS option,
            toInt64(counted.n) AS n,
            toInt64(maxIf(counted.n, counted.option = '') OVER (PARTITION BY campaign, wave, stratum, question)) AS answered,
            toInt64(c.smallest_cell) AS smallest
        FROM
        (
            SELECT
                campaign,
                wave,
                stratum,
                question,
                option,
                count() AS n
            FROM
            (
                SELECT
                    campaign,
                    wave,
                    stratum,
                    choices
                FROM shuixuan.responses
                FINAL
                WHERE (getSetting('query_cache_tag') = '') AND (disposition IN ('complete', 'partial')) AND (late = 0)
                UNION ALL
                SELECT
                    campaign,
                    wave,
                    stratum,
                    choices
                FROM
                (
                    SELECT
                        campaign,
                        wave,
                        stratum,
                        choices
                    FROM shuixuan.responses
                    FINAL
                    WHERE (getSetting('query_cache_tag') != '') AND (campaign = getSetting('query_cache_tag')) AND (disposition IN ('complete', 'partial')) AND (late = 0)
                    LIMIT 18446744073709551615
                )
            )
            ARRAY JOIN
                mapKeys(choices) AS question,
                mapValues(choices) AS codes
            ARRAY JOIN if(empty(codes), [], arrayConcat([''], arrayDistinct(codes))) AS option
            WHERE (campaign, wave) GLOBAL IN (
                SELECT
                    campaign,
                    wave
                FROM open_shuixuan.waves
                WHERE closed
            )
            GROUP BY
                campaign,
                wave,
                stratum,
                question,
                option
        ) AS counted
        GLOBAL INNER JOIN open_shuixuan.campaigns AS c ON c.campaign = counted.campaign
    )
    WHERE (option != '') AND (answered >= smallest)
);

CREATE OR REPLACE VIEW open_shuixuan.numbers ON CLUSTER shuixuan
(
    `campaign` LowCardinality(String) COMMENT 'id of the campaign',
    `wave` LowCardinality(String) COMMENT 'id of the wave, which is closed',
    `stratum` LowCardinality(String) COMMENT 'code of the stratum, empty: none',
    `question` LowCardinality(String) COMMENT 'name of the question',
    `base` Nullable(UInt64) COMMENT 'people of the stratum who answered; null: hidden, too few',
    `mean` Nullable(Float64) COMMENT 'mean of their answers, unweighted; null: hidden, too few',
    `smallest_cell` UInt32 COMMENT 'below how many a cell is hidden'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
COMMENT 'means of numbers and ratings, by stratum, of waves that are closed'
AS SELECT
    campaign,
    wave,
    stratum,
    question,
    if(n < smallest, NULL, n) AS base,
    if(n < smallest, NULL, middle) AS mean,
    smallest AS smallest_cell
FROM
(
    SELECT
        r.campaign AS campaign,
        r.wave AS wave,
        r.stratum AS stratum,
        question,
        count() AS n,
        avg(number) AS middle,
        any(c.smallest_cell) AS smallest
    FROM
    (
        SELECT
            campaign,
            wave,
            stratum,
            question,
            number
        FROM
        (
            SELECT
                campaign,
                wave,
                stratum,
                numbers
            FROM shuixuan.responses
            FINAL
            WHERE (getSetting('query_cache_tag') = '') AND (disposition IN ('complete', 'partial')) AND (late = 0)
            UNION ALL
            SELECT
                campaign,
                wave,
                stratum,
                numbers
            FROM
            (
                SELECT
                    campaign,
                    wave,
                    stratum,
                    numbers
                FROM shuixuan.responses
                FINAL
                WHERE (getSetting('query_cache_tag') != '') AND (campaign = getSetting('query_cache_tag')) AND (disposition IN ('complete', 'partial')) AND (late = 0)
                LIMIT 18446744073709551615
            )
        )
        ARRAY JOIN
            mapKeys(numbers) AS question,
            mapValues(numbers) AS number
        WHERE (campaign, wave) GLOBAL IN (
            SELECT
                campaign,
                wave
            FROM open_shuixuan.waves
            WHERE closed
        )
    ) AS r
    GLOBAL INNER JOIN open_shuixuan.campaigns AS c ON c.campaign = r.campaign
    GROUP BY
        campaign,
        wave,
        stratum,
        question
);

-- 0019_closed_answers

CREATE TABLE IF NOT EXISTS closed_answers_local ON CLUSTER shuixuan
(
    `campaign` LowCardinality(String),
    `wave` LowCardinality(String),
    `place` UInt16 COMMENT 'by the question',
    `question` FixedString(64) COMMENT 'SHA-256 of the statement and the version of the program, hex',
    `version` String COMMENT 'of the responses that it was asked of',
    `sha256` FixedString(64) COMMENT 'of the row, hex',
    `body` String COMMENT 'rows of the answer, format Native' CODEC(ZSTD(3)),
    `recorded_at` DateTime64(3, 'UTC')
)
ENGINE = ReplicatedReplacingMergeTree('/shuixuan/{uuid}/{shard}', '{replica}', recorded_at)
ORDER BY (campaign, wave, place)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS closed_answers ON CLUSTER shuixuan AS closed_answers_local
ENGINE = Distributed(shuixuan, shuixuan, closed_answers_local, cityHash64(question));

