-- +goose Up
-- A mail asks for the newest failures, the newest lockouts and the newest of all else: each is a
-- stretch of the index, however many rows the others have. Of failures all that it asks for stands there.
DROP INDEX login_sender;
CREATE INDEX login_sender ON login (sender, (CASE result WHEN 'failure' THEN 1 WHEN 'lockout' THEN 2 ELSE 0 END), last, at, client, backend, front);
