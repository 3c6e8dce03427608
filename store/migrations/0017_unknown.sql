-- +goose Up
-- Nobody wrote it: the agent says in its log what is held that is not ours.
DROP TABLE unknown_mail;
