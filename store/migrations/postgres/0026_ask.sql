-- +goose Up
-- What owners of accounts were asked about incidents. Rows are signed as decisions are; an answer
-- is an event of its incident.
CREATE TABLE question (
    hash     BYTEA PRIMARY KEY, -- of the token, SHA-256
    incident BIGINT NOT NULL REFERENCES incident (id) ON DELETE CASCADE,
    hook     TEXT COLLATE "C"    NOT NULL, -- that brought the link
    asked    BIGINT NOT NULL,
    until    BIGINT NOT NULL,
    answer   TEXT COLLATE "C"    NOT NULL, -- '', claimed, denied
    answered BIGINT NOT NULL,
    signature TEXT COLLATE "C"   NOT NULL
);
CREATE INDEX question_incident ON question (incident, asked);
