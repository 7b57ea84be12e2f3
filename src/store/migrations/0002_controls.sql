-- What people do about answers: write them once more, go on with them, say what they think of them. Adds columns, with constants where
-- a value is needed, so that no table is rewritten; locks each table for that moment, and parts while its index is made.

-- Which generation of the answer is the present one.
ALTER TABLE questions ADD COLUMN generation BIGINT NOT NULL DEFAULT 1;
-- Why it is answered once more: regenerate, continue; and what there was before. All absent, or none; absent once that is concluded.
ALTER TABLE questions ADD COLUMN again TEXT;
ALTER TABLE questions ADD COLUMN earlier_answer TEXT;
ALTER TABLE questions ADD COLUMN earlier_outcome TEXT;

-- When a press on a button was last replied to with a text for the answer's post.
ALTER TABLE jobs ADD COLUMN pressed_at BIGINT;

-- The generation of the answer for which the post was made.
ALTER TABLE parts ADD COLUMN generation BIGINT NOT NULL DEFAULT 1;
CREATE INDEX parts_post ON parts (post_id) WHERE post_id IS NOT NULL;

CREATE TABLE votes (
    server_id   TEXT   NOT NULL,
    question_id TEXT   NOT NULL REFERENCES questions (id),
    person_id   TEXT   NOT NULL,
    -- Of which generation of the answer it was said; of an earlier one it no longer counts.
    generation  BIGINT NOT NULL,
    -- up, down
    vote        TEXT   NOT NULL,
    voted_at    BIGINT NOT NULL,
    PRIMARY KEY (question_id, person_id)
) /* WITHOUT ROWID */;

-- With which buttons are signed. Whoever can read these can press buttons for others, as whoever can write here can.
CREATE TABLE signing_keys (
    server_id  TEXT   NOT NULL,
    -- 16 hexadecimal digits
    key_id     TEXT   NOT NULL,
    -- 64 hexadecimal digits
    secret     TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (server_id, key_id)
) /* WITHOUT ROWID */;
