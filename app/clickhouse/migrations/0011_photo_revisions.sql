-- What held at an instant: every revision of a photo and of a second entry stays, as those of
-- placements and responses do. Rows of one revision collapse.
CREATE TABLE IF NOT EXISTS {{local "photo_revisions"}} {{onCluster}}
    AS {{local "photos"}}
    ENGINE = {{engine "ReplacingMergeTree"}} ORDER BY (campaign, placement, id, revision) SETTINGS {{durable}};
{{distributed "photo_revisions" "cityHash64(placement)"}};

CREATE TABLE IF NOT EXISTS {{local "second_entry_revisions"}} {{onCluster}}
    AS {{local "second_entries"}}
    ENGINE = {{engine "ReplacingMergeTree"}} ORDER BY (campaign, wave, response, revision) SETTINGS {{durable}};
{{distributed "second_entry_revisions" "cityHash64(response)"}};

CREATE MATERIALIZED VIEW IF NOT EXISTS photos_kept {{onCluster}} TO {{local "photo_revisions"}}
    AS SELECT * FROM {{local "photos"}};
CREATE MATERIALIZED VIEW IF NOT EXISTS second_entries_kept {{onCluster}} TO {{local "second_entry_revisions"}}
    AS SELECT * FROM {{local "second_entries"}};

-- What came before this file; sent twice it collapses.
INSERT INTO photo_revisions SELECT * FROM photos;
INSERT INTO second_entry_revisions SELECT * FROM second_entries;
