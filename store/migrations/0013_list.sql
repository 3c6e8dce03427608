-- +goose Up
-- What lists and counts ask of all mail is answered by indexes alone: a row is a kilobyte.
DROP INDEX journal_at;
CREATE INDEX journal_at ON journal (at, action, would);
-- The few mails that are unlike the rest, so that a sender's counts need no row either.
CREATE INDEX journal_unlearned ON journal (sender, at) WHERE learned = 0;
CREATE INDEX journal_odd ON journal (sender, at) WHERE would != 'pass';
