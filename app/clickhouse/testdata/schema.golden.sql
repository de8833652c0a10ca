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

CREATE TABLE closed_answers
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
ENGINE = ReplacingMergeTree(recorded_at)
ORDER BY (campaign, wave, place)
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
    `applied_at` DateTime64(3, 'UTC'),
    `only_adds` UInt8
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

CREATE VIEW open.answers
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
DEFINER = default SQL SECURITY DEFINER
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
                FROM responses
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
                    FROM responses
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
                FROM open.waves
                WHERE closed
            )
            GROUP BY
                campaign,
                wave,
                stratum,
                question,
                option
        ) AS counted
        GLOBAL INNER JOIN open.campaigns AS c ON c.campaign = counted.campaign
    )
    WHERE (option != '') AND (answered >= smallest)
);

CREATE VIEW open.campaigns
(
    `campaign` String COMMENT 'id of the campaign',
    `name` String COMMENT 'its name',
    `starts` Nullable(Date) COMMENT 'first day; null: not settled',
    `ends` Nullable(Date) COMMENT 'last day; null: open or not settled',
    `smallest_cell` UInt32 COMMENT 'below how many people a cell of the survey is hidden',
    `demo` UInt8 COMMENT '1: demonstration data'
)
DEFINER = default SQL SECURITY DEFINER
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
        FROM campaigns
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
            FROM campaigns
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

CREATE VIEW open.carriers
(
    `campaign` String COMMENT 'id of the campaign',
    `carrier` String COMMENT 'id of the carrier',
    `name` String COMMENT 'its name'
)
DEFINER = default SQL SECURITY DEFINER
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
        FROM carriers
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
            FROM carriers
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

CREATE VIEW open.inspections
(
    `campaign` LowCardinality(String) COMMENT 'id of the campaign',
    `placement` UUID COMMENT 'id of the placement',
    `unit` LowCardinality(String) COMMENT 'id of the unit',
    `found_on` Date COMMENT 'civil date of the visit',
    `finding` LowCardinality(String) COMMENT 'standing, damaged, gone',
    `defects` Array(LowCardinality(String)) COMMENT 'broken, leaning, incomplete, soiled, faded, dark',
    `due` Nullable(Date) COMMENT 'last day of the repair'
)
DEFINER = default SQL SECURITY DEFINER
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
    FROM inspections
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
        FROM inspections
        FINAL
        WHERE (getSetting('query_cache_tag') != '') AND (campaign = getSetting('query_cache_tag'))
        LIMIT 18446744073709551615
    )
);

CREATE VIEW open.numbers
(
    `campaign` LowCardinality(String) COMMENT 'id of the campaign',
    `wave` LowCardinality(String) COMMENT 'id of the wave, which is closed',
    `stratum` LowCardinality(String) COMMENT 'code of the stratum, empty: none',
    `question` LowCardinality(String) COMMENT 'name of the question',
    `base` Nullable(UInt64) COMMENT 'people of the stratum who answered; null: hidden, too few',
    `mean` Nullable(Float64) COMMENT 'mean of their answers, unweighted; null: hidden, too few',
    `smallest_cell` UInt32 COMMENT 'below how many a cell is hidden'
)
DEFINER = default SQL SECURITY DEFINER
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
            FROM responses
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
                FROM responses
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
            FROM open.waves
            WHERE closed
        )
    ) AS r
    GLOBAL INNER JOIN open.campaigns AS c ON c.campaign = r.campaign
    GROUP BY
        campaign,
        wave,
        stratum,
        question
);

CREATE VIEW open.options
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
DEFINER = default SQL SECURITY DEFINER
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
                FROM questionnaires
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
                    FROM questionnaires
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

CREATE VIEW open.photos
(
    `campaign` LowCardinality(String) COMMENT 'id of the campaign',
    `placement` UUID COMMENT 'id of the placement',
    `unit` LowCardinality(String) COMMENT 'id of the unit',
    `grade` LowCardinality(String) COMMENT 'A, B, C, X: how well it proves',
    `source` LowCardinality(String) COMMENT 'camera, upload',
    `proves_on` Date COMMENT 'the civil date of which it is proof'
)
DEFINER = default SQL SECURITY DEFINER
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
    FROM photos
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
        FROM photos
        FINAL
        WHERE (getSetting('query_cache_tag') != '') AND (campaign = getSetting('query_cache_tag')) AND (state = 'kept')
        LIMIT 18446744073709551615
    )
);

