-- +goose Up
CREATE TABLE journal (
    id          INTEGER PRIMARY KEY,
    at          INTEGER NOT NULL, -- unix seconds
    host        TEXT    NOT NULL,
    queue_id    TEXT    NOT NULL,
    sender      TEXT    NOT NULL,
    class       TEXT    NOT NULL,
    mail_from   TEXT    NOT NULL,
    header_from TEXT    NOT NULL,
    client      TEXT    NOT NULL,
    message_id  TEXT    NOT NULL,
    subject     TEXT    NOT NULL,
    bytes       INTEGER NOT NULL,
    action      TEXT    NOT NULL,
    would       TEXT    NOT NULL,
    points      REAL    NOT NULL,
    sum         REAL    NOT NULL,
    due         INTEGER NOT NULL, -- of a delay, 0 without
    learned     INTEGER NOT NULL,
    observation BLOB    NOT NULL,
    detail      TEXT    NOT NULL  -- JSON: evidence, URLs, hosts, files, client name, HELO, TLS
);
CREATE INDEX journal_sender ON journal (sender, at);
CREATE INDEX journal_at ON journal (at);

CREATE TABLE recipient (
    journal INTEGER NOT NULL REFERENCES journal (id) ON DELETE CASCADE,
    address TEXT    NOT NULL
);
CREATE INDEX recipient_journal ON recipient (journal);

CREATE TABLE lesson (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    journal INTEGER NOT NULL REFERENCES journal (id),
    sender  TEXT    NOT NULL,
    sign    INTEGER NOT NULL
);
CREATE INDEX lesson_sender ON lesson (sender, id);

CREATE TABLE profile (
    sender TEXT PRIMARY KEY, -- '' is the organisation
    lesson INTEGER NOT NULL, -- the last one in it
    data   BLOB    NOT NULL
) WITHOUT ROWID;

CREATE TABLE incident (
    id     INTEGER PRIMARY KEY,
    sender TEXT    NOT NULL,
    opened INTEGER NOT NULL,
    state  TEXT    NOT NULL, -- open, confirmed, dismissed
    closed INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX incident_open ON incident (sender) WHERE state = 'open';

CREATE TABLE hold (
    id        INTEGER PRIMARY KEY,
    journal   INTEGER NOT NULL UNIQUE REFERENCES journal (id),
    incident  INTEGER REFERENCES incident (id),
    state     TEXT    NOT NULL, -- delayed, held, releasing, released, discarding, discarded, vanished
    due       INTEGER NOT NULL, -- when the agent should act next, 0 for never
    by        TEXT    NOT NULL DEFAULT '',
    reason    TEXT    NOT NULL DEFAULT '',
    decided   INTEGER NOT NULL DEFAULT 0,
    attempts  INTEGER NOT NULL DEFAULT 0,
    error     TEXT    NOT NULL DEFAULT '',
    excerpt   TEXT    NOT NULL DEFAULT ''
);
CREATE INDEX hold_state ON hold (state, due);

CREATE TABLE override (
    subject TEXT PRIMARY KEY, -- 'sender:' or 'class:' and a name
    action  TEXT    NOT NULL,
    mode    TEXT    NOT NULL,
    until   INTEGER NOT NULL,
    by      TEXT    NOT NULL,
    reason  TEXT    NOT NULL
) WITHOUT ROWID;

CREATE TABLE heartbeat (
    host   TEXT PRIMARY KEY,
    at     INTEGER NOT NULL,
    detail TEXT    NOT NULL
) WITHOUT ROWID;

CREATE TABLE setting (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE audit (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    actor  TEXT    NOT NULL,
    verb   TEXT    NOT NULL,
    object TEXT    NOT NULL,
    reason TEXT    NOT NULL
);
-- +goose StatementBegin
CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_stays BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
-- +goose StatementEnd
