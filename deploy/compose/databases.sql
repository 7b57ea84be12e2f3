-- askwell's own database, beside Mattermost's; run once, when PostgreSQL makes its files.
CREATE USER askwell PASSWORD 'first-try';
CREATE DATABASE askwell OWNER askwell;