CREATE VIEW open.placements
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
DEFINER = default SQL SECURITY DEFINER
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
    FROM placements
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
        FROM placements
        FINAL
        WHERE (getSetting('query_cache_tag') != '') AND (campaign = getSetting('query_cache_tag'))
        LIMIT 18446744073709551615
    )
);

CREATE VIEW open.questions
(
    `campaign` String COMMENT 'id of the campaign',
    `questionnaire` String COMMENT 'id of the questionnaire',
    `version` UInt32 COMMENT 'its version',
    `position` UInt32 COMMENT 'place in the questionnaire; rows of a matrix share one',
    `question` String COMMENT 'name of the question, or of a row of a matrix',
    `type` LowCardinality(String) COMMENT 'kind of question',
    `label` String COMMENT 'its words'
)
DEFINER = default SQL SECURITY DEFINER
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
            FROM questionnaires
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
                FROM questionnaires
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

CREATE VIEW open.responses_by_day
(
    `campaign` LowCardinality(String) COMMENT 'id of the campaign',
    `wave` LowCardinality(String) COMMENT 'id of the wave',
    `recorded_on` Date COMMENT 'civil date on which they were first recorded',
    `responses` UInt64 COMMENT 'responses that count in figures'
)
DEFINER = default SQL SECURITY DEFINER
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
        FROM response_revisions
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
            FROM response_revisions
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

CREATE VIEW open.responses_by_stratum
(
    `campaign` LowCardinality(String) COMMENT 'id of the campaign',
    `wave` LowCardinality(String) COMMENT 'id of the wave',
    `stratum` LowCardinality(String) COMMENT 'code of the stratum, empty: none',
    `disposition` LowCardinality(String) COMMENT 'complete, partial, refused, ineligible, void, duplicate, or late: came after the end',
    `responses` UInt64 COMMENT 'responses; complete and partial count in figures'
)
DEFINER = default SQL SECURITY DEFINER
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
        FROM responses
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
            FROM responses
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

CREATE VIEW open.strata
(
    `campaign` String COMMENT 'id of the campaign',
    `wave` String COMMENT 'id of the wave',
    `stratum` String COMMENT 'code of the stratum',
    `label` String COMMENT 'its name',
    `quota` UInt32 COMMENT 'responses wanted; 0: none set',
    `population` UInt32 COMMENT 'people who belong to it; 0: not known'
)
DEFINER = default SQL SECURITY DEFINER
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
        FROM waves
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
            FROM waves
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

CREATE VIEW open.targets
(
    `campaign` String COMMENT 'id of the campaign',
    `task` String COMMENT 'code of the task',
    `unit` String COMMENT 'id of the unit, empty: of the task as a whole',
    `carrier` String COMMENT 'id of the carrier, empty: of any',
    `quantity` Float64 COMMENT 'how many are owed',
    `measure` LowCardinality(String) COMMENT 'measure word'
)
DEFINER = default SQL SECURITY DEFINER
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
        FROM tasks
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
            FROM tasks
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

CREATE VIEW open.tasks
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
DEFINER = default SQL SECURITY DEFINER
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
        FROM tasks
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
            FROM tasks
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

CREATE VIEW open.units
(
    `campaign` String COMMENT 'id of the campaign',
    `unit` String COMMENT 'id of the unit',
    `name` String COMMENT 'its name',
    `kind` LowCardinality(String) COMMENT 'bureau, township, company, media, village, collective',
    `parent` String COMMENT 'id of the unit above, empty: none',
    `opened` Nullable(Date) COMMENT 'first day as a unit; null: always',
    `closed` Nullable(Date) COMMENT 'first day as one no more; null: none'
)
DEFINER = default SQL SECURITY DEFINER
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
        FROM units
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
            FROM units
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

CREATE VIEW open.waves
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
DEFINER = default SQL SECURITY DEFINER
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
        FROM waves
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
            FROM waves
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
