-- +goose Up
ALTER TABLE hold RENAME COLUMN tells TO defines_campaign; -- held for what it is itself
ALTER TABLE taken RENAME TO unlearned;
DROP INDEX taken_journal;
CREATE INDEX unlearned_journal ON unlearned (journal);
ALTER TABLE stranger RENAME TO unknown_mail;

-- What the campaign of an incident shows, once for each incident, however many mails show
-- it: a hold asks for company only when it adds a row. kept is 0 for what only mail of mode
-- observe showed. Ids are never used again, so "what is new" is what has a higher one.
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

INSERT INTO incident_mark (key, incident, kept, mails)
SELECT m.key, i.id, h.state != 'passed', count(*)
FROM incident i
JOIN hold h ON h.incident = i.id
JOIN mark m ON m.journal = h.journal
WHERE i.state IN ('open', 'confirmed')
  AND h.defines_campaign = 1
  AND h.state NOT IN ('releasing', 'released', 'delayed')
GROUP BY 1, 2, 3;

INSERT INTO incident_text (incident, simhash, kept, mails)
SELECT i.id, j.simhash, h.state != 'passed', count(*)
FROM incident i
JOIN hold h ON h.incident = i.id
JOIN journal j ON j.id = h.journal
WHERE i.state IN ('open', 'confirmed')
  AND h.defines_campaign = 1
  AND h.state NOT IN ('releasing', 'released', 'delayed')
  AND j.simhash != 0
GROUP BY 1, 2, 3;

-- Who else sent from the address of an attack is asked by the report.
CREATE INDEX journal_client ON journal (client, at) WHERE client != '';

-- Whether an incident has mail of a state, and how much, is asked by every hold.
DROP INDEX hold_incident;
CREATE INDEX hold_incident ON hold (incident, state);
