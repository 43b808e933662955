-- Words by which applications are found, as keyed hashes: in the order of the pages that are asked for.
CREATE TABLE word (
    hash         BLOB    NOT NULL CHECK (length(hash) = 16),
    submitted_at INTEGER NOT NULL,
    application  BLOB    NOT NULL,
    PRIMARY KEY (hash, submitted_at, application)
) STRICT, WITHOUT ROWID;
CREATE INDEX word_of ON word (application);

-- Applications whose words are still to be recorded: their names are sealed, and only a daemon can open them.
CREATE TABLE word_pending (
    application BLOB NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
INSERT INTO word_pending (application) SELECT id FROM application;

-- A queue is read stage by stage: a stage of few tasks is found at once among many others of its role.
CREATE TABLE queue_by_stage (
    programme   TEXT    NOT NULL,
    role        TEXT    NOT NULL,
    stage       TEXT    NOT NULL,
    due         INTEGER NOT NULL,
    application BLOB    NOT NULL,
    number      INTEGER NOT NULL,
    claimed     INTEGER NOT NULL CHECK (claimed IN (0, 1)),
    PRIMARY KEY (programme, role, stage, due, application, number)
) STRICT, WITHOUT ROWID;
INSERT INTO queue_by_stage SELECT programme, role, stage, due, application, number, claimed FROM queue;
DROP TABLE queue;
ALTER TABLE queue_by_stage RENAME TO queue;
CREATE INDEX queue_of ON queue (application);

PRAGMA user_version = 3;
