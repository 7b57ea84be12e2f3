-- What is told of the old turns of a long conversation, in place of them. Creates a table only, so it locks nothing that exists.

CREATE TABLE summaries (
    server_id    TEXT   NOT NULL,
    conversation TEXT   NOT NULL,
    -- The digests of the turns that it tells of, oldest first, with blanks between them.
    covered      TEXT   NOT NULL,
    text         TEXT   NOT NULL,
    made_at      BIGINT NOT NULL,
    PRIMARY KEY (server_id, conversation)
) /* WITHOUT ROWID */;
