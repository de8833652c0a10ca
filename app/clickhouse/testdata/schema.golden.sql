CREATE TABLE audit_events
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
    `after` String,
    `outcome` LowCardinality(String) COMMENT 'success, refused',
    `chain` UUID COMMENT 'one per running program, zero: from before the chains',
    `seq` UInt64 COMMENT 'place in the chain, from 1',
    `previous` String COMMENT 'hash of the event before, of another chain for the first',
    `hash` String COMMENT 'SHA-256 of the event with its place and previous, hex'
)
ENGINE = MergeTree
ORDER BY (at, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 10485760, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 131072, vertical_merge_algorithm_min_columns_to_activate = 11, index_granularity = 8192, merge_selector_base = 20;

CREATE TABLE batch_rows
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
ENGINE = MergeTree
ORDER BY (batch, row, field)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE batches
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
ENGINE = MergeTree
ORDER BY (campaign, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE boundaries
(
    `campaign` String,
    `id` String,
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = MergeTree
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE campaigns
(
    `campaign` String,
    `id` String,
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = MergeTree
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE carriers
(
    `campaign` String,
    `id` String,
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = MergeTree
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE credentials
(
    `person` String,
    `hash` String COMMENT 'argon2id in the PHC string format',
    `recorded_at` DateTime64(6, 'UTC'),
    `recorded_by` String,
    `temporary` UInt8 COMMENT '1: set by somebody else, to be changed at the first sign-in'
)
ENGINE = MergeTree
ORDER BY (person, recorded_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE dossiers
(
    `campaign` String,
    `id` String,
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = MergeTree
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE drafts
(
    `campaign` String,
    `id` String,
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = MergeTree
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE inspections
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
ENGINE = ReplacingMergeTree
ORDER BY (campaign, placement, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE inspector_links
(
    `campaign` String,
    `id` String,
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing; of the address only a hash, in sessions',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = MergeTree
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE link_tokens
(
    `hash` FixedString(64) COMMENT 'SHA-256 of the token, hex',
    `campaign` String,
    `link` String,
    `number` UInt32 COMMENT 'of the slip, from 1',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String
)
ENGINE = MergeTree
ORDER BY hash
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE links
(
    `campaign` String,
    `id` String,
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = MergeTree
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE looks
(
    `account` String,
    `campaign` String,
    `since` DateTime64(3, 'UTC') COMMENT 'what was recorded after it is new to the account',
    `seen_at` DateTime64(3, 'UTC') COMMENT 'since when it looks; the next since',
    `recorded_at` DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(recorded_at)
ORDER BY (account, campaign)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE mappings
(
    `campaign` String,
    `id` String COMMENT 'hash of the questionnaire and the headings',
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = MergeTree
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE people
(
    `campaign` String COMMENT 'empty: may act in every campaign',
    `id` String,
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = MergeTree
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE photo_revisions
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
ENGINE = ReplacingMergeTree
ORDER BY (campaign, placement, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE photos
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
ENGINE = ReplacingMergeTree(revision)
ORDER BY (campaign, placement, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE MATERIALIZED VIEW photos_kept TO photo_revisions
(
    `campaign` LowCardinality(String),
    `id` UUID,
    `revision` UInt32,
    `placement` UUID,
    `unit` LowCardinality(String),
    `state` LowCardinality(String),
    `note` String,
    `sha256` FixedString(64),
    `dhash` UInt64,
    `phash` UInt64,
    `format` LowCardinality(String),
    `width` UInt32,
    `height` UInt32,
    `bytes` UInt64,
    `file` String,
    `source` LowCardinality(String),
    `taken_at` Nullable(DateTime64(3, 'UTC')),
    `longitude` Nullable(Float64),
    `latitude` Nullable(Float64),
    `datum` LowCardinality(String),
    `accuracy_m` Nullable(Float64),
    `distance_m` Nullable(Float64),
    `device` String,
    `grade` LowCardinality(String),
    `reasons` Array(LowCardinality(String)),
    `twins` Array(UUID),
    `proves_on` Date,
    `recorded_on` Date,
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String
)
AS SELECT *
FROM photos;

CREATE TABLE placement_revisions
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
    `recorded_by` String,
    `reason` String COMMENT 'why the state changed: a code of the list of reasons, or empty',
    `note` String COMMENT 'why, in the words of who changed the state',
    `permit` String COMMENT 'number of the permit, where the carrier needs one',
    `permit_until` Nullable(Date) COMMENT 'last day of the permit',
    `hoarding_m2` Nullable(Float64) COMMENT 'whole area of the hoarding; area_m2 is the part with publicity'
)
ENGINE = ReplacingMergeTree
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE placements
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
    `recorded_by` String,
    `reason` String COMMENT 'why the state changed: a code of the list of reasons, or empty',
    `note` String COMMENT 'why, in the words of who changed the state',
    `permit` String COMMENT 'number of the permit, where the carrier needs one',
    `permit_until` Nullable(Date) COMMENT 'last day of the permit',
    `hoarding_m2` Nullable(Float64) COMMENT 'whole area of the hoarding; area_m2 is the part with publicity'
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (campaign, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE MATERIALIZED VIEW placements_current TO placements
(
    `campaign` LowCardinality(String),
    `id` UUID,
    `revision` UInt32,
    `task` LowCardinality(String),
    `unit` LowCardinality(String),
    `carrier` LowCardinality(String),
    `carrier_text` String,
    `place` String,
    `quantity` Float64,
    `measure` LowCardinality(String),
    `area_m2` Nullable(Float64),
    `size` String,
    `start` Date,
    `end` Nullable(Date),
    `longitude` Nullable(Float64),
    `latitude` Nullable(Float64),
    `datum` LowCardinality(String),
    `remark` String,
    `state` LowCardinality(String),
    `again` UInt16,
    `fingerprint` FixedString(32),
    `batch` UUID,
    `file` String,
    `sheet` String,
    `row` UInt32,
    `recorded_on` Date,
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `reason` String,
    `note` String,
    `permit` String,
    `permit_until` Nullable(Date),
    `hoarding_m2` Nullable(Float64)
)
AS SELECT *
FROM placement_revisions;

CREATE TABLE questionnaire_drafts
(
    `campaign` String,
    `id` String COMMENT 'of the questionnaire: it has one draft at a time',
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = MergeTree
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE questionnaire_states
(
    `campaign` String,
    `id` String COMMENT 'of the questionnaire',
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = MergeTree
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE questionnaires
(
    `campaign` String,
    `id` String,
    `revision` UInt32 COMMENT 'the version that answers keep',
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = MergeTree
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE response_revisions
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
    `recorded_by` String,
    `area` LowCardinality(String) COMMENT 'of the city, a code of the wave',
    `reason` String COMMENT 'why it does not count: a code or words',
    `late` UInt8 COMMENT '1: came after the wave was closed, and is in no figure',
    `young` UInt8 COMMENT '1: under 14, met the shorter form',
    `seconds` UInt32 COMMENT 'from the first page to the last, as the client tells',
    `link` LowCardinality(String) COMMENT 'of the public page it came by',
    `device` String COMMENT 'hash that tells one device, and nothing of it',
    `unclear` Array(LowCardinality(String)) COMMENT 'questions whose answer on the paper could not be read'
)
ENGINE = ReplacingMergeTree
ORDER BY (campaign, wave, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 10485760, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 131072, vertical_merge_algorithm_min_columns_to_activate = 11, index_granularity = 8192, merge_selector_base = 20;

CREATE TABLE response_signals
(
    `campaign` LowCardinality(String),
    `wave` LowCardinality(String),
    `link` LowCardinality(String),
    `response` UUID,
    `signal` LowCardinality(String),
    `recorded_at` DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (campaign, wave, link, response)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE responses
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
    `recorded_by` String,
    `area` LowCardinality(String) COMMENT 'of the city, a code of the wave',
    `reason` String COMMENT 'why it does not count: a code or words',
    `late` UInt8 COMMENT '1: came after the wave was closed, and is in no figure',
    `young` UInt8 COMMENT '1: under 14, met the shorter form',
    `seconds` UInt32 COMMENT 'from the first page to the last, as the client tells',
    `link` LowCardinality(String) COMMENT 'of the public page it came by',
    `device` String COMMENT 'hash that tells one device, and nothing of it',
    `unclear` Array(LowCardinality(String)) COMMENT 'questions whose answer on the paper could not be read'
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (campaign, wave, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 10485760, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 131072, vertical_merge_algorithm_min_columns_to_activate = 11, index_granularity = 8192, merge_selector_base = 20;

CREATE MATERIALIZED VIEW responses_current TO responses
(
    `campaign` LowCardinality(String),
    `wave` LowCardinality(String),
    `id` UUID,
    `revision` UInt32,
    `questionnaire` LowCardinality(String),
    `version` UInt32,
    `stratum` LowCardinality(String),
    `unit` LowCardinality(String),
    `distributor` LowCardinality(String),
    `number` String,
    `mode` LowCardinality(String),
    `disposition` LowCardinality(String),
    `choices` Map(LowCardinality(String), Array(LowCardinality(String))),
    `numbers` Map(LowCardinality(String), Float64),
    `texts` Map(LowCardinality(String), String),
    `fingerprint` FixedString(32),
    `batch` UUID,
    `file` String,
    `sheet` String,
    `row` UInt32,
    `answered_on` Nullable(Date),
    `recorded_on` Date,
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `area` LowCardinality(String),
    `reason` String,
    `late` UInt8,
    `young` UInt8,
    `seconds` UInt32,
    `link` LowCardinality(String),
    `device` String,
    `unclear` Array(LowCardinality(String))
)
AS SELECT *
FROM response_revisions;

CREATE TABLE run_results
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
ENGINE = MergeTree
ORDER BY (campaign, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE runs
(
    `campaign` String,
    `id` String,
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = MergeTree
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE scans
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
ENGINE = ReplacingMergeTree
ORDER BY (campaign, wave, number, sha256, page)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE schema_migrations
(
    `number` UInt32,
    `name` String,
    `sha256` String,
    `applied_at` DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(applied_at)
ORDER BY number
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE second_entries
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
ENGINE = ReplacingMergeTree(revision)
ORDER BY (campaign, wave, response)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE MATERIALIZED VIEW second_entries_kept TO second_entry_revisions
(
    `campaign` LowCardinality(String),
    `wave` LowCardinality(String),
    `response` UUID,
    `revision` UInt32,
    `id` UUID,
    `number` String,
    `distributor` LowCardinality(String),
    `first_by` LowCardinality(String),
    `second_by` LowCardinality(String),
    `body` String,
    `compared` Array(LowCardinality(String)),
    `differing` Array(LowCardinality(String)),
    `settled` UInt8,
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID
)
AS SELECT *
FROM second_entries;

CREATE TABLE second_entry_revisions
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
ENGINE = ReplacingMergeTree
ORDER BY (campaign, wave, response, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE sessions
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
    `recorded_by` String,
    `address` String COMMENT 'of the client that started it',
    `device` String COMMENT 'the browser in its own words, cut short'
)
ENGINE = MergeTree
ORDER BY (hash, recorded_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE sheets
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
ENGINE = MergeTree
ORDER BY (campaign, wave, number, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE spot_checks
(
    `campaign` String,
    `id` String,
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = MergeTree
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE spot_findings
(
    `campaign` String,
    `id` String COMMENT 'check, slash, number of the point',
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = MergeTree
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE tasks
(
    `campaign` String,
    `id` String,
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = MergeTree
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE units
(
    `campaign` String,
    `id` String,
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = MergeTree
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;

CREATE TABLE waves
(
    `campaign` String,
    `id` String,
    `revision` UInt32,
    `body` String COMMENT 'JSON of the thing',
    `recorded_at` DateTime64(3, 'UTC'),
    `recorded_by` String,
    `write` UUID COMMENT 'tells two writers of one revision apart'
)
ENGINE = MergeTree
ORDER BY (campaign, id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3, index_granularity = 8192;
