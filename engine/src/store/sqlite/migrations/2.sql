-- Events and sealed values are added at the end, and found by an index of small entries: an event is a third of a page, and put
-- into the middle of a tree it moves its neighbours each time.
CREATE TABLE event_appended (
    application BLOB    NOT NULL,
    version     INTEGER NOT NULL,
    digest      BLOB    NOT NULL CHECK (length(digest) = 32),
    bytes       BLOB    NOT NULL,
    PRIMARY KEY (application, version)
) STRICT;
INSERT INTO event_appended SELECT application, version, digest, bytes FROM event ORDER BY application, version;
DROP TABLE event;
ALTER TABLE event_appended RENAME TO event;

CREATE TABLE sealed_appended (
    application BLOB NOT NULL,
    commitment  BLOB NOT NULL CHECK (length(commitment) = 32),
    ciphertext  BLOB NOT NULL,
    PRIMARY KEY (application, commitment)
) STRICT;
INSERT INTO sealed_appended SELECT application, commitment, ciphertext FROM sealed ORDER BY application, commitment;
DROP TABLE sealed;
ALTER TABLE sealed_appended RENAME TO sealed;

PRAGMA user_version = 2;
