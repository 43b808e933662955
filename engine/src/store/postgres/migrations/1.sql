-- The first schema. Instants are whole microseconds since 1970 UTC; digests are 32 bytes. Texts are compared byte by byte.
CREATE TABLE annona_schema (
    id      BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL
);

-- Which installation this is: the folders that its daemons share are marked with the same.
CREATE TABLE installation (
    id   BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    name UUID   NOT NULL
);
INSERT INTO installation (id, name) VALUES (1, gen_random_uuid());

CREATE TABLE application (
    id           UUID             NOT NULL PRIMARY KEY,
    reference    TEXT COLLATE "C" NOT NULL UNIQUE,
    programme    TEXT COLLATE "C" NOT NULL,
    definition   BYTEA            NOT NULL CHECK (length(definition) = 32),
    version      BIGINT           NOT NULL CHECK (version > 0),
    status       TEXT COLLATE "C" NOT NULL,
    stage        TEXT COLLATE "C",
    submitted_at BIGINT           NOT NULL,
    changed_at   BIGINT           NOT NULL,
    erase_at     BIGINT,
    -- The row itself, in deterministic CBOR; the columns before it are derived from it.
    state        BYTEA            NOT NULL
);
CREATE INDEX application_newest ON application (submitted_at, id);
CREATE INDEX application_by_programme ON application (programme, submitted_at, id);
CREATE INDEX application_by_status ON application (status, submitted_at, id);
CREATE INDEX application_open_on ON application (definition)
    WHERE status IN ('in_review', 'with_applicant', 'held');
CREATE INDEX application_to_erase ON application (erase_at, id) WHERE erase_at IS NOT NULL;

CREATE TABLE event (
    application UUID   NOT NULL,
    version     BIGINT NOT NULL,
    digest      BYTEA  NOT NULL CHECK (length(digest) = 32),
    bytes       BYTEA  NOT NULL,
    PRIMARY KEY (application, version)
) PARTITION BY HASH (application);
CREATE TABLE event_00 PARTITION OF event FOR VALUES WITH (MODULUS 16, REMAINDER 0);
CREATE TABLE event_01 PARTITION OF event FOR VALUES WITH (MODULUS 16, REMAINDER 1);
CREATE TABLE event_02 PARTITION OF event FOR VALUES WITH (MODULUS 16, REMAINDER 2);
CREATE TABLE event_03 PARTITION OF event FOR VALUES WITH (MODULUS 16, REMAINDER 3);
CREATE TABLE event_04 PARTITION OF event FOR VALUES WITH (MODULUS 16, REMAINDER 4);
CREATE TABLE event_05 PARTITION OF event FOR VALUES WITH (MODULUS 16, REMAINDER 5);
CREATE TABLE event_06 PARTITION OF event FOR VALUES WITH (MODULUS 16, REMAINDER 6);
CREATE TABLE event_07 PARTITION OF event FOR VALUES WITH (MODULUS 16, REMAINDER 7);
CREATE TABLE event_08 PARTITION OF event FOR VALUES WITH (MODULUS 16, REMAINDER 8);
CREATE TABLE event_09 PARTITION OF event FOR VALUES WITH (MODULUS 16, REMAINDER 9);
CREATE TABLE event_10 PARTITION OF event FOR VALUES WITH (MODULUS 16, REMAINDER 10);
CREATE TABLE event_11 PARTITION OF event FOR VALUES WITH (MODULUS 16, REMAINDER 11);
CREATE TABLE event_12 PARTITION OF event FOR VALUES WITH (MODULUS 16, REMAINDER 12);
CREATE TABLE event_13 PARTITION OF event FOR VALUES WITH (MODULUS 16, REMAINDER 13);
CREATE TABLE event_14 PARTITION OF event FOR VALUES WITH (MODULUS 16, REMAINDER 14);
CREATE TABLE event_15 PARTITION OF event FOR VALUES WITH (MODULUS 16, REMAINDER 15);

CREATE TABLE data_key (
    application UUID  NOT NULL PRIMARY KEY,
    wrapped     BYTEA NOT NULL
);

CREATE TABLE sealed (
    application UUID  NOT NULL,
    commitment  BYTEA NOT NULL CHECK (length(commitment) = 32),
    ciphertext  BYTEA NOT NULL,
    PRIMARY KEY (application, commitment)
);

