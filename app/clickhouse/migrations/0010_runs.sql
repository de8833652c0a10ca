-- Analyses that were made once and are kept: what went in.
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

-- How they ended, and what they came to.
CREATE TABLE IF NOT EXISTS {{local "run_results"}} {{onCluster}} (
    campaign String,
    id String,
    state LowCardinality(String) COMMENT 'done, cancelled, failed',
    reason String COMMENT 'why it was not done',
    sha256 String COMMENT 'of the body, hex',
    body String COMMENT 'JSON of the results, byte for byte',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String
) ENGINE = {{engine "MergeTree"}} ORDER BY (campaign, id) SETTINGS {{durable}};
{{distributed "run_results" "cityHash64(id)"}};
