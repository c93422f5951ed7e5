-- How many days an organization keeps what: 0 is for ever, null as long as the server has it.
ALTER TABLE organizations ADD COLUMN recording_retention_days INTEGER;
ALTER TABLE organizations ADD COLUMN transcript_retention_days INTEGER;
ALTER TABLE organizations ADD COLUMN event_retention_days INTEGER;

-- A session that is to be deleted is out of sight from then on, and gone when its files are.
ALTER TABLE sessions ADD COLUMN deleted_at REAL;
-- When the words were deleted, because their time had run out.
ALTER TABLE sessions ADD COLUMN transcript_deleted_at REAL;

CREATE INDEX sessions_to_delete ON sessions (id) WHERE deleted_at IS NOT NULL;
CREATE INDEX sessions_with_words ON sessions (organization_id, ended_at)
    WHERE transcript_deleted_at IS NULL AND ended_at IS NOT NULL;

-- That somebody's data was erased, and how much of it; not whose.
CREATE TABLE erasures (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    environment TEXT NOT NULL,
    created_at REAL NOT NULL,
    report TEXT NOT NULL
) STRICT;

CREATE INDEX erasures_of_organization ON erasures (organization_id, environment, id);
