-- What those who look after askwell did, and what the page shows them.

-- Who did what, when: an entry a row, each tied to those before it by a hash.

CREATE TABLE audit (
    seq       BIGINT NOT NULL PRIMARY KEY,
    at        BIGINT NOT NULL,
    -- Empty where the entry is about the whole installation.
    server_id TEXT   NOT NULL,
    -- person:…, operator:…, configuration, askwell
    actor     TEXT   NOT NULL,
    action    TEXT   NOT NULL,
    subject   TEXT   NOT NULL,
    detail    TEXT   NOT NULL,
    -- 64 hexadecimal digits each.
    previous  TEXT   NOT NULL,
    hash      TEXT   NOT NULL
) /* WITHOUT ROWID */;

CREATE INDEX audit_action ON audit (action, seq);

-- The end of the chain, in one row, which whoever appends locks.
CREATE TABLE audit_end (
    id   BIGINT NOT NULL PRIMARY KEY,
    seq  BIGINT NOT NULL,
    hash TEXT   NOT NULL
);

INSERT INTO audit_end (id, seq, hash) VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

-- Entries are appended and nothing else. Whoever owns the database can take these triggers away. The chain then tells of an entry that was
-- changed or is missing, but not of one that was written anew with all that came after it and the end: hashes that were kept elsewhere tell
-- of that, such as those in the log.

-- only SQLite:
/*
CREATE TRIGGER audit_is_not_updated BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is only appended to'); END;

CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is only appended to'); END;
*/

-- only PostgreSQL:
CREATE FUNCTION refuse_to_change_the_audit_trail() RETURNS TRIGGER LANGUAGE plpgsql AS $refuse$
BEGIN RAISE EXCEPTION 'the audit trail is only appended to'; END
$refuse$;

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_the_audit_trail();
-- both:

-- The door of the page for administrators. Of what people show, SHA-256 alone is kept.

CREATE TABLE page_links (
    hash        TEXT   NOT NULL PRIMARY KEY,
    server_id   TEXT   NOT NULL,
    person_id   TEXT   NOT NULL,
    person_name TEXT   NOT NULL,
    until       BIGINT NOT NULL
) /* WITHOUT ROWID */;

CREATE TABLE page_sessions (
    hash        TEXT   NOT NULL PRIMARY KEY,
    server_id   TEXT   NOT NULL,
    person_id   TEXT   NOT NULL,
    person_name TEXT   NOT NULL,
    begun_at    BIGINT NOT NULL,
    seen_at     BIGINT NOT NULL,
    checked_at  BIGINT NOT NULL
) /* WITHOUT ROWID */;

-- What the page counts and lists. These lock questions and runs against writing while they are made: seconds for a million rows.

CREATE INDEX questions_concluded ON questions (server_id, concluded_at, outcome, prompt_tokens, completion_tokens)
WHERE concluded_at IS NOT NULL;
CREATE INDEX questions_failed ON questions (server_id, id) WHERE substr(outcome, 1, 7) = 'failed:';
CREATE INDEX questions_listed ON questions (server_id, id);
CREATE INDEX runs_begun ON runs (begun_at);
