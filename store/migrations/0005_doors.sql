-- +goose Up
CREATE TABLE event ( -- an incident changed its state
    n        INTEGER PRIMARY KEY AUTOINCREMENT, -- in order
    id       TEXT    NOT NULL UNIQUE, -- for receivers to tell events apart
    incident INTEGER NOT NULL REFERENCES incident (id) ON DELETE CASCADE,
    kind     TEXT    NOT NULL, -- opened, confirmed, dismissed, ended, reopened
    at       INTEGER NOT NULL, -- unix seconds
    by       TEXT    NOT NULL,
    reason   TEXT    NOT NULL
);
CREATE INDEX event_incident ON event (incident, n);

-- Triggers, so that no change can be made without its event, by whatever statement.
-- +goose StatementBegin
CREATE TRIGGER incident_opens AFTER INSERT ON incident
BEGIN
    INSERT INTO event (id, incident, kind, at, by, reason)
    VALUES (lower(hex(randomblob(16))), NEW.id, 'opened', NEW.opened, NEW.by, NEW.reason);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER incident_changes AFTER UPDATE OF state ON incident
WHEN NEW.state != OLD.state
BEGIN
    INSERT INTO event (id, incident, kind, at, by, reason)
    VALUES (lower(hex(randomblob(16))), NEW.id, iif(NEW.state = 'open', 'reopened', NEW.state),
        iif(NEW.closed > 0, NEW.closed, unixepoch()), NEW.by, NEW.reason);
END;
-- +goose StatementEnd

CREATE TABLE hook ( -- who is told of events
    name  TEXT PRIMARY KEY,
    after INTEGER NOT NULL -- the last event before the hook was known: none of its business
) WITHOUT ROWID;

CREATE TABLE hook_event ( -- what became of an event at a hook; no row: nothing yet
    event INTEGER NOT NULL REFERENCES event (n) ON DELETE CASCADE,
    hook  TEXT    NOT NULL,
    state TEXT    NOT NULL, -- due, done, skipped, failed
    runs  INTEGER NOT NULL, -- begun
    first INTEGER NOT NULL, -- when the first run began
    due   INTEGER NOT NULL, -- when the next may begin: the last one has ended by then
    PRIMARY KEY (event, hook)
) WITHOUT ROWID;

CREATE TABLE hook_run ( -- a run that ended
    id     INTEGER PRIMARY KEY,
    event  INTEGER NOT NULL REFERENCES event (n) ON DELETE CASCADE,
    hook   TEXT    NOT NULL,
    at     INTEGER NOT NULL, -- its end
    error  TEXT    NOT NULL, -- '' for success
    output TEXT    NOT NULL
);
CREATE INDEX hook_run_event ON hook_run (event, hook, id);

CREATE TABLE alert ( -- what the postmaster was told of an incident by mail
    incident INTEGER PRIMARY KEY REFERENCES incident (id) ON DELETE CASCADE,
    first_id TEXT    NOT NULL, -- Message-ID of the first mail, '' before it
    sent     INTEGER NOT NULL, -- when the last mail was sent, 0 for never
    state    TEXT    NOT NULL, -- of the incident, as told then
    holds    INTEGER NOT NULL, -- as told then
    tries    INTEGER NOT NULL, -- since then
    due      INTEGER NOT NULL, -- when the next may begin
    error    TEXT    NOT NULL
);

CREATE TABLE own_mail ( -- mail that hisseki itself is about to send
    message_id TEXT PRIMARY KEY,
    recipients TEXT    NOT NULL, -- lower case, one a line
    at         INTEGER NOT NULL,
    seen       INTEGER NOT NULL DEFAULT 0 -- the milter met it then
) WITHOUT ROWID;
