-- Whom a question is for: the name of an agent, or `default`. Adds a column that may be empty, so it rewrites no row.

ALTER TABLE questions ADD COLUMN agent TEXT;
