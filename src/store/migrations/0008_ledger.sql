-- What calls of models may use, have used and cost. Creates tables only, so it locks nothing that exists.
--
-- Money is counted in nano-dollars. Days are those of the installation's calendar, as 2026-11-28.

-- How each account of each budget stands in each of its periods.
CREATE TABLE balances (
    server_id TEXT   NOT NULL,
    budget    TEXT   NOT NULL,
    -- Whose account it is: an id or a name; empty where it is everybody's.
    subject   TEXT   NOT NULL,
    period    TEXT   NOT NULL,
    reserved  BIGINT NOT NULL,
    spent     BIGINT NOT NULL,
    granted   BIGINT NOT NULL,
    -- The question whose answer carries the warning, once there is one.
    warned_by TEXT,
    PRIMARY KEY (server_id, budget, period, subject)
) /* WITHOUT ROWID */;

-- What is reserved and not settled: by a call, or by a generation of an answer (its question's id, a colon, and its number).
CREATE TABLE claims (
    holder    TEXT   NOT NULL,
    server_id TEXT   NOT NULL,
    budget    TEXT   NOT NULL,
    subject   TEXT   NOT NULL,
    period    TEXT   NOT NULL,
    -- requests, tokens, money
    metered   TEXT   NOT NULL,
    amount    BIGINT NOT NULL,
    PRIMARY KEY (holder, budget, subject)
) /* WITHOUT ROWID */;

-- The ledger: every call of a model, before it is made and after.
CREATE TABLE calls (
    id                TEXT   NOT NULL PRIMARY KEY,
    question_id       TEXT   NOT NULL,
    generation        BIGINT NOT NULL,
    server_id         TEXT   NOT NULL,
    -- The lease under which it was begun; absent where there was none.
    lease_token       TEXT,
    person_id         TEXT   NOT NULL,
    person_name       TEXT   NOT NULL,
    channel_id        TEXT   NOT NULL,
    channel_name      TEXT   NOT NULL,
    team_id           TEXT   NOT NULL,
    agent             TEXT   NOT NULL,
    target            TEXT   NOT NULL,
    day               TEXT   NOT NULL,
    begun_at          BIGINT NOT NULL,
    reserved_prompt   BIGINT NOT NULL,
    reserved_answer   BIGINT NOT NULL,
    -- What all of that would cost; absent where no price is known.
    reserved_cost     BIGINT,
    -- report, estimate, reservation, nothing; absent, like all that follows, until it is settled.
    settled_by        TEXT,
    settled_at        BIGINT,
    model             TEXT,
    prompt_tokens     BIGINT,
    completion_tokens BIGINT,
    cached_tokens     BIGINT,
    reasoning_tokens  BIGINT,
    cost              BIGINT,
    -- By how much it used more than was reserved.
    excess_tokens     BIGINT,
    excess_cost       BIGINT
) /* WITHOUT ROWID */;

CREATE INDEX calls_question ON calls (question_id, generation);
CREATE INDEX calls_unsettled ON calls (begun_at) WHERE settled_by IS NULL;

-- What was used, a row for each day and each of a dimension; as exact as the calls that it sums.
CREATE TABLE usage (
    server_id         TEXT   NOT NULL,
    -- total, person, channel, team, agent, model
    dimension         TEXT   NOT NULL,
    day               TEXT   NOT NULL,
    subject           TEXT   NOT NULL,
    -- What the account or channel was called last; else the subject again.
    name              TEXT   NOT NULL,
    questions         BIGINT NOT NULL,
    calls             BIGINT NOT NULL,
    prompt_tokens     BIGINT NOT NULL,
    completion_tokens BIGINT NOT NULL,
    cached_tokens     BIGINT NOT NULL,
    reasoning_tokens  BIGINT NOT NULL,
    cost              BIGINT NOT NULL,
    PRIMARY KEY (server_id, dimension, day, subject)
) /* WITHOUT ROWID */;

-- The same, a row for each month, written with those of days.
CREATE TABLE usage_months (
    server_id         TEXT   NOT NULL,
    dimension         TEXT   NOT NULL,
    -- As 2026-11.
    month             TEXT   NOT NULL,
    subject           TEXT   NOT NULL,
    name              TEXT   NOT NULL,
    questions         BIGINT NOT NULL,
    calls             BIGINT NOT NULL,
    prompt_tokens     BIGINT NOT NULL,
    completion_tokens BIGINT NOT NULL,
    cached_tokens     BIGINT NOT NULL,
    reasoning_tokens  BIGINT NOT NULL,
    cost              BIGINT NOT NULL,
    PRIMARY KEY (server_id, dimension, month, subject)
) /* WITHOUT ROWID */;

-- Those that cost most, of the dimensions in which there are many; of the others all are read, and nothing more is written.
CREATE INDEX usage_ranked ON usage (server_id, dimension, day, cost DESC, (prompt_tokens + completion_tokens) DESC, subject)
WHERE dimension IN ('person', 'channel');
CREATE INDEX usage_months_ranked ON usage_months (server_id, dimension, month, cost DESC, (prompt_tokens + completion_tokens) DESC, subject)
WHERE dimension IN ('person', 'channel');

-- The name of the budget that was used up when the question was admitted.
ALTER TABLE jobs ADD COLUMN over_budget TEXT;
