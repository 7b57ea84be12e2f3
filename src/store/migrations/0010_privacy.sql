-- What is erased of what people wrote, and with which keys the rest is sealed. Adds columns that may be empty or are constant, so that
-- no table is rewritten; locks each table for that moment, and questions while two indexes are made.

-- When its texts were erased; what is left of it are ids, counts and times.
ALTER TABLE questions ADD COLUMN erased_at BIGINT;
-- What somebody who wants to be forgotten has asked.
CREATE INDEX questions_asker ON questions (server_id, asker_id) WHERE erased_at IS NULL AND asker_id IS NOT NULL;
CREATE INDEX questions_erased ON questions (erased_at) WHERE erased_at IS NOT NULL;

-- Whether its question's texts are erased in the moment when it ends.
ALTER TABLE jobs ADD COLUMN erase_when_ended BIGINT NOT NULL DEFAULT 0;

-- When what was erased was last made to be gone from the disk, in one row.
CREATE TABLE scrubs (
    id       BIGINT NOT NULL PRIMARY KEY,
    -- When somebody began with it, so that one process at a time does it.
    begun_at BIGINT NOT NULL,
    -- When that was begun which was done to its end.
    done_at  BIGINT NOT NULL
);

INSERT INTO scrubs (id, begun_at, done_at) VALUES (1, 0, 0);

-- The keys with which something may be sealed, by their names; the keys themselves are not here.
CREATE TABLE seals (
    -- 12 hexadecimal digits
    key_id     TEXT   NOT NULL PRIMARY KEY,
    used_since BIGINT NOT NULL
) /* WITHOUT ROWID */;
