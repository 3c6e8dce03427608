-- +goose Up
-- Releases that need a second reviewer. Rows are signed as decisions are.
CREATE TABLE request (
    id       INTEGER PRIMARY KEY AUTOINCREMENT, -- in the audit log, so never used again
    holds    TEXT    NOT NULL, -- JSON list of ids
    ending   TEXT    NOT NULL, -- of an incident, JSON, '' for none
    mails    INTEGER NOT NULL,
    person   TEXT    NOT NULL,
    by       TEXT    NOT NULL,
    reason   TEXT    NOT NULL,
    asked    INTEGER NOT NULL,
    state    TEXT    NOT NULL, -- '', agreed, refused
    signature TEXT   NOT NULL
);
CREATE INDEX request_open ON request (state, asked);
