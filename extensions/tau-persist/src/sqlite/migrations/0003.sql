-- Version 3. This file never changes: databases that it made exist. A change is a new file.

-- A page of a list is read by its key, in either direction, however many sessions there are.
CREATE INDEX session_updated ON session (updated, name) WHERE deleted IS NULL;
CREATE INDEX session_created ON session (created, name) WHERE deleted IS NULL;
