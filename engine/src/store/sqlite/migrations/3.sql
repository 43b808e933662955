-- Words by which applications are found, as keyed hashes: in the order of the pages that are asked for.
CREATE TABLE word (
    hash         BLOB    NOT NULL CHECK (length(hash) = 16),
    submitted_at INTEGER NOT NULL,
    application  BLOB    NOT NULL,
    PRIMARY KEY (hash, submitted_at, application)
) STRICT, WITHOUT ROWID;
CREATE INDEX word_of ON word (application);

-- What reports count, each an event; amounts in ten-thousandths of the currency's unit.
CREATE TABLE counted (
    programme   TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    application BLOB    NOT NULL,
    version     INTEGER NOT NULL,
    what        TEXT    NOT NULL,
    stage       TEXT,
    parts       INTEGER NOT NULL,
    currency    TEXT,
    PRIMARY KEY (programme, at, application, version)
) STRICT, WITHOUT ROWID;

-- Applications whose words and counts are still to be recorded: names are sealed, and only a daemon can open them.
CREATE TABLE unfilled (
    application BLOB NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
INSERT INTO unfilled (application) SELECT id FROM application;

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
