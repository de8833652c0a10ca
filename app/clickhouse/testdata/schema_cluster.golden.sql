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

