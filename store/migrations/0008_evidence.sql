-- +goose Up
-- Compressed, see evidence.go. Mail from before this schema has its evidence in detail.
ALTER TABLE journal ADD COLUMN evidence BLOB NOT NULL DEFAULT x'';
