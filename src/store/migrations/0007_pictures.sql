-- What was drawn, until it was shown. Adds a column without a value, so that no table is rewritten; locks jobs for that moment.

-- In Base64; of a conclusion that is a turn.
ALTER TABLE jobs ADD COLUMN picture TEXT;
