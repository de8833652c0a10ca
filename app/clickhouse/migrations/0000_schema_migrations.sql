-- Which of these files have been applied. This one runs at every start.
CREATE TABLE IF NOT EXISTS schema_migrations {{onCluster}}
(
    number     UInt32,
    name       String,
    sha256     String,
    applied_at DateTime64(3, 'UTC')
)
ENGINE = {{everywhere "ReplacingMergeTree" "applied_at"}}
ORDER BY number
SETTINGS {{durable}};

-- 1: a program of the version before may serve beside it (onlyadds.go).
ALTER TABLE schema_migrations {{onCluster}} ADD COLUMN IF NOT EXISTS only_adds UInt8;
