-- The first schema. Instants are whole microseconds since 1970 UTC; ids are 16 bytes, digests 32.
PRAGMA application_id = 1097756271;

CREATE TABLE application (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    reference    TEXT    NOT NULL UNIQUE,
    programme    TEXT    NOT NULL,
    definition   BLOB    NOT NULL CHECK (length(definition) = 32),
    version      INTEGER NOT NULL CHECK (version > 0),
    status       TEXT    NOT NULL,
    stage        TEXT,
    submitted_at INTEGER NOT NULL,
    changed_at   INTEGER NOT NULL,
    erase_at     INTEGER,
    -- The row itself, in deterministic CBOR; the columns before it are derived from it.
    state        BLOB    NOT NULL
) STRICT;
CREATE INDEX application_newest ON application (submitted_at, id);
CREATE INDEX application_by_programme ON application (programme, submitted_at, id);
CREATE INDEX application_by_status ON application (status, submitted_at, id);
CREATE INDEX application_open_on ON application (definition)
    WHERE status IN ('in_review', 'with_applicant', 'held');
CREATE INDEX application_to_erase ON application (erase_at, id) WHERE erase_at IS NOT NULL;

CREATE TABLE event (
    application BLOB    NOT NULL,
    version     INTEGER NOT NULL,
    digest      BLOB    NOT NULL CHECK (length(digest) = 32),
    bytes       BLOB    NOT NULL,
    PRIMARY KEY (application, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE data_key (
    application BLOB NOT NULL PRIMARY KEY,
    wrapped     BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sealed (
    application BLOB NOT NULL,
    commitment  BLOB NOT NULL CHECK (length(commitment) = 32),
    ciphertext  BLOB NOT NULL,
    PRIMARY KEY (application, commitment)
) STRICT, WITHOUT ROWID;

-- Of the form, whose contacts a correction replaces, or (`signed_in`) that with which the applicant sent it.
CREATE TABLE contact (
    hash        BLOB    NOT NULL CHECK (length(hash) = 32),
    application BLOB    NOT NULL,
    signed_in   INTEGER NOT NULL CHECK (signed_in IN (0, 1)),
    PRIMARY KEY (hash, application, signed_in)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_of ON contact (application, signed_in);

CREATE TABLE once_per (
    key         BLOB    NOT NULL PRIMARY KEY CHECK (length(key) = 32),
    application BLOB    NOT NULL,
    rule        INTEGER NOT NULL,
    approved_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX once_per_of ON once_per (application, rule);

-- Open tasks; `due` of one without a deadline is the greatest integer, so that it comes last.
CREATE TABLE task (
    application BLOB    NOT NULL,
    number      INTEGER NOT NULL,
    programme   TEXT    NOT NULL,
    stage       TEXT    NOT NULL,
    role        TEXT    NOT NULL,
    opened_at   INTEGER NOT NULL,
    due         INTEGER NOT NULL,
    claimed_by  TEXT,
    PRIMARY KEY (application, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX task_claimed ON task (claimed_by, due, application, number) WHERE claimed_by IS NOT NULL;

-- The queues: a task stands in that of its role and of each role it was escalated to.
CREATE TABLE queue (
    programme   TEXT    NOT NULL,
    role        TEXT    NOT NULL,
    due         INTEGER NOT NULL,
    application BLOB    NOT NULL,
    number      INTEGER NOT NULL,
    stage       TEXT    NOT NULL,
    claimed     INTEGER NOT NULL CHECK (claimed IN (0, 1)),
    PRIMARY KEY (programme, role, due, application, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_of ON queue (application);

-- `rule` is the position in `if_late`, or -1 for the end of the applicant's time to answer.
CREATE TABLE timer (
    application BLOB    NOT NULL,
    task        INTEGER NOT NULL,
    rule        INTEGER NOT NULL,
    due         INTEGER NOT NULL,
    PRIMARY KEY (application, task, rule)
) STRICT, WITHOUT ROWID;
CREATE INDEX timer_due ON timer (due);

CREATE TABLE voucher (
    application BLOB    NOT NULL PRIMARY KEY,
    id          BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    number      TEXT    NOT NULL UNIQUE,
    list        INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    programme   TEXT    NOT NULL,
    expires_at  INTEGER NOT NULL,
    status      TEXT    NOT NULL,
    amount      TEXT    NOT NULL,
    balance     TEXT    NOT NULL,
    currency    TEXT    NOT NULL,
    UNIQUE (list, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX voucher_ends ON voucher (programme, expires_at)
    WHERE status IN ('active', 'part_redeemed');

CREATE TABLE redemption (
    application BLOB    NOT NULL,
    number      INTEGER NOT NULL,
    provider    TEXT    NOT NULL,
    amount      TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (application, number)
) STRICT, WITHOUT ROWID;

-- A notice of an application in CBOR, or the sealed message of a sign-in.
CREATE TABLE outbox (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    application BLOB,
    sign_in     BLOB,
    content     BLOB    NOT NULL,
    -- Its place in the line of its application: when it was first due.
    since       INTEGER NOT NULL,
    -- When it is tried next.
    due         INTEGER NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    parked      INTEGER NOT NULL DEFAULT 0 CHECK (parked IN (0, 1)),
    cause       TEXT,
    CHECK ((application IS NULL) <> (sign_in IS NULL))
) STRICT;
CREATE INDEX outbox_due ON outbox (due, id) WHERE parked = 0;
CREATE INDEX outbox_of ON outbox (application, since, id) WHERE application IS NOT NULL;
CREATE INDEX outbox_sign_in ON outbox (sign_in) WHERE sign_in IS NOT NULL;

CREATE TABLE incident (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    application BLOB,
    delivery    INTEGER UNIQUE,
    since       INTEGER NOT NULL,
    cause       TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX incident_of ON incident (application) WHERE delivery IS NULL;

CREATE TABLE idempotency (
    scope       BLOB    NOT NULL PRIMARY KEY CHECK (length(scope) = 32),
    request     BLOB    NOT NULL CHECK (length(request) = 32),
    application BLOB    NOT NULL,
    first       INTEGER NOT NULL,
    last        INTEGER NOT NULL,
    at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_at ON idempotency (at);

CREATE TABLE definition (
    digest      BLOB    NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    programme   TEXT    NOT NULL,
    number      INTEGER NOT NULL CHECK (number > 0),
    source      BLOB    NOT NULL,
    deployed_at INTEGER NOT NULL,
    by          TEXT    NOT NULL,
    UNIQUE (programme, number)
) STRICT;

CREATE TABLE roster (
    version INTEGER NOT NULL PRIMARY KEY,
    digest  BLOB    NOT NULL CHECK (length(digest) = 32),
    bytes   BLOB    NOT NULL,
    roster  TEXT    NOT NULL
) STRICT;

-- Of a person or provider (`owner`), or an applicant's session (`programme` and `contact`).
CREATE TABLE token (
    id         BLOB    NOT NULL PRIMARY KEY,
    hash       BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    owner      TEXT,
    programme  TEXT,
    contact    BLOB,
    label      TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    CHECK ((owner IS NULL) = (contact IS NOT NULL) AND (owner IS NULL) = (programme IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX token_session_ends ON token (expires_at) WHERE owner IS NULL;

CREATE TABLE sign_in (
    id         BLOB    NOT NULL PRIMARY KEY,
    code       BLOB    NOT NULL CHECK (length(code) = 32),
    programme  TEXT    NOT NULL,
    contact    BLOB    NOT NULL CHECK (length(contact) = 32),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    tries_left INTEGER NOT NULL CHECK (tries_left >= 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_ends ON sign_in (expires_at);

CREATE TABLE document (
    id          BLOB    NOT NULL PRIMARY KEY,
    sha256      BLOB    NOT NULL CHECK (length(sha256) = 32),
    size        INTEGER NOT NULL,
    media_type  TEXT    NOT NULL,
    file        TEXT    NOT NULL,
    key         BLOB    NOT NULL,
    uploader    BLOB    NOT NULL CHECK (length(uploader) = 32),
    uploaded_at INTEGER NOT NULL,
    application BLOB,
    -- Its application is erased: it has no key any more, nobody may use it, and its file is to go.
    discarded   INTEGER NOT NULL DEFAULT 0 CHECK (discarded IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX document_of ON document (application) WHERE application IS NOT NULL;
CREATE INDEX document_unreferenced ON document (uploaded_at, id) WHERE application IS NULL;
CREATE INDEX document_discarded ON document (uploaded_at, id) WHERE discarded = 1;

CREATE TABLE schedule_run (
    programme TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (programme, name)
) STRICT, WITHOUT ROWID;

-- One row, rewritten to learn whether the store can be written.
CREATE TABLE probe (
    id    INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    tries INTEGER NOT NULL
) STRICT;
INSERT INTO probe (id, tries) VALUES (1, 0);

PRAGMA user_version = 1;
