CREATE TABLE glossaries (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    terms TEXT NOT NULL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL
) STRICT;

CREATE INDEX glossaries_of_organization ON glossaries (organization_id, id);

-- A session keeps the terms it began with, whatever becomes of the glossary they were taken from.
CREATE TABLE session_glossaries (
    session_id TEXT PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    glossary_id TEXT,
    term_count INTEGER NOT NULL,
    terms TEXT NOT NULL,
    report TEXT NOT NULL
) STRICT;
