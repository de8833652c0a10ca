-- Where a session was started, for the person's own list; and a password that somebody
-- else has set, to be changed at the first sign-in. Invitations are sessions of the kind
-- invitation: an opaque token, hashed, that ends.
ALTER TABLE {{local "sessions"}} {{onCluster}}
    ADD COLUMN IF NOT EXISTS address String COMMENT 'of the client that started it',
    ADD COLUMN IF NOT EXISTS device String COMMENT 'the browser in its own words, cut short';
{{distributedColumns "sessions" "address String" "device String"}};
ALTER TABLE {{local "credentials"}} {{onCluster}}
    ADD COLUMN IF NOT EXISTS temporary UInt8 COMMENT '1: set by somebody else, to be changed at the first sign-in';
{{distributedColumns "credentials" "temporary UInt8"}};
