-- +goose Up
-- Who decides signs with a key that serve cannot read; root's agent believes nothing else.
-- What was decided before has no signature: the agent signs rules and exceptions when it makes
-- the key, and asks again about mail.
ALTER TABLE hold ADD COLUMN not_before INTEGER NOT NULL DEFAULT 0; -- the decision may be carried out from then on
ALTER TABLE hold ADD COLUMN signature TEXT NOT NULL DEFAULT '';
ALTER TABLE event ADD COLUMN signature TEXT NOT NULL DEFAULT '';
ALTER TABLE override ADD COLUMN signature TEXT NOT NULL DEFAULT '';
ALTER TABLE habit ADD COLUMN signature TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN signature TEXT NOT NULL DEFAULT '';
ALTER TABLE event ADD COLUMN kept INTEGER NOT NULL DEFAULT 0; -- the end left mail where it was
