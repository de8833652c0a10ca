-- What a response says beside its answers since there are quotas, a public page and a
-- shorter form for the young.
ALTER TABLE {{local "response_revisions"}} {{onCluster}}
    ADD COLUMN IF NOT EXISTS area LowCardinality(String) COMMENT 'of the city, a code of the wave',
    ADD COLUMN IF NOT EXISTS reason String COMMENT 'why it does not count: a code or words',
    ADD COLUMN IF NOT EXISTS late UInt8 COMMENT '1: came after the wave was closed, and is in no figure',
    ADD COLUMN IF NOT EXISTS young UInt8 COMMENT '1: under 14, met the shorter form',
    ADD COLUMN IF NOT EXISTS seconds UInt32 COMMENT 'from the first page to the last, as the client tells',
    ADD COLUMN IF NOT EXISTS link LowCardinality(String) COMMENT 'of the public page it came by',
    ADD COLUMN IF NOT EXISTS device String COMMENT 'hash that tells one device, and nothing of it';
ALTER TABLE {{local "responses"}} {{onCluster}}
    ADD COLUMN IF NOT EXISTS area LowCardinality(String) COMMENT 'of the city, a code of the wave',
    ADD COLUMN IF NOT EXISTS reason String COMMENT 'why it does not count: a code or words',
    ADD COLUMN IF NOT EXISTS late UInt8 COMMENT '1: came after the wave was closed, and is in no figure',
    ADD COLUMN IF NOT EXISTS young UInt8 COMMENT '1: under 14, met the shorter form',
    ADD COLUMN IF NOT EXISTS seconds UInt32 COMMENT 'from the first page to the last, as the client tells',
    ADD COLUMN IF NOT EXISTS link LowCardinality(String) COMMENT 'of the public page it came by',
    ADD COLUMN IF NOT EXISTS device String COMMENT 'hash that tells one device, and nothing of it';
{{distributedColumns "response_revisions" "area LowCardinality(String)" "reason String" "late UInt8" "young UInt8" "seconds UInt32" "link LowCardinality(String)" "device String"}};
{{distributedColumns "responses" "area LowCardinality(String)" "reason String" "late UInt8" "young UInt8" "seconds UInt32" "link LowCardinality(String)" "device String"}};

-- A view keeps the columns that its table had when it was made.
DROP VIEW IF EXISTS responses_current {{onCluster}};
CREATE MATERIALIZED VIEW IF NOT EXISTS responses_current {{onCluster}} TO {{local "responses"}}
    AS SELECT * FROM {{local "response_revisions"}};
