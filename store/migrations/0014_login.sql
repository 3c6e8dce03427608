-- +goose Up
-- Whoever guesses from many addresses must not fill the store: after the first of an hour
-- a row is of a network, '*' of all others. '' is of one address, as all rows were.
ALTER TABLE login ADD COLUMN network TEXT NOT NULL DEFAULT '';
