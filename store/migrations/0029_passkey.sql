-- +goose Up
-- Passkeys of reviewers. Rows are signed as reviewers are.
CREATE TABLE passkey (
    id       BLOB PRIMARY KEY, -- of the credential
    reviewer TEXT    NOT NULL REFERENCES reviewer (name) ON DELETE CASCADE,
    label    TEXT    NOT NULL,
    data     TEXT    NOT NULL, -- public key and flags, JSON
    count    INTEGER NOT NULL, -- of uses, as the authenticator says; 0 for one that does not count
    created  INTEGER NOT NULL,
    used     INTEGER NOT NULL,
    signature TEXT   NOT NULL
) WITHOUT ROWID;
CREATE INDEX passkey_reviewer ON passkey (reviewer, created);
