-- +goose Up
-- Who may use the review page. Rows are signed as decisions are: whoever has serve's rights must
-- not make himself a reviewer.
CREATE TABLE reviewer (
    name     TEXT PRIMARY KEY,
    role     TEXT    NOT NULL, -- viewer, reviewer, admin
    password TEXT    NOT NULL, -- Argon2id, PHC form, '' for none
    secret   TEXT    NOT NULL, -- of TOTP, base32, '' for none
    step     INTEGER NOT NULL, -- of the last code that was used: none counts twice
    created  INTEGER NOT NULL,
    by       TEXT    NOT NULL,
    signature TEXT   NOT NULL
) WITHOUT ROWID;

CREATE TABLE session ( -- a reviewer's login; kept for a while after its end
    hash     BLOB PRIMARY KEY, -- of the token, SHA-256
    reviewer TEXT    NOT NULL REFERENCES reviewer (name) ON DELETE CASCADE,
    created  INTEGER NOT NULL,
    seen     INTEGER NOT NULL,
    ended    INTEGER NOT NULL, -- 0 until somebody ends it
    address  TEXT    NOT NULL,
    network  TEXT    NOT NULL, -- /24 or /48 of the address
    browser  TEXT    NOT NULL,
    signature TEXT   NOT NULL
) WITHOUT ROWID;
CREATE INDEX session_reviewer ON session (reviewer, created);

CREATE TABLE login_link ( -- lets a reviewer in once
    hash     BLOB PRIMARY KEY, -- of the token, SHA-256
    reviewer TEXT    NOT NULL REFERENCES reviewer (name) ON DELETE CASCADE,
    until    INTEGER NOT NULL,
    signature TEXT   NOT NULL
) WITHOUT ROWID;
CREATE INDEX login_link_reviewer ON login_link (reviewer);
