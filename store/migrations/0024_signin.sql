-- +goose Up
-- What providers tell of sign-ins: where from, on what, and what a rule does.
ALTER TABLE login ADD COLUMN country TEXT NOT NULL DEFAULT ''; -- ISO 3166 code
ALTER TABLE login ADD COLUMN device TEXT NOT NULL DEFAULT '';
ALTER TABLE login ADD COLUMN program TEXT NOT NULL DEFAULT '';
ALTER TABLE login ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE login ADD COLUMN flags INTEGER NOT NULL DEFAULT 0; -- 1 legacy, 2 to outside, 4 hides mail
CREATE TABLE signin_seen ( -- events that were counted, so that none counts twice
    key INTEGER PRIMARY KEY, -- hash of format and event id
    at  INTEGER NOT NULL     -- of the event
);
CREATE INDEX signin_seen_at ON signin_seen (at);
