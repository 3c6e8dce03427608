-- +goose Up
-- A list of senders shows how much each profile holds. It is in an index, to be read without
-- the profile; what an older program saved has none until the sender's next mail.
ALTER TABLE profile ADD COLUMN extent BLOB NOT NULL DEFAULT x''; -- baseline.Extent
CREATE INDEX profile_extent ON profile (sender, lesson, extent);
