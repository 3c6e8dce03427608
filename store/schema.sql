-- Today's schema, as the migrations come to it. Generated for readers: the file that
-- changes a store is a new one in migrations.

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

CREATE TABLE audit (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    actor  TEXT    NOT NULL,
    verb   TEXT    NOT NULL,
    object TEXT    NOT NULL,
    reason TEXT    NOT NULL,
    signature TEXT NOT NULL DEFAULT ''
);
CREATE TRIGGER audit_adds BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_stays BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

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

CREATE TABLE event ( -- an incident changed its state
    n        INTEGER PRIMARY KEY AUTOINCREMENT, -- in order
    id       TEXT    NOT NULL UNIQUE, -- for receivers to tell events apart
    incident INTEGER NOT NULL REFERENCES incident (id) ON DELETE CASCADE,
    kind     TEXT    NOT NULL, -- opened, confirmed, dismissed, ended, reopened
    at       INTEGER NOT NULL, -- unix seconds
    by       TEXT    NOT NULL,
    reason   TEXT    NOT NULL,
    signature TEXT NOT NULL DEFAULT '',
    kept INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX event_incident ON event (incident, n);

CREATE TABLE habit ( -- exceptions from declared habits, such as business trips
    id        INTEGER PRIMARY KEY AUTOINCREMENT, -- in the audit log, so never used again
    senders   TEXT    NOT NULL, -- JSON list of patterns, as are the next three
    countries TEXT    NOT NULL,
    networks  TEXT    NOT NULL,
    hours     TEXT    NOT NULL,
    zone      TEXT    NOT NULL, -- of hours, IANA name
    until     INTEGER NOT NULL,
    by        TEXT    NOT NULL,
    reason    TEXT    NOT NULL,
    created   INTEGER NOT NULL,
    signature TEXT NOT NULL DEFAULT '',
    programs TEXT NOT NULL DEFAULT '[]',
    devices TEXT NOT NULL DEFAULT '[]',
    since INTEGER NOT NULL DEFAULT 0,
    links TEXT NOT NULL DEFAULT '[]'
);

CREATE TABLE heartbeat (
    host   TEXT PRIMARY KEY,
    at     INTEGER NOT NULL,
    detail TEXT    NOT NULL,
    version TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;

CREATE TABLE hold (
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
    excerpt_until INTEGER NOT NULL DEFAULT 0,
    recalled INTEGER NOT NULL DEFAULT 0,
    defines_campaign INTEGER NOT NULL DEFAULT 1,
    ended INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0,
    signature TEXT NOT NULL DEFAULT ''
);
CREATE INDEX hold_incident ON hold (incident, state);
CREATE INDEX hold_recalled ON hold (state) WHERE recalled != 0;
CREATE INDEX hold_state ON hold (state, due);

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

CREATE TABLE incident (
    id     INTEGER PRIMARY KEY,
    sender TEXT    NOT NULL,
    opened INTEGER NOT NULL,
    state  TEXT    NOT NULL, -- open, confirmed, dismissed
    closed INTEGER NOT NULL DEFAULT 0,
    first_journal INTEGER NOT NULL DEFAULT 0,
    by TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '',
    case_id INTEGER NOT NULL DEFAULT 0,
    kept INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX incident_case ON incident (case_id);
CREATE UNIQUE INDEX incident_open ON incident (sender) WHERE state = 'open';
CREATE INDEX incident_sender ON incident (sender, closed);
CREATE TRIGGER incident_changes AFTER UPDATE OF state ON incident
WHEN NEW.state != OLD.state
BEGIN
    INSERT INTO event (id, incident, kind, at, by, reason)
    VALUES (lower(hex(randomblob(16))), NEW.id, iif(NEW.state = 'open', 'reopened', NEW.state),
        iif(NEW.closed > 0, NEW.closed, unixepoch()), NEW.by, NEW.reason);
END;
CREATE TRIGGER incident_opens AFTER INSERT ON incident
BEGIN
    INSERT INTO event (id, incident, kind, at, by, reason)
    VALUES (lower(hex(randomblob(16))), NEW.id, 'opened', NEW.opened, NEW.by, NEW.reason);
END;

CREATE TABLE incident_mark (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    key      INTEGER NOT NULL, -- mark.key
    incident INTEGER NOT NULL REFERENCES incident (id) ON DELETE CASCADE,
    kept     INTEGER NOT NULL,
    mails    INTEGER NOT NULL, -- that show it
    UNIQUE (key, incident, kept)
);
CREATE INDEX incident_mark_incident ON incident_mark (incident);

CREATE TABLE incident_text (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    incident INTEGER NOT NULL REFERENCES incident (id) ON DELETE CASCADE,
    simhash  INTEGER NOT NULL, -- journal.simhash
    kept     INTEGER NOT NULL,
    mails    INTEGER NOT NULL,
    UNIQUE (incident, simhash, kept)
);

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
    detail      TEXT    NOT NULL , -- JSON: evidence, URLs, hosts, files, client name, HELO, TLS
    simhash INTEGER NOT NULL DEFAULT 0,
    evidence BLOB NOT NULL DEFAULT x''
);
CREATE INDEX journal_at ON journal (at);
CREATE INDEX journal_client ON journal (client, at) WHERE client != '';
CREATE INDEX journal_odd ON journal (at, action, would, sender) WHERE action != 'pass' OR would != 'pass';
CREATE INDEX journal_queue_id ON journal (queue_id);
CREATE INDEX journal_sender ON journal (sender, at);
CREATE INDEX journal_unlearned ON journal (sender, at) WHERE learned = 0;
CREATE INDEX journal_waiting ON journal (sender, due) WHERE due != 0;

CREATE TABLE lesson (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    journal INTEGER NOT NULL REFERENCES journal (id),
    sender  TEXT    NOT NULL,
    sign    INTEGER NOT NULL,
    at INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX lesson_journal ON lesson (journal);
CREATE INDEX lesson_sender ON lesson (sender, id);

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

CREATE TABLE login ( -- attempts of one account from one address, close together
    id      INTEGER PRIMARY KEY,
    sender  TEXT    NOT NULL, -- normalised
    client  TEXT    NOT NULL, -- address, '' when the log named none
    result  TEXT    NOT NULL, -- success, failure, lockout
    service TEXT    NOT NULL,
    at      INTEGER NOT NULL, -- of the first
    last    INTEGER NOT NULL, -- of the last
    backend INTEGER NOT NULL, -- how many the password database told of
    front   INTEGER NOT NULL , -- how many the services in front of it told of: the same ones
    network TEXT NOT NULL DEFAULT '',
    sources TEXT NOT NULL DEFAULT '',
    country TEXT NOT NULL DEFAULT '',
    device TEXT NOT NULL DEFAULT '',
    program TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    flags INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX login_last ON login (last);
CREATE INDEX login_sender ON login (sender, (CASE result WHEN 'failure' THEN 1 WHEN 'lockout' THEN 2 ELSE 0 END), last, at, client, backend, front);

CREATE TABLE login_link ( -- lets a reviewer in once
    hash     BLOB PRIMARY KEY, -- of the token, SHA-256
    reviewer TEXT    NOT NULL REFERENCES reviewer (name) ON DELETE CASCADE,
    until    INTEGER NOT NULL,
    signature TEXT   NOT NULL
) WITHOUT ROWID;
CREATE INDEX login_link_reviewer ON login_link (reviewer);

CREATE TABLE mark (
    key     INTEGER NOT NULL, -- baseline.Key
    journal INTEGER NOT NULL REFERENCES journal (id) ON DELETE CASCADE,
    PRIMARY KEY (key, journal)
) WITHOUT ROWID;
CREATE INDEX mark_journal ON mark (journal);

CREATE TABLE override (
    subject TEXT PRIMARY KEY, -- 'sender:' or 'class:' and a name
    action  TEXT    NOT NULL,
    mode    TEXT    NOT NULL,
    until   INTEGER NOT NULL,
    by      TEXT    NOT NULL,
    reason  TEXT    NOT NULL,
    created INTEGER NOT NULL DEFAULT 0,
    signature TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;

CREATE TABLE own_mail ( -- mail that hisseki itself is about to send
    message_id TEXT PRIMARY KEY,
    recipients TEXT    NOT NULL, -- lower case, one a line
    at         INTEGER NOT NULL,
    seen       INTEGER NOT NULL DEFAULT 0 -- the milter met it then
) WITHOUT ROWID;

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

CREATE TABLE profile (
    sender  TEXT    NOT NULL UNIQUE, -- '' is the organisation
    lesson  INTEGER NOT NULL,        -- the last one in it
    updated INTEGER NOT NULL,
    data    BLOB    NOT NULL,
    extent BLOB NOT NULL DEFAULT x''
);
CREATE INDEX profile_extent ON profile (sender, lesson, extent);

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

CREATE TABLE recipient (
    journal INTEGER NOT NULL REFERENCES journal (id) ON DELETE CASCADE,
    address TEXT    NOT NULL,
    domain TEXT NOT NULL DEFAULT ''
);
CREATE INDEX recipient_journal ON recipient (journal);

CREATE TABLE request (
    id       INTEGER PRIMARY KEY AUTOINCREMENT, -- in the audit log, so never used again
    holds    TEXT    NOT NULL, -- JSON list of ids
    ending   TEXT    NOT NULL, -- of an incident, JSON, '' for none
    mails    INTEGER NOT NULL,
    person   TEXT    NOT NULL,
    by       TEXT    NOT NULL,
    reason   TEXT    NOT NULL,
    asked    INTEGER NOT NULL,
    state    TEXT    NOT NULL, -- '', agreed, refused
    signature TEXT   NOT NULL
);
CREATE INDEX request_open ON request (state, asked);

CREATE TABLE requeued ( -- later queue ids of a recorded mail, and the end of a short one
    host     TEXT    NOT NULL,
    queue_id TEXT    NOT NULL,
    journal  INTEGER NOT NULL REFERENCES journal (id) ON DELETE CASCADE,
    at       INTEGER NOT NULL,
    gone     INTEGER NOT NULL DEFAULT 0, -- the MTA removed this queue file then
    PRIMARY KEY (host, queue_id, journal)
) WITHOUT ROWID;
CREATE INDEX requeued_journal ON requeued (journal);
CREATE INDEX requeued_queue_id ON requeued (queue_id);

CREATE TABLE reviewer (
    name     TEXT PRIMARY KEY,
    role     TEXT    NOT NULL, -- viewer, reviewer, admin
    password TEXT    NOT NULL, -- Argon2id, PHC form, '' for none
    secret   TEXT    NOT NULL, -- of TOTP, base32, '' for none
    step     INTEGER NOT NULL, -- of the last code that was used: none counts twice
    created  INTEGER NOT NULL,
    by       TEXT    NOT NULL,
    signature TEXT   NOT NULL,
    subject TEXT NOT NULL DEFAULT ''
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

CREATE TABLE setting (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE signin_seen ( -- events that were counted, so that none counts twice
    key INTEGER PRIMARY KEY, -- hash of format and event id
    at  INTEGER NOT NULL     -- of the event
);
CREATE INDEX signin_seen_at ON signin_seen (at);

CREATE TABLE taught (
    sender TEXT    NOT NULL,
    key    INTEGER NOT NULL, -- keyed hash of sender and Message-ID
    PRIMARY KEY (sender, key)
) WITHOUT ROWID;

CREATE TABLE unlearned (
    incident INTEGER NOT NULL REFERENCES incident (id),
    journal  INTEGER NOT NULL REFERENCES journal (id) ON DELETE CASCADE,
    cause    TEXT    NOT NULL, -- recall, confirm
    PRIMARY KEY (incident, journal)
) WITHOUT ROWID;
CREATE INDEX unlearned_journal ON unlearned (journal);
