CREATE TABLE agents (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    environment TEXT NOT NULL,
    profile TEXT NOT NULL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL
) STRICT;

CREATE INDEX agents_of_organization ON agents (organization_id, environment, id);

CREATE TABLE analyses (
    id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    request TEXT NOT NULL,
    status TEXT NOT NULL,
    measures TEXT,
    error TEXT,
    created_at REAL NOT NULL,
    completed_at REAL
) STRICT;

CREATE INDEX analyses_of_session ON analyses (session_id, id);
CREATE INDEX analyses_underway ON analyses (id) WHERE status = 'processing';

-- What a period was used for is read in the order in which sessions ended, those that live last.
CREATE INDEX sessions_used
    ON sessions (organization_id, environment, coalesce(ended_at, 1e12), id)
    WHERE started_at IS NOT NULL;

-- Who could open sessions could have said in each what an agent is told; now it can be kept.
UPDATE keys SET scopes = (
    SELECT json_group_array(scope) FROM (
        SELECT value AS scope FROM json_each(keys.scopes)
        UNION
        SELECT 'agents:' || substr(value, 10) FROM json_each(keys.scopes)
        WHERE value IN ('sessions:read', 'sessions:write')
        ORDER BY scope
    )
);

-- What a session used is to be paid for even if the session is deleted; nothing else is kept of it.
CREATE TABLE past_usage (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    environment TEXT NOT NULL,
    mode TEXT NOT NULL,
    participants TEXT NOT NULL,
    started_at REAL NOT NULL,
    ended_at REAL NOT NULL
) STRICT;

CREATE INDEX past_usage_of_organization
    ON past_usage (organization_id, environment, ended_at, id);

CREATE TRIGGER sessions_deleted BEFORE DELETE ON sessions WHEN old.started_at IS NOT NULL
BEGIN
    INSERT OR REPLACE INTO past_usage VALUES (
        old.id,
        old.organization_id,
        old.environment,
        old.mode,
        (
            SELECT json_group_array(
                json_object(
                    'key', value ->> 'key', 'type', value ->> 'type',
                    'language', value ->> 'language'
                )
            )
            FROM json_each(old.participants)
        ),
        old.started_at,
        coalesce(old.ended_at, unixepoch('subsec'))
    );
END;
