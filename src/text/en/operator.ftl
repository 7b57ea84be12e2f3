# What whoever runs askwell reads in a terminal or a log: what happened, and what to do about it.

configuration-complete = The configuration is complete.

## Answers that could not be delivered

no-dead-letters = There is no answer that could not be delivered.
more-dead-letters = … and there are more.
dead-letters-revived = { $count ->
    [one] One answer will be tried again.
   *[other] { $count } answers will be tried again.
}
no-such-dead-letter = No answer that could not be delivered has the id { $id }. `askwell dead list` shows them.
no-such-model = No model is called { $id }. There are: { $known }
not-a-quoted-id = { $id } is not an id to quote, which has 10 digits of 0-9 and a-f.
undeliverable-refused = Mattermost did not let it be posted
undeliverable-out-of-reach = it could not be posted to Mattermost for a day
undeliverable-deadly = the process died over it again and again
undeliverable-unknown = it is not known why

## Where askwell cannot start

directory-missing = The directory of the database is missing: { $path }
directory-missing-remedy = Create the directory, or name another file in ASKWELL_DATABASE (sqlite:PATH).
file-refused = The database file cannot be opened: { $path }
file-refused-remedy = Give the user askwell runs as the right to read and write the file and its directory.
served-already = Another askwell serves this database file: { $path }
served-already-remedy = Stop the other process, or give this one a file of its own. Several processes can share a PostgreSQL database.
damaged = The database file is damaged, or is no database: { $path }
damaged-remedy = Restore it from a backup, or move it and the -wal and -shm files beside it away to begin with an empty database.
seal-key-missing = Texts in the database are sealed with keys that are not given: { $names }
seal-key-missing-remedy = Give the key as database.seal_key (ASKWELL_SEAL_KEY), or one of before in database.seal_keys_old, until `askwell keys rotate` is done. Nothing was changed. Without the key these texts cannot be read by anybody.
newer-database = Another version of askwell made this database (migration { $version }).
newer-database-remedy = Run the newer version of askwell again, or restore a backup from before the upgrade.
address-unreadable = The address of the database cannot be read.
address-unreadable-remedy = Write it as postgres://USER:PASSWORD@HOST:5432/DATABASE, with special characters of the password percent-encoded.
database-unreachable = The database server cannot be reached.
database-unreachable-remedy = Check host and port in ASKWELL_DATABASE, that PostgreSQL runs, and that no firewall is between.
login-refused = The database server does not let us log in.
login-refused-remedy = Check user and password in ASKWELL_DATABASE, and pg_hba.conf on the server.
database-missing = The server has no such database.
database-missing-remedy = Create it with CREATE DATABASE, or correct its name in ASKWELL_DATABASE.
database-unusable = The database cannot be prepared.
database-unusable-remedy = Check that the disk has space, that the database is not read-only, and that the user may create tables in it.
store-failed = The database cannot be used.
store-failed-remedy = Check that the disk has space and that the database can be written.
mattermost-unasked = Mattermost could not be asked.
mattermost-unasked-remedy = Check with `askwell doctor` that the server can be reached and takes the bot's token.
no-tls = Encrypted connections cannot be set up.
no-tls-remedy = Install the system's certificate authorities (on Debian the package ca-certificates).
model-way = A model's certificates or its proxy cannot be used.
model-way-remedy = Look at ca_file, client_certificate_file and proxy in [model] and [[models]]; the log says which.
template-broken = The template of answers cannot be used.
template-broken-remedy = Correct answer.template in askwell.toml.
cannot-listen = askwell cannot listen on { $address }.
cannot-listen-remedy = See whether another process is there, or name another port in ASKWELL_LISTEN.
no-log = The log cannot be written.
no-log-remedy = Correct log.level in askwell.toml.
died = A task of askwell died of a defect, so the process ended.
died-remedy = Start it again, and report the error before this one.
system-refused = The operating system does not give the process what it needs.
system-refused-remedy = Raise the number of processes and files that this user may have (ulimit).
