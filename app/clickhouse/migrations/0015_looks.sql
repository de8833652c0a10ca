-- Where an account's eyes have got to in a campaign, so that its overview can say what is new
-- to it. Only the last is kept: it serves the one who looks, and is no record of attendance.
CREATE TABLE IF NOT EXISTS {{local "looks"}} {{onCluster}} (
    account String,
    campaign String,
    since DateTime64(3, 'UTC') COMMENT 'what was recorded after it is new to the account',
    seen_at DateTime64(3, 'UTC') COMMENT 'since when it looks; the next since',
    recorded_at DateTime64(3, 'UTC')
) ENGINE = {{engine "ReplacingMergeTree" "recorded_at"}} ORDER BY (account, campaign) SETTINGS {{durable}};
{{distributed "looks" "cityHash64(account)"}};
