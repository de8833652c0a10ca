-- The outline that the office supplies for the map: whose map it is taken from, under which
-- approval. The file itself is kept among the originals.
CREATE TABLE IF NOT EXISTS {{local "boundaries"}} {{onCluster}} (
    campaign String,
    id String,
    revision UInt32,
    body String COMMENT 'JSON of the thing',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String,
    write UUID COMMENT 'tells two writers of one revision apart'
) ENGINE = {{engine "MergeTree"}} ORDER BY (campaign, id, revision) SETTINGS {{durable}};
{{distributed "boundaries" "cityHash64(id)"}};
