-- Accounts with carriers.  One without an organization is the operator's.
CREATE TABLE connections (
    id TEXT PRIMARY KEY,
    organization_id TEXT REFERENCES organizations (id) ON DELETE CASCADE,
    environment TEXT NOT NULL CHECK (environment IN ('live', 'test')),
    provider TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'disabled')),
    is_default INTEGER NOT NULL DEFAULT 0,
    secondary_id TEXT REFERENCES connections (id) ON DELETE SET NULL,
    -- As JSON, sealed in the vault.
    credentials BLOB NOT NULL,
    hints TEXT NOT NULL,
    account TEXT,
    verified_at REAL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL
) STRICT;

CREATE INDEX connections_of_organization ON connections (organization_id, environment, id);
CREATE INDEX connections_secondary ON connections (secondary_id) WHERE secondary_id IS NOT NULL;
CREATE UNIQUE INDEX connections_default
    ON connections (coalesce(organization_id, ''), environment) WHERE is_default;

-- Managed telephone numbers; each is one organization's.
CREATE TABLE phone_numbers (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    environment TEXT NOT NULL CHECK (environment IN ('live', 'test')),
    number TEXT NOT NULL UNIQUE,
    provider TEXT NOT NULL,
    connection_id TEXT REFERENCES connections (id),
    carrier_id TEXT,
    status TEXT NOT NULL CHECK (status IN ('active', 'inactive')),
    -- Null: the organization's own application answers.
    profile TEXT,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL
) STRICT;

CREATE INDEX phone_numbers_of_organization ON phone_numbers (organization_id, environment, id);
CREATE INDEX phone_numbers_of_connection ON phone_numbers (connection_id);

-- Counts changes to both, so that whoever keeps them in memory sees that somebody else, such as the
-- command line, has made one.
CREATE TABLE telephony (revision INTEGER NOT NULL) STRICT;
INSERT INTO telephony VALUES (0);

CREATE TRIGGER telephony_connection_made AFTER INSERT ON connections BEGIN
    UPDATE telephony SET revision = revision + 1;
END;
CREATE TRIGGER telephony_connection_changed AFTER UPDATE ON connections BEGIN
    UPDATE telephony SET revision = revision + 1;
END;
CREATE TRIGGER telephony_connection_gone AFTER DELETE ON connections BEGIN
    UPDATE telephony SET revision = revision + 1;
END;
CREATE TRIGGER telephony_number_made AFTER INSERT ON phone_numbers BEGIN
    UPDATE telephony SET revision = revision + 1;
END;
CREATE TRIGGER telephony_number_changed AFTER UPDATE ON phone_numbers BEGIN
    UPDATE telephony SET revision = revision + 1;
END;
CREATE TRIGGER telephony_number_gone AFTER DELETE ON phone_numbers BEGIN
    UPDATE telephony SET revision = revision + 1;
END;
