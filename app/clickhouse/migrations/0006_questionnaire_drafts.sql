-- Drafts of questionnaires: what is being written, finished or not. A published version
-- stands in questionnaires and is never changed.
CREATE TABLE IF NOT EXISTS {{local "questionnaire_drafts"}} {{onCluster}} (
    campaign String,
    id String COMMENT 'of the questionnaire: it has one draft at a time',
    revision UInt32,
    body String COMMENT 'JSON of the thing',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String,
    write UUID COMMENT 'tells two writers of one revision apart'
) ENGINE = {{engine "MergeTree"}} ORDER BY (campaign, id, revision) SETTINGS {{durable}};
{{distributed "questionnaire_drafts" "cityHash64(id)"}};

-- Whether a questionnaire is closed, with the reason. Without a row it is open.
CREATE TABLE IF NOT EXISTS {{local "questionnaire_states"}} {{onCluster}} (
    campaign String,
    id String COMMENT 'of the questionnaire',
    revision UInt32,
    body String COMMENT 'JSON of the thing',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String,
    write UUID COMMENT 'tells two writers of one revision apart'
) ENGINE = {{engine "MergeTree"}} ORDER BY (campaign, id, revision) SETTINGS {{durable}};
{{distributed "questionnaire_states" "cityHash64(id)"}};
