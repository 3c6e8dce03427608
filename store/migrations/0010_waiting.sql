-- +goose Up
-- A held mail makes holds of what its sender has still waiting: found by sender, not among
-- everybody's.
CREATE INDEX journal_waiting ON journal (sender, due) WHERE due != 0;
