-- +goose Up
-- Whose account a reviewer's is who logs in at an OpenID Connect provider.
ALTER TABLE reviewer ADD COLUMN subject TEXT COLLATE "C" NOT NULL DEFAULT ''; -- issuer and subject, '' for none
