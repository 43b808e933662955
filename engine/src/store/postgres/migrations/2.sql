-- Words by which applications are found, as keyed hashes: in the order of the pages that are asked for.
CREATE TABLE word (
    hash         BYTEA  NOT NULL CHECK (length(hash) = 16),
    submitted_at BIGINT NOT NULL,
    application  UUID   NOT NULL,
    PRIMARY KEY (hash, submitted_at, application)
);
CREATE INDEX word_of ON word (application);

-- What reports count, each an event; amounts in ten-thousandths of the currency's unit.
CREATE TABLE counted (
    programme   TEXT COLLATE "C" NOT NULL,
    at          BIGINT           NOT NULL,
    application UUID             NOT NULL,
    version     BIGINT           NOT NULL,
    what        TEXT COLLATE "C" NOT NULL,
    stage       TEXT COLLATE "C",
    parts       BIGINT           NOT NULL,
    currency    TEXT COLLATE "C",
    PRIMARY KEY (programme, at, application, version)
);

-- Applications whose words and counts are still to be recorded: names are sealed, and only a daemon can open them.
CREATE TABLE unfilled (
    application UUID NOT NULL PRIMARY KEY
);
INSERT INTO unfilled (application) SELECT id FROM application;

-- A queue is read stage by stage: a stage of few tasks is found at once among many others of its role.
ALTER TABLE queue DROP CONSTRAINT queue_pkey, ADD PRIMARY KEY (programme, role, stage, due, application, number);
