-- The audit trail as chains (package audit): every event carries the hash of the one
-- before it. Events from before this file have no chain.
ALTER TABLE {{local "audit_events"}} {{onCluster}}
    ADD COLUMN IF NOT EXISTS outcome LowCardinality(String) COMMENT 'success, refused',
    ADD COLUMN IF NOT EXISTS chain UUID COMMENT 'one per running program, zero: from before the chains',
    ADD COLUMN IF NOT EXISTS seq UInt64 COMMENT 'place in the chain, from 1',
    ADD COLUMN IF NOT EXISTS previous String COMMENT 'hash of the event before, of another chain for the first',
    ADD COLUMN IF NOT EXISTS hash String COMMENT 'SHA-256 of the event with its place and previous, hex';

-- A group of events is one insert and must be there as a whole or not at all, so a chain
-- lies on one shard.
{{distributedAnew "audit_events" "cityHash64(chain)"}};
