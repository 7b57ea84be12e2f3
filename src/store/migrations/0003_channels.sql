-- What a channel does otherwise than the installation, as somebody who administers it said; a row for each setting.

CREATE TABLE channel_settings (
    server_id  TEXT   NOT NULL,
    channel_id TEXT   NOT NULL,
    -- prompt, model, temperature, hears, channel_posts, time_zone
    name       TEXT   NOT NULL,
    value      TEXT   NOT NULL,
    -- Whoever said it last, and when.
    set_by     TEXT   NOT NULL,
    set_at     BIGINT NOT NULL,
    PRIMARY KEY (server_id, channel_id, name)
) /* WITHOUT ROWID */;
