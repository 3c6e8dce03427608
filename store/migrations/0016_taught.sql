-- +goose Up
-- Mail that was taught from archives, which is to be taught once: purging the journal, which
-- an archive is often older than, must not make it new again.
CREATE TABLE taught (
    sender TEXT    NOT NULL,
    key    INTEGER NOT NULL, -- keyed hash of sender and Message-ID
    PRIMARY KEY (sender, key)
) WITHOUT ROWID;

-- No queue can give back what came from an archive.
UPDATE hold
SET state = 'gone', due = 0, error = '', decided = unixepoch()
WHERE state = 'recalling'
  AND journal IN (SELECT id FROM journal WHERE queue_id = '' OR host = '');
