-- only adds
-- What the statements about waves that are closed came to, so that they needn't be asked again.
-- A place is one of 16,384 that a wave has: what takes it next puts the one before out, so the
-- table stays bounded whatever is asked.
CREATE TABLE IF NOT EXISTS {{local "closed_answers"}} {{onCluster}} (
    campaign LowCardinality(String),
    wave LowCardinality(String),
    place UInt16 COMMENT 'by the question',
    question FixedString(64) COMMENT 'SHA-256 of the statement and the version of the program, hex',
    version String COMMENT 'of the responses that it was asked of',
    sha256 FixedString(64) COMMENT 'of the row, hex',
    body String COMMENT 'rows of the answer, format Native' CODEC(ZSTD(3)),
    recorded_at DateTime64(3, 'UTC')
) ENGINE = {{engine "ReplacingMergeTree" "recorded_at"}} ORDER BY (campaign, wave, place) SETTINGS {{durable}};
{{distributed "closed_answers" "cityHash64(question)"}};
