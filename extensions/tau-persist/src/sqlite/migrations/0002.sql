-- Version 2. This file never changes: databases that it made exist. A change is a new file.

-- Bytes of the bodies of a session's events, so that a list of sessions need not read them.
ALTER TABLE session ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
UPDATE session SET bytes = (
  SELECT coalesce(sum(length(coalesce(event.body, blob.body))), 0)
  FROM event LEFT JOIN blob ON blob.id = event.blob WHERE event.session = session.id
);
