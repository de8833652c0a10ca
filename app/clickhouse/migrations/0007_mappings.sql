-- How a person reads the columns of files of answers: for the next file of the same headings.
CREATE TABLE IF NOT EXISTS {{local "mappings"}} {{onCluster}} (
    campaign String,
    id String COMMENT 'hash of the questionnaire and the headings',
    revision UInt32,
    body String COMMENT 'JSON of the thing',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String,
    write UUID COMMENT 'tells two writers of one revision apart'
) ENGINE = {{engine "MergeTree"}} ORDER BY (campaign, id, revision) SETTINGS {{durable}};
{{distributed "mappings" "cityHash64(id)"}};
