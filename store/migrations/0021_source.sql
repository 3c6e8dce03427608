-- +goose Up
-- Several logs may report one attempt (a file and journald, mail.log and syslog): each counts for
-- itself, and a row's counts are the highest. '' is of before: the counts are the next log's.
ALTER TABLE login ADD COLUMN sources TEXT NOT NULL DEFAULT ''; -- JSON: {"mail.log": [backend, front]}
