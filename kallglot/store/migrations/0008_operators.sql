-- An operator's key belongs to no organization.
CREATE TABLE keys_of_all (
    id TEXT PRIMARY KEY,
    organization_id TEXT REFERENCES organizations (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    environment TEXT NOT NULL CHECK (environment IN ('live', 'test')),
    hash BLOB NOT NULL UNIQUE,
    hint TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at REAL NOT NULL,
    expires_at REAL,
    revoked_at REAL,
    last_used_at REAL
) STRICT;

INSERT INTO keys_of_all (
    id, organization_id, name, environment, hash, hint, scopes, created_at, expires_at, revoked_at
)
SELECT
    id, organization_id, name, environment, hash, hint, scopes, created_at, expires_at, revoked_at
FROM keys;

DROP TABLE keys;
ALTER TABLE keys_of_all RENAME TO keys;

CREATE INDEX keys_of_organization ON keys (organization_id, id);

-- What an organization may; null is as much as it likes.
ALTER TABLE organizations ADD COLUMN status TEXT NOT NULL DEFAULT 'active'
    CHECK (status IN ('active', 'inactive', 'suspended'));
ALTER TABLE organizations ADD COLUMN rate_limit INTEGER;
ALTER TABLE organizations ADD COLUMN max_concurrent_sessions INTEGER;
ALTER TABLE organizations ADD COLUMN api_credits INTEGER;

-- How many credits an organization has used in a month such as 2026-11.
CREATE TABLE credits (
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    period TEXT NOT NULL,
    used INTEGER NOT NULL,
    PRIMARY KEY (organization_id, period)
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_living_of_organization ON sessions (organization_id)
    WHERE status <> 'ended';

-- Live and test keys see each their own glossaries.
ALTER TABLE glossaries ADD COLUMN environment TEXT NOT NULL DEFAULT 'live';

DROP INDEX glossaries_of_organization;
CREATE INDEX glossaries_of_organization ON glossaries (organization_id, environment, id);

-- Answers are kept with what was done for them; what is being worked on is not in the database.
CREATE TABLE answers (
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    environment TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    created_at REAL NOT NULL,
    status INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (organization_id, environment, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX answers_aging ON answers (created_at);

DROP TABLE idempotency;

-- Who did what to whose.  It outlives what it is about, so nothing here refers to another table.
CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    at REAL NOT NULL,
    organization_id TEXT,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    request_id TEXT,
    details TEXT NOT NULL
) STRICT;

CREATE INDEX audit_of_organization ON audit (organization_id, id);
