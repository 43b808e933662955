-- Words by which applications are found, as keyed hashes: in the order of the pages that are asked for.
CREATE TABLE word (
    hash         BYTEA  NOT NULL CHECK (length(hash) = 16),
    submitted_at BIGINT NOT NULL,
    application  UUID   NOT NULL,
    PRIMARY KEY (hash, submitted_at, application)
);
CREATE INDEX word_of ON word (application);

-- Applications whose words are still to be recorded: their names are sealed, and only a daemon can open them.
CREATE TABLE word_pending (
    application UUID NOT NULL PRIMARY KEY
);
INSERT INTO word_pending (application) SELECT id FROM application;

-- A queue is read stage by stage: a stage of few tasks is found at once among many others of its role.
ALTER TABLE queue DROP CONSTRAINT queue_pkey, ADD PRIMARY KEY (programme, role, stage, due, application, number);
