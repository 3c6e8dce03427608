-- +goose Up
-- Lines of the MTA's log name a queue id.
CREATE INDEX journal_queue_id ON journal (queue_id);

CREATE TABLE delivery ( -- the latest that the MTA's log says of a recipient
    journal   INTEGER NOT NULL REFERENCES journal (id) ON DELETE CASCADE,
    recipient TEXT    NOT NULL, -- as logged, after alias expansion
    original  TEXT    NOT NULL, -- as in the envelope
    outcome   TEXT    NOT NULL,
    at        INTEGER NOT NULL, -- unix seconds
    deferred  INTEGER NOT NULL, -- first time, 0 for never
    relay     TEXT    NOT NULL,
    reply     TEXT    NOT NULL,
    dsn       TEXT    NOT NULL,
    PRIMARY KEY (journal, recipient, original)
) WITHOUT ROWID;

CREATE TABLE requeued ( -- later queue ids of a recorded mail, and the end of a short one
    host     TEXT    NOT NULL,
    queue_id TEXT    NOT NULL,
    journal  INTEGER NOT NULL REFERENCES journal (id) ON DELETE CASCADE,
    at       INTEGER NOT NULL,
    gone     INTEGER NOT NULL DEFAULT 0, -- the MTA removed this queue file then
    PRIMARY KEY (host, queue_id, journal)
) WITHOUT ROWID;
CREATE INDEX requeued_queue_id ON requeued (queue_id);
CREATE INDEX requeued_journal ON requeued (journal);

CREATE TABLE login ( -- attempts of one account from one address, close together
    id      INTEGER PRIMARY KEY,
    sender  TEXT    NOT NULL, -- normalised
    client  TEXT    NOT NULL, -- address, '' when the log named none
    result  TEXT    NOT NULL, -- success, failure, lockout
    service TEXT    NOT NULL,
    at      INTEGER NOT NULL, -- of the first
    last    INTEGER NOT NULL, -- of the last
    backend INTEGER NOT NULL, -- how many the password database told of
    front   INTEGER NOT NULL  -- how many the services in front of it told of: the same ones
);
CREATE INDEX login_sender ON login (sender, last);
CREATE INDEX login_last ON login (last);

CREATE TABLE log_position ( -- how far a log was read, kept together with what it said
    source TEXT    NOT NULL, -- a path, or 'journald'
    head   TEXT    NOT NULL, -- fingerprint of a file's first line: it survives renaming
    device INTEGER NOT NULL,
    inode  INTEGER NOT NULL,
    offset INTEGER NOT NULL, -- bytes, before compression
    cursor TEXT    NOT NULL, -- journald's
    at     INTEGER NOT NULL, -- when it was kept
    PRIMARY KEY (source, head)
) WITHOUT ROWID;
CREATE INDEX log_position_head ON log_position (head);
