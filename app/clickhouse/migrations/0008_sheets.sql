-- Sheets of paper: each numbered sheet of a wave, from print to archive. A step is the next
-- revision of every sheet that it touches; the newest one holds. That a sheet was entered,
-- its response says.
CREATE TABLE IF NOT EXISTS {{local "sheets"}} {{onCluster}} (
    campaign LowCardinality(String),
    wave LowCardinality(String),
    number String,
    revision UInt32,
    version UInt32 COMMENT 'of the questionnaire that was printed',
    young UInt8 COMMENT '1: the shorter form',
    stratum LowCardinality(String) COMMENT 'for which it was issued',
    area LowCardinality(String),
    distributor LowCardinality(String) COMMENT 'to whom it was issued',
    issued UInt8,
    returned UInt8 COMMENT '1: taken back',
    void UInt8,
    reason String COMMENT 'why it is void',
    archive String COMMENT 'where it is kept',
    step LowCardinality(String) COMMENT 'what made this revision: print, issue, return, void, archive',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String,
    write UUID COMMENT 'tells two writers of one revision apart'
) ENGINE = {{engine "MergeTree"}} ORDER BY (campaign, wave, number, revision) SETTINGS {{durable}};
{{distributed "sheets" "cityHash64(number)"}};

-- Second entries: the same sheet typed by another person who saw nothing of the first.
-- Revision 1 is what was typed and where it differed then; revision 2 says it is settled.
CREATE TABLE IF NOT EXISTS {{local "second_entries"}} {{onCluster}} (
    campaign LowCardinality(String),
    wave LowCardinality(String),
    response UUID COMMENT 'the first entry, which counts',
    revision UInt32,
    id UUID COMMENT 'of this entry, made by the client',
    number String,
    distributor LowCardinality(String) COMMENT 'of the first entry',
    first_by LowCardinality(String),
    second_by LowCardinality(String),
    body String COMMENT 'JSON of the response as it was typed the second time',
    compared Array(LowCardinality(String)) COMMENT 'questions that could differ',
    differing Array(LowCardinality(String)),
    settled UInt8 COMMENT '1: a person has decided; without differences nobody has to',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String,
    write UUID COMMENT 'tells two writers of one revision apart'
) ENGINE = {{engine "ReplacingMergeTree" "revision"}} ORDER BY (campaign, wave, response) SETTINGS {{durable}};
{{distributed "second_entries" "cityHash64(response)"}};

-- Scans of sheets. The picture is a file, kept by its hash.
CREATE TABLE IF NOT EXISTS {{local "scans"}} {{onCluster}} (
    campaign LowCardinality(String),
    wave LowCardinality(String),
    number String COMMENT 'of the sheet',
    id UUID,
    sha256 FixedString(64) COMMENT 'of the original, hex',
    page UInt32 COMMENT 'of a file of several pages, from 1',
    picture FixedString(64) COMMENT 'of the file whose copies are shown: the original, or a page taken out of it',
    file String COMMENT 'name that the sender gave it',
    width UInt32,
    height UInt32,
    unit LowCardinality(String) COMMENT 'of the sender',
    recorded_at DateTime64(3, 'UTC'),
    recorded_by String
) ENGINE = {{engine "ReplacingMergeTree"}} ORDER BY (campaign, wave, number, sha256, page) SETTINGS {{durable}};
{{distributed "scans" "cityHash64(number)"}};

ALTER TABLE {{local "response_revisions"}} {{onCluster}}
    ADD COLUMN IF NOT EXISTS unclear Array(LowCardinality(String)) COMMENT 'questions whose answer on the paper could not be read';
ALTER TABLE {{local "responses"}} {{onCluster}}
    ADD COLUMN IF NOT EXISTS unclear Array(LowCardinality(String)) COMMENT 'questions whose answer on the paper could not be read';
{{distributedColumns "response_revisions" "unclear Array(LowCardinality(String))"}};
{{distributedColumns "responses" "unclear Array(LowCardinality(String))"}};

-- A view keeps the columns that its table had when it was made.
DROP VIEW IF EXISTS responses_current {{onCluster}};
CREATE MATERIALIZED VIEW IF NOT EXISTS responses_current {{onCluster}} TO {{local "responses"}}
    AS SELECT * FROM {{local "response_revisions"}};