-- Of the form, whose contacts a correction replaces, or (`signed_in`) that with which the applicant sent it.
CREATE TABLE contact (
    hash        BYTEA   NOT NULL CHECK (length(hash) = 32),
    application UUID    NOT NULL,
    signed_in   BOOLEAN NOT NULL,
    PRIMARY KEY (hash, application, signed_in)
);
CREATE INDEX contact_of ON contact (application, signed_in);

CREATE TABLE once_per (
    key         BYTEA  NOT NULL PRIMARY KEY CHECK (length(key) = 32),
    application UUID   NOT NULL,
    rule        BIGINT NOT NULL,
    approved_at BIGINT
);
CREATE INDEX once_per_of ON once_per (application, rule);

-- Open tasks; `due` of one without a deadline is the greatest integer, so that it comes last.
CREATE TABLE task (
    application UUID             NOT NULL,
    number      BIGINT           NOT NULL,
    programme   TEXT COLLATE "C" NOT NULL,
    stage       TEXT COLLATE "C" NOT NULL,
    role        TEXT COLLATE "C" NOT NULL,
    opened_at   BIGINT           NOT NULL,
    due         BIGINT           NOT NULL,
    claimed_by  TEXT COLLATE "C",
    PRIMARY KEY (application, number)
);
CREATE INDEX task_claimed ON task (claimed_by, due, application, number) WHERE claimed_by IS NOT NULL;

-- The queues: a task stands in that of its role and of each role it was escalated to.
CREATE TABLE queue (
    programme   TEXT COLLATE "C" NOT NULL,
    role        TEXT COLLATE "C" NOT NULL,
    due         BIGINT           NOT NULL,
    application UUID             NOT NULL,
    number      BIGINT           NOT NULL,
    stage       TEXT COLLATE "C" NOT NULL,
    claimed     BOOLEAN          NOT NULL,
    PRIMARY KEY (programme, role, due, application, number)
);
CREATE INDEX queue_of ON queue (application);

-- `rule` is the position in `if_late`, or -1 for the end of the applicant's time to answer.
CREATE TABLE timer (
    application UUID   NOT NULL,
    task        BIGINT NOT NULL,
    rule        BIGINT NOT NULL,
    due         BIGINT NOT NULL,
    -- Until when a daemon that took it has to fire it.
    taken_until BIGINT,
    PRIMARY KEY (application, task, rule)
);
CREATE INDEX timer_due ON timer (due, application, task, rule);

CREATE TABLE voucher (
    application UUID             NOT NULL PRIMARY KEY,
    id          UUID             NOT NULL UNIQUE,
    number      TEXT COLLATE "C" NOT NULL UNIQUE,
    list        BIGINT           NOT NULL,
    position    BIGINT           NOT NULL,
    programme   TEXT COLLATE "C" NOT NULL,
    expires_at  BIGINT           NOT NULL,
    status      TEXT COLLATE "C" NOT NULL,
    amount      TEXT COLLATE "C" NOT NULL,
    balance     TEXT COLLATE "C" NOT NULL,
    currency    TEXT COLLATE "C" NOT NULL,
    UNIQUE (list, position)
);
CREATE INDEX voucher_ends ON voucher (programme, expires_at, application)
    WHERE status IN ('active', 'part_redeemed');

CREATE TABLE redemption (
    application UUID             NOT NULL,
    number      BIGINT           NOT NULL,
    provider    TEXT COLLATE "C" NOT NULL,
    amount      TEXT COLLATE "C" NOT NULL,
    at          BIGINT           NOT NULL,
    PRIMARY KEY (application, number)
);

-- A notice of an application in CBOR, or the sealed message of a sign-in.
CREATE TABLE outbox (
    id          BIGINT           NOT NULL GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    application UUID,
    sign_in     UUID,
    content     BYTEA            NOT NULL,
    -- Its place in the line of its application: when it was first due.
    since       BIGINT           NOT NULL,
    -- When it is tried next.
    due         BIGINT           NOT NULL,
    attempts    BIGINT           NOT NULL DEFAULT 0,
    parked      BOOLEAN          NOT NULL DEFAULT FALSE,
    cause       TEXT COLLATE "C",
    -- Until when a daemon that took it has to say what became of it, unless it takes longer.
    taken_until BIGINT,
    CHECK ((application IS NULL) <> (sign_in IS NULL))
);
CREATE INDEX outbox_due ON outbox (due, id) WHERE NOT parked;
CREATE INDEX outbox_of ON outbox (application, since, id) WHERE application IS NOT NULL;
CREATE INDEX outbox_sign_in ON outbox (sign_in) WHERE sign_in IS NOT NULL;

