-- +goose Up
-- Declared changes are exceptions that name links too, and when they begin.
ALTER TABLE habit ADD COLUMN since BIGINT NOT NULL DEFAULT 0; -- 0 for at once
ALTER TABLE habit ADD COLUMN links TEXT COLLATE "C" NOT NULL DEFAULT '[]'; -- JSON list
