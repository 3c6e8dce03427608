-- +goose Up
-- When the sender's last incident ended: his mail's sum began anew then.
CREATE INDEX incident_sender ON incident (sender, closed);
