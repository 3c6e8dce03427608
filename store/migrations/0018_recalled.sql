-- +goose Up
-- A new incident takes over what others recalled of its sender's mail: few holds, found
-- among themselves, not among all that are kept.
CREATE INDEX hold_recalled ON hold (state) WHERE recalled != 0;