CREATE TABLE incident (
    id          BIGINT           NOT NULL GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    application UUID,
    delivery    BIGINT           UNIQUE,
    since       BIGINT           NOT NULL,
    cause       TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX incident_of ON incident (application) WHERE delivery IS NULL;

CREATE TABLE idempotency (
    scope       BYTEA  NOT NULL PRIMARY KEY CHECK (length(scope) = 32),
    request     BYTEA  NOT NULL CHECK (length(request) = 32),
    application UUID   NOT NULL,
    first       BIGINT NOT NULL,
    last        BIGINT NOT NULL,
    at          BIGINT NOT NULL
);
CREATE INDEX idempotency_at ON idempotency (at);

CREATE TABLE definition (
    digest      BYTEA            NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    programme   TEXT COLLATE "C" NOT NULL,
    number      BIGINT           NOT NULL CHECK (number > 0),
    source      BYTEA            NOT NULL,
    deployed_at BIGINT           NOT NULL,
    by          TEXT COLLATE "C" NOT NULL,
    UNIQUE (programme, number)
);

CREATE TABLE roster (
    version BIGINT           NOT NULL PRIMARY KEY,
    digest  BYTEA            NOT NULL CHECK (length(digest) = 32),
    bytes   BYTEA            NOT NULL,
    roster  TEXT COLLATE "C" NOT NULL
);

-- Of a person or provider (`owner`), or an applicant's session (`programme` and `contact`).
CREATE TABLE token (
    id         UUID             NOT NULL PRIMARY KEY,
    hash       BYTEA            NOT NULL UNIQUE CHECK (length(hash) = 32),
    owner      TEXT COLLATE "C",
    programme  TEXT COLLATE "C",
    contact    BYTEA,
    label      TEXT COLLATE "C" NOT NULL,
    created_at BIGINT           NOT NULL,
    expires_at BIGINT,
    CHECK ((owner IS NULL) = (contact IS NOT NULL) AND (owner IS NULL) = (programme IS NOT NULL))
);
CREATE INDEX token_session_ends ON token (expires_at) WHERE owner IS NULL;

CREATE TABLE sign_in (
    id         UUID             NOT NULL PRIMARY KEY,
    code       BYTEA            NOT NULL CHECK (length(code) = 32),
    programme  TEXT COLLATE "C" NOT NULL,
    contact    BYTEA            NOT NULL CHECK (length(contact) = 32),
    created_at BIGINT           NOT NULL,
    expires_at BIGINT           NOT NULL,
    tries_left BIGINT           NOT NULL CHECK (tries_left >= 0)
);
CREATE INDEX sign_in_ends ON sign_in (expires_at);

CREATE TABLE document (
    id          UUID             NOT NULL PRIMARY KEY,
    sha256      BYTEA            NOT NULL CHECK (length(sha256) = 32),
    size        BIGINT           NOT NULL,
    media_type  TEXT COLLATE "C" NOT NULL,
    file        TEXT COLLATE "C" NOT NULL,
    key         BYTEA            NOT NULL,
    uploader    BYTEA            NOT NULL CHECK (length(uploader) = 32),
    uploaded_at BIGINT           NOT NULL,
    application UUID,
    -- Its application is erased: it has no key any more, nobody may use it, and its file is to go.
    discarded   BOOLEAN          NOT NULL DEFAULT FALSE
);
CREATE INDEX document_of ON document (application) WHERE application IS NOT NULL;
CREATE INDEX document_unreferenced ON document (uploaded_at, id) WHERE application IS NULL;
CREATE INDEX document_discarded ON document (uploaded_at, id) WHERE discarded;

CREATE TABLE schedule_run (
    programme TEXT COLLATE "C" NOT NULL,
    name      TEXT COLLATE "C" NOT NULL,
    at        BIGINT           NOT NULL,
    PRIMARY KEY (programme, name)
);

-- One row, rewritten to learn whether the store can be written.
CREATE TABLE probe (
    id    BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    tries BIGINT NOT NULL
);
INSERT INTO probe (id, tries) VALUES (1, 0);
