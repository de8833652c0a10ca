-- Links of the public page: the definition, and the tokens of its addresses by their hash.
CREATE TABLE IF NOT EXISTS {{local "links"}} {{onCluster}} (
    campaign String,
    id String,
    revision UInt32,
    body String COMMENT 'JSON of the thing',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String,
    write UUID COMMENT 'tells two writers of one revision apart'
) ENGINE = {{engine "MergeTree"}} ORDER BY (campaign, id, revision) SETTINGS {{durable}};
{{distributed "links" "cityHash64(id)"}};

CREATE TABLE IF NOT EXISTS {{local "link_tokens"}} {{onCluster}} (
    hash FixedString(64) COMMENT 'SHA-256 of the token, hex',
    campaign String,
    link String,
    number UInt32 COMMENT 'of the slip, from 1',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String
) ENGINE = {{engine "MergeTree"}} ORDER BY hash SETTINGS {{durable}};
{{distributed "link_tokens" "cityHash64(hash)"}};

-- What was odd about a response of the public page. Nothing is refused for it.
CREATE TABLE IF NOT EXISTS {{local "response_signals"}} {{onCluster}} (
    campaign LowCardinality(String),
    wave LowCardinality(String),
    link LowCardinality(String),
    response UUID,
    signal LowCardinality(String),
    recorded_at DateTime64(3, 'UTC')
) ENGINE = {{engine "MergeTree"}} ORDER BY (campaign, wave, link, response) SETTINGS {{durable}};
{{distributed "response_signals" "cityHash64(response)"}};
