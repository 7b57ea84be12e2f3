-- How answers came about: a row for each run of the models over a question. Creates a table only, so it locks nothing that exists.

CREATE TABLE runs (
    question_id       TEXT   NOT NULL,
    begun_at          BIGINT NOT NULL,
    -- The route or model that was chosen, where one was.
    asked             TEXT,
    -- The model that answered, by its name in the configuration, and as its server names it.
    target            TEXT,
    model             TEXT,
    -- The calls that failed: [{"target": …, "failure": …, "after_ms": …}].
    attempts          TEXT   NOT NULL,
    first_token_ms    BIGINT,
    whole_ms          BIGINT NOT NULL,
    prompt_tokens     BIGINT NOT NULL,
    completion_tokens BIGINT NOT NULL,
    cached_tokens     BIGINT NOT NULL,
    reasoning_tokens  BIGINT NOT NULL,
    -- stop, length, content_filter, tool_calls, unsaid
    finish            TEXT,
    PRIMARY KEY (question_id, begun_at)
) /* WITHOUT ROWID */;
