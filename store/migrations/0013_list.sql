-- +goose Up
-- Lists and counts of all mail are answered by indexes: a row is a kilobyte. These have the
-- few mails that are unlike the rest; the rest is counted by time and by sender.
CREATE INDEX journal_unlearned ON journal (sender, at) WHERE learned = 0;
CREATE INDEX journal_odd ON journal (at, action, would, sender) WHERE action != 'pass' OR would != 'pass';
