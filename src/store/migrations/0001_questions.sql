-- Everything the spine remembers. Creates tables only, so it locks nothing that exists.
--
-- One text for SQLite and PostgreSQL. Times are microseconds since the Unix epoch, 128-bit numbers 32 hexadecimal digits,
-- truths 0 or 1. Every row names its Mattermost server, but for write_checks, which is about no server.
--
-- SQLite reads WITHOUT ROWID where it stands in a comment: it then keeps a table in its primary key alone, which spares a page
-- a row. PostgreSQL knows no such thing.

CREATE TABLE questions (
    id                    TEXT   NOT NULL PRIMARY KEY,
    server_id             TEXT   NOT NULL,
    event_key             TEXT   NOT NULL,
    -- How it came: command, outgoing_hook, post, by_hand; absent columns do not apply.
    origin                TEXT   NOT NULL,
    team_id               TEXT,
    channel_id            TEXT,
    channel_name          TEXT,
    -- open, private, direct, group
    channel_kind          TEXT,
    thread_id             TEXT,
    post_id               TEXT,
    response_id           TEXT,
    asker_id              TEXT,
    asker_name            TEXT   NOT NULL,
    text                  TEXT   NOT NULL,
    audience              TEXT   NOT NULL,
    -- How it is answered: bot, direct, response, webhook, inline; absent columns do not apply.
    delivery              TEXT   NOT NULL,
    delivery_channel_id   TEXT,
    delivery_root_id      TEXT,
    delivery_user_id      TEXT,
    delivery_response_id  TEXT,
    delivery_audience     TEXT,
    delivery_channel_name TEXT,
    conversation          TEXT   NOT NULL,
    asked_at              BIGINT NOT NULL,
    deadline              BIGINT NOT NULL,
    -- The conclusion: all absent, or all present but model.
    outcome               TEXT,
    is_turn               BIGINT,
    answer                TEXT,
    texts                 TEXT,
    prompt_tokens         BIGINT,
    completion_tokens     BIGINT,
    cached_tokens         BIGINT,
    reasoning_tokens      BIGINT,
    model                 TEXT,
    concluded_at          BIGINT
);

CREATE UNIQUE INDEX questions_event ON questions (server_id, event_key);
-- Who has addressed the bot in which thread.
CREATE INDEX questions_thread ON questions (thread_id, asker_id) WHERE channel_kind IS NOT NULL AND thread_id IS NOT NULL;
CREATE INDEX questions_turn ON questions (server_id, conversation, concluded_at) WHERE is_turn = 1;

CREATE TABLE jobs (
    question_id    TEXT   NOT NULL PRIMARY KEY REFERENCES questions (id),
    server_id      TEXT   NOT NULL,
    lane           TEXT   NOT NULL,
    seq            BIGINT NOT NULL,
    -- ready, run, done, dead
    state          TEXT   NOT NULL,
    -- Not before this time; 0 until the first retry, so that a clock that jumps back delays no new question.
    run_at         BIGINT NOT NULL,
    -- How often it was claimed, and how often that ended by a death.
    attempt        BIGINT NOT NULL,
    deaths         BIGINT NOT NULL DEFAULT 0,
    stop_requested BIGINT NOT NULL,
    -- The lease: all absent unless the state is run.
    lease_token    TEXT,
    lease_until    BIGINT,
    worker         TEXT,
    ended_at       BIGINT,
    -- Why it is dead: refused, out_of_reach, deadly, and what Mattermost said last; absent in every other state.
    buried_for     TEXT,
    burial_detail  TEXT
) /* WITHOUT ROWID */;

-- Claims look at unfinished jobs only; without partial indexes they slow down with every question ever answered.
CREATE INDEX jobs_unfinished ON jobs (question_id) WHERE state IN ('ready', 'run');
CREATE UNIQUE INDEX jobs_lane ON jobs (server_id, lane, seq) WHERE state IN ('ready', 'run');
CREATE INDEX jobs_dead ON jobs (question_id) WHERE state = 'dead';

-- Counts and locks lanes on PostgreSQL, where several write; empty on SQLite, where one does.
CREATE TABLE lanes (
    server_id TEXT   NOT NULL,
    lane      TEXT   NOT NULL,
    next_seq  BIGINT NOT NULL,
    PRIMARY KEY (server_id, lane)
) /* WITHOUT ROWID */;

CREATE TABLE conversations (
    server_id    TEXT   NOT NULL,
    conversation TEXT   NOT NULL,
    afresh_at    BIGINT NOT NULL,
    PRIMARY KEY (server_id, conversation)
) /* WITHOUT ROWID */;

CREATE TABLE parts (
    question_id TEXT   NOT NULL REFERENCES questions (id),
    part        BIGINT NOT NULL,
    server_id   TEXT   NOT NULL,
    channel_id  TEXT   NOT NULL,
    root_id     TEXT,
    pending     TEXT   NOT NULL,
    anchor_id   TEXT,
    intended_at BIGINT NOT NULL,
    post_id     TEXT,
    PRIMARY KEY (question_id, part)
) /* WITHOUT ROWID */;

-- How far each channel was heard: all posts up to a time were taken.
CREATE TABLE cursors (
    server_id  TEXT   NOT NULL,
    channel_id TEXT   NOT NULL,
    -- The server's time, in milliseconds.
    heard_at   BIGINT NOT NULL,
    -- A post from which to read on, old enough that no earlier one can still become visible.
    anchor_id  TEXT,
    PRIMARY KEY (server_id, channel_id)
) /* WITHOUT ROWID */;

CREATE TABLE own_texts (
    server_id  TEXT   NOT NULL,
    channel_id TEXT   NOT NULL,
    digest     TEXT   NOT NULL,
    posted_at  BIGINT NOT NULL,
    PRIMARY KEY (server_id, channel_id, digest)
) /* WITHOUT ROWID */;

CREATE INDEX own_texts_age ON own_texts (posted_at);

CREATE TABLE write_checks (
    id         BIGINT NOT NULL PRIMARY KEY,
    checked_at BIGINT NOT NULL
);
