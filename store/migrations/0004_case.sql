-- +goose Up
-- What was unknown in a mail: sites and files that others may have sent too. Mail that
-- was kept before this schema has no marks here and joins no case.
CREATE TABLE mark (
    key     INTEGER NOT NULL, -- baseline.Key
    journal INTEGER NOT NULL REFERENCES journal (id) ON DELETE CASCADE,
    PRIMARY KEY (key, journal)
) WITHOUT ROWID;
CREATE INDEX mark_journal ON mark (journal);

ALTER TABLE journal ADD COLUMN simhash INTEGER NOT NULL DEFAULT 0; -- of the own text, 0 without

-- A case is a campaign: the incidents that its links, files or texts tie together. Its
-- number is that of its first incident.
ALTER TABLE incident ADD COLUMN case_id INTEGER NOT NULL DEFAULT 0;
UPDATE incident SET case_id = id;
CREATE INDEX incident_case ON incident (case_id);

ALTER TABLE incident ADD COLUMN kept INTEGER NOT NULL DEFAULT 0; -- confirmed, mail not discarded

-- States since this schema: also recalling, gone.
ALTER TABLE hold ADD COLUMN recalled INTEGER NOT NULL DEFAULT 0; -- when asked back, 0 for never
ALTER TABLE hold ADD COLUMN tells INTEGER NOT NULL DEFAULT 1; -- what its incident's campaign is
ALTER TABLE hold ADD COLUMN ended INTEGER NOT NULL DEFAULT 0; -- decided by its incident's end

-- Learned mail that an incident took back, so that it can be given back.
CREATE TABLE taken (
    incident INTEGER NOT NULL REFERENCES incident (id),
    journal  INTEGER NOT NULL REFERENCES journal (id) ON DELETE CASCADE,
    cause    TEXT    NOT NULL, -- recall, confirm
    PRIMARY KEY (incident, journal)
) WITHOUT ROWID;
CREATE INDEX taken_journal ON taken (journal);
