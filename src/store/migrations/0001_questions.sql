-- Everything the spine remembers. Creates tables only, so it locks nothing that exists.
--
-- One text for SQLite and PostgreSQL. Times are microseconds since the Unix epoch, 128-bit numbers 32 hexadecimal digits,
-- truths 0 or 1. Every row names its Mattermost server, but for write_checks, which is about no server.

CREATE TABLE questions (
    id                    TEXT   NOT NULL PRIMARY KEY,
    server_id             TEXT   NOT NULL,
    event_key             TEXT   NOT NULL,
    -- How it came: command, outgoing_hook, by_hand; absent columns do not apply.
    origin                TEXT   NOT NULL,
    team_id               TEXT,
    channel_id            TEXT,
    channel_name          TEXT,
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
CREATE INDEX questions_turn ON questions (server_id, conversation, concluded_at) WHERE is_turn = 1;
CREATE INDEX questions_unconcluded ON questions (server_id, channel_id, asker_id) WHERE concluded_at IS NULL;

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
);

-- Claims look at unfinished jobs only; without partial indexes they slow down with every question ever answered.
CREATE INDEX jobs_unfinished ON jobs (question_id) WHERE state IN ('ready', 'run');
CREATE UNIQUE INDEX jobs_lane ON jobs (server_id, lane, seq) WHERE state IN ('ready', 'run');
CREATE INDEX jobs_dead ON jobs (question_id) WHERE state = 'dead';

CREATE TABLE lanes (
    server_id TEXT   NOT NULL,
    lane      TEXT   NOT NULL,
    next_seq  BIGINT NOT NULL,
    PRIMARY KEY (server_id, lane)
);

CREATE TABLE conversations (
    server_id    TEXT   NOT NULL,
    conversation TEXT   NOT NULL,
    afresh_at    BIGINT NOT NULL,
    PRIMARY KEY (server_id, conversation)
);

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
);

CREATE TABLE own_texts (
    server_id  TEXT   NOT NULL,
    channel_id TEXT   NOT NULL,
    digest     TEXT   NOT NULL,
    posted_at  BIGINT NOT NULL,
    PRIMARY KEY (server_id, channel_id, digest)
);

CREATE INDEX own_texts_age ON own_texts (posted_at);

CREATE TABLE write_checks (
    id         BIGINT NOT NULL PRIMARY KEY,
    checked_at BIGINT NOT NULL
);
