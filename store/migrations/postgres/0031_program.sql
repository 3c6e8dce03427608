-- +goose Up
-- Exceptions may name mail programs, and devices as sign-in logs do.
ALTER TABLE habit ADD COLUMN programs TEXT COLLATE "C" NOT NULL DEFAULT '[]'; -- JSON list of patterns
ALTER TABLE habit ADD COLUMN devices TEXT COLLATE "C" NOT NULL DEFAULT '[]';
