-- Dossiers: what goes into one, what the office wrote in it, and how far it is. The sealed
-- file lies in the data folder.
CREATE TABLE IF NOT EXISTS {{local "dossiers"}} {{onCluster}} (
    campaign String,
    id String,
    revision UInt32,
    body String COMMENT 'JSON of the thing',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String,
    write UUID COMMENT 'tells two writers of one revision apart'
) ENGINE = {{engine "MergeTree"}} ORDER BY (campaign, id, revision) SETTINGS {{durable}};
{{distributed "dossiers" "cityHash64(id)"}};
