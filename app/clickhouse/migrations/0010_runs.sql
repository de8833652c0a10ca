-- Analyses that were made once and are kept: what went in, how they ended, what came out.
CREATE TABLE IF NOT EXISTS {{local "runs"}} {{onCluster}} (
    campaign String,
    id String,
    revision UInt32,
    body String COMMENT 'JSON of the thing',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String,
    write UUID COMMENT 'tells two writers of one revision apart'
) ENGINE = {{engine "MergeTree"}} ORDER BY (campaign, id, revision) SETTINGS {{durable}};
{{distributed "runs" "cityHash64(id)"}};

-- What a run came to, whose hash its last revision holds.
CREATE TABLE IF NOT EXISTS {{local "run_results"}} {{onCluster}} (
    campaign String,
    id String,
    body String COMMENT 'JSON of the results, byte for byte',
    recorded_at DateTime64(3, 'UTC')
) ENGINE = {{engine "MergeTree"}} ORDER BY (campaign, id) SETTINGS {{durable}};
{{distributed "run_results" "cityHash64(id)"}};
