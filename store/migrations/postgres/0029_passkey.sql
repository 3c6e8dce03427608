-- +goose Up
-- Passkeys of reviewers. Rows are signed as reviewers are.
CREATE TABLE passkey (
    id        BYTEA PRIMARY KEY,
    reviewer  TEXT COLLATE "C" NOT NULL REFERENCES reviewer (name) ON DELETE CASCADE,
    label     TEXT COLLATE "C" NOT NULL,
    data      TEXT COLLATE "C" NOT NULL,
    count     BIGINT NOT NULL,
    created   BIGINT NOT NULL,
    used      BIGINT NOT NULL,
    signature TEXT COLLATE "C" NOT NULL
);
CREATE INDEX passkey_reviewer ON passkey (reviewer, created);
