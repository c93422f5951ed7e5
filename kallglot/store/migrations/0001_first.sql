CREATE TABLE organizations (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_at REAL NOT NULL
) STRICT;

CREATE TABLE keys (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    environment TEXT NOT NULL CHECK (environment IN ('live', 'test')),
    hash BLOB NOT NULL UNIQUE,
    hint TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at REAL NOT NULL,
    expires_at REAL,
    revoked_at REAL
) STRICT;

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    mode TEXT NOT NULL,
    status TEXT NOT NULL,
    state TEXT,
    participants TEXT NOT NULL,
    routing TEXT NOT NULL,
    call_id TEXT GENERATED ALWAYS AS (json_extract(routing, '$.call_id')) VIRTUAL,
    source_language TEXT,
    target_language TEXT,
    is_recorded INTEGER NOT NULL,
    hearing_original TEXT NOT NULL,
    metadata TEXT,
    created_at REAL NOT NULL,
    started_at REAL,
    ended_at REAL,
    end_reason TEXT,
    reconnect_deadline REAL
) STRICT;

CREATE INDEX sessions_of_organization ON sessions (organization_id, id);
CREATE INDEX sessions_living ON sessions (id) WHERE status <> 'ended';
CREATE INDEX sessions_expecting ON sessions (call_id) WHERE status <> 'ended';

CREATE TABLE legs (
    id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    participant TEXT NOT NULL,
    status TEXT NOT NULL,
    direction TEXT NOT NULL,
    call_id TEXT,
    connected_at REAL NOT NULL,
    disconnected_at REAL
) STRICT;

CREATE INDEX legs_of_session ON legs (session_id, connected_at);

CREATE TABLE utterances (
    id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    sequence INTEGER NOT NULL,
    speaker TEXT NOT NULL,
    language TEXT,
    text TEXT NOT NULL,
    start_time REAL NOT NULL,
    end_time REAL NOT NULL,
    confidence REAL NOT NULL,
    is_sure INTEGER NOT NULL,
    renderings TEXT NOT NULL
) STRICT;

CREATE INDEX utterances_of_session ON utterances (session_id, sequence);

CREATE TABLE recordings (
    id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    channel TEXT NOT NULL,
    status TEXT NOT NULL,
    path TEXT NOT NULL,
    rate_hz INTEGER NOT NULL,
    created_at REAL NOT NULL,
    duration REAL NOT NULL,
    size INTEGER NOT NULL,
    expires_at REAL,
    deleted_at REAL
) STRICT;

CREATE INDEX recordings_of_session ON recordings (session_id, id);
CREATE INDEX recordings_expiring ON recordings (expires_at) WHERE deleted_at IS NULL;

-- Only tokens that have connected are kept, and of those only the hash.
CREATE TABLE stream_tokens (
    hash BLOB PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    connected_at REAL NOT NULL
) STRICT;

-- What the outside is to be told, in the order in which it happened.
CREATE TABLE events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    session_id TEXT NOT NULL,
    created_at REAL NOT NULL,
    body TEXT NOT NULL
) STRICT;

CREATE INDEX events_of_session ON events (session_id, position);

CREATE TABLE idempotency (
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    created_at REAL NOT NULL,
    status INTEGER,
    body BLOB,
    PRIMARY KEY (organization_id, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_aging ON idempotency (created_at);
