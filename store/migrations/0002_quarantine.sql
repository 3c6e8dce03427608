-- +goose Up
ALTER TABLE recipient ADD COLUMN domain TEXT NOT NULL DEFAULT ''; -- lower case
UPDATE recipient
SET domain = lower(substr(address, instr(address, '@') + 1))
WHERE instr(address, '@') > 0;

ALTER TABLE lesson ADD COLUMN at INTEGER NOT NULL DEFAULT 0; -- unix seconds of the teaching
CREATE INDEX lesson_journal ON lesson (journal);

ALTER TABLE profile ADD COLUMN updated INTEGER NOT NULL DEFAULT 0;

ALTER TABLE incident ADD COLUMN first_journal INTEGER NOT NULL DEFAULT 0; -- first suspicious mail
ALTER TABLE incident ADD COLUMN by TEXT NOT NULL DEFAULT '';
ALTER TABLE incident ADD COLUMN reason TEXT NOT NULL DEFAULT '';
UPDATE incident
SET first_journal = coalesce((SELECT min(journal) FROM hold WHERE incident = incident.id), 0);

-- Rebuilt for AUTOINCREMENT: the id of a purged hold is in the audit log and must not
-- come back. Nothing refers to the table.
CREATE TABLE hold_new (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    journal       INTEGER NOT NULL UNIQUE REFERENCES journal (id),
    incident      INTEGER REFERENCES incident (id),
    state         TEXT    NOT NULL, -- as in schema 1
    due           INTEGER NOT NULL, -- when the agent should act next, 0 for never
    by            TEXT    NOT NULL DEFAULT '',
    reason        TEXT    NOT NULL DEFAULT '',
    decided       INTEGER NOT NULL DEFAULT 0,
    promoted      INTEGER NOT NULL DEFAULT 0, -- a delay became a hold then, 0 when it did not
    attempts      INTEGER NOT NULL DEFAULT 0,
    error         TEXT    NOT NULL DEFAULT '',
    excerpt       TEXT    NOT NULL DEFAULT '',
    excerpt_until INTEGER NOT NULL DEFAULT 0
);
INSERT INTO hold_new (id, journal, incident, state, due, by, reason, decided, attempts, error,
    excerpt, excerpt_until)
SELECT h.id, h.journal, h.incident, h.state, h.due, h.by, h.reason, h.decided, h.attempts, h.error,
    h.excerpt, iif(h.excerpt = '', 0, j.at + 604800) -- a week
FROM hold h
JOIN journal j ON j.id = h.journal
ORDER BY h.id;
DROP TABLE hold;
ALTER TABLE hold_new RENAME TO hold;
CREATE INDEX hold_state ON hold (state, due);
CREATE INDEX hold_incident ON hold (incident);

ALTER TABLE override ADD COLUMN created INTEGER NOT NULL DEFAULT 0;

ALTER TABLE heartbeat ADD COLUMN version TEXT NOT NULL DEFAULT '';

CREATE TABLE stranger ( -- held in the MTA's queue, but not by us
    host     TEXT    NOT NULL,
    queue_id TEXT    NOT NULL,
    seen     INTEGER NOT NULL,
    PRIMARY KEY (host, queue_id)
) WITHOUT ROWID;

-- A replacing insert deletes without firing audit_stays.
-- +goose StatementBegin
CREATE TRIGGER audit_adds BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
-- +goose StatementEnd
