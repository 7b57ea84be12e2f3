# What is said about copies of the database, in a terminal.

backup-made = The database was copied to { $path } ({ $bytes } bytes). Keep it as you keep the database: it holds what people asked.
backup-by-pg-dump = PostgreSQL is copied by its own program, while askwell serves: pg_dump --format=custom --dbname=ADDRESS --file={ $path } (the address is that of ASKWELL_DATABASE)
backup-by-pg-restore = PostgreSQL is brought back by its own program, into an empty database and while askwell is stopped: pg_restore --no-owner --dbname=ADDRESS { $path } (the address is that of ASKWELL_DATABASE)
backup-whole = { $path } is whole: { $questions } questions, of which { $waiting } wait for their answer and would be answered, and { $calls } calls of models.
backup-newest = The last thing in it happened at { $time }, { $age } ago. What happened later is not in it.
backup-nothing-in-it = Nobody has asked anything in it.
backup-trail-whole = Its audit trail is as it was written: { $entries } entries, the hash of the last one { $hash }
backup-trail-broken = Its audit trail was tampered with, first at entry { $seq }. Take an older copy, or find out who did it before you use this one.
backup-trail-absent = It is older than the audit trail.
backup-pending = It is of an older version, and is brought up to date when it is opened ({ $migrations } migrations).
backup-restored = { $path } is what the copy was. Start askwell again: it takes up what waited then.
backup-kept = The database that was there is kept as { $path }. Remove it when you no longer need it: it holds what people asked.
backup-exists = { $path } is there already, and is not replaced. Name another file, or remove it.
backup-missing = There is no file { $path }. Is the name right, and the directory the one askwell runs in?
backup-file-refused = { $path } cannot be read or written. Are its directory and its rights those of the user askwell runs as, and is there space?
backup-damaged = { $path } is damaged, or is no database of askwell's. Nothing was changed; take an older copy, and look at each with: askwell restore --check FILE
backup-in-use = { $path } is no copy but a database that is being used: its last changes are in the file beside it. Make a copy of it with: askwell backup FILE
backup-used = { $path } is being used. Stop askwell and whatever else has it open, then try again. Nothing was changed.
backup-newer-database = Another version of askwell made it (migration { $version }). Use that version, or a newer one. Nothing was changed.
backup-copy-failed = { $path } could not be copied. Is there space for as much again, and is the disk well? The line below has what SQLite says.
