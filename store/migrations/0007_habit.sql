-- +goose Up
CREATE TABLE habit ( -- exceptions from declared habits, such as business trips
    id        INTEGER PRIMARY KEY AUTOINCREMENT, -- in the audit log, so never used again
    senders   TEXT    NOT NULL, -- JSON list of patterns, as are the next three
    countries TEXT    NOT NULL,
    networks  TEXT    NOT NULL,
    hours     TEXT    NOT NULL,
    zone      TEXT    NOT NULL, -- of hours, IANA name
    until     INTEGER NOT NULL,
    by        TEXT    NOT NULL,
    reason    TEXT    NOT NULL,
    created   INTEGER NOT NULL
);
