-- Points drawn to be looked at, and what was found at each; an inspector's links.
CREATE TABLE IF NOT EXISTS {{local "spot_checks"}} {{onCluster}} (
    campaign String,
    id String,
    revision UInt32,
    body String COMMENT 'JSON of the thing',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String,
    write UUID COMMENT 'tells two writers of one revision apart'
) ENGINE = {{engine "MergeTree"}} ORDER BY (campaign, id, revision) SETTINGS {{durable}};
{{distributed "spot_checks" "cityHash64(id)"}};

CREATE TABLE IF NOT EXISTS {{local "spot_findings"}} {{onCluster}} (
    campaign String,
    id String COMMENT 'check, slash, number of the point',
    revision UInt32,
    body String COMMENT 'JSON of the thing',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String,
    write UUID COMMENT 'tells two writers of one revision apart'
) ENGINE = {{engine "MergeTree"}} ORDER BY (campaign, id, revision) SETTINGS {{durable}};
{{distributed "spot_findings" "cityHash64(id)"}};

CREATE TABLE IF NOT EXISTS {{local "inspector_links"}} {{onCluster}} (
    campaign String,
    id String,
    revision UInt32,
    body String COMMENT 'JSON of the thing; of the address only a hash, in sessions',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String,
    write UUID COMMENT 'tells two writers of one revision apart'
) ENGINE = {{engine "MergeTree"}} ORDER BY (campaign, id, revision) SETTINGS {{durable}};
{{distributed "inspector_links" "cityHash64(id)"}};
