-- +goose Up
-- What owners of accounts were asked about incidents. Rows are signed as decisions are; an answer
-- is an event of its incident.
CREATE TABLE question (
    hash     BLOB PRIMARY KEY, -- of the token, SHA-256
    incident INTEGER NOT NULL REFERENCES incident (id) ON DELETE CASCADE,
    hook     TEXT    NOT NULL, -- that brought the link
    asked    INTEGER NOT NULL,
    until    INTEGER NOT NULL,
    answer   TEXT    NOT NULL, -- '', claimed, denied
    answered INTEGER NOT NULL,
    signature TEXT   NOT NULL
) WITHOUT ROWID;
CREATE INDEX question_incident ON question (incident, asked);
