-- Version 1. This file never changes: databases that it made exist. A change is a new file.

-- A session. A deleted one keeps its row, so that its name is not used again.
CREATE TABLE session (
  id            INTEGER PRIMARY KEY,
  name          TEXT    NOT NULL UNIQUE,
  epoch         INTEGER NOT NULL,            -- the newest
  head_seq      INTEGER NOT NULL,            -- 0: no event yet
  head_hash     BLOB    NOT NULL,            -- of the event at head_seq
  created       INTEGER NOT NULL,            -- milliseconds since 1970, as all times of this store
  updated       INTEGER NOT NULL,
  deleted       INTEGER,
  lease_holder  TEXT,                        -- of the newest epoch
  lease_granted INTEGER,
  lease_ttl     INTEGER
) STRICT;

-- Bodies over 64 KB, and what was kept by its hash.
CREATE TABLE blob (
  id   INTEGER PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,                 -- SHA-256 of body
  body BLOB NOT NULL
) STRICT;

-- Why a blob is kept. One without an owner goes with the next vacuum.
CREATE TABLE blob_owner (
  session INTEGER NOT NULL REFERENCES session (id),
  blob    INTEGER NOT NULL REFERENCES blob (id),
  PRIMARY KEY (session, blob)
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_owner_blob ON blob_owner (blob);

-- The events: appended in order of id, and never changed.
CREATE TABLE event (
  id             INTEGER PRIMARY KEY,
  session        INTEGER NOT NULL REFERENCES session (id),
  seq            INTEGER NOT NULL,
  epoch          INTEGER NOT NULL,
  event_id       TEXT    NOT NULL,
  kind           TEXT    NOT NULL,
  schema_version INTEGER NOT NULL,
  cause          TEXT,
  seconds        INTEGER NOT NULL,           -- of the event's own time
  nanos          INTEGER NOT NULL,
  body           BLOB,                       -- null: it is in blob
  blob           INTEGER REFERENCES blob (id),
  prev_hash      BLOB    NOT NULL,
  extra          BLOB,                       -- fields of a newer interface, in protobuf
  UNIQUE (session, seq)
) STRICT;
CREATE INDEX event_blob ON event (blob) WHERE blob IS NOT NULL;

-- Caches; losing one loses nothing.
CREATE TABLE snapshot (
  session   INTEGER NOT NULL REFERENCES session (id),
  name      TEXT    NOT NULL,
  seq       INTEGER NOT NULL,
  hash      BLOB    NOT NULL,                -- of the event at seq
  body_hash BLOB    NOT NULL,
  body      BLOB    NOT NULL,
  PRIMARY KEY (session, name)
) STRICT;

-- Messages committed together with events, until somebody has sent them on.
CREATE TABLE outbox (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  session INTEGER NOT NULL REFERENCES session (id),
  seq     INTEGER NOT NULL,
  topic   TEXT    NOT NULL,
  body    BLOB    NOT NULL
) STRICT;

-- Text of events, by the event's id.
CREATE VIRTUAL TABLE event_text USING fts5 (text, tokenize = 'unicode61 remove_diacritics 0');
