CREATE TABLE webhook_endpoints (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    environment TEXT NOT NULL,
    url TEXT NOT NULL,
    events TEXT NOT NULL,
    description TEXT,
    metadata TEXT,
    status TEXT NOT NULL CHECK (status IN ('enabled', 'disabled')),
    disabled_reason TEXT,
    secret BLOB NOT NULL,
    previous_secret BLOB,
    previous_expires_at REAL,
    -- For one thing only, such as an analysis with a `webhook_url`; not listed, and told of nothing.
    is_direct INTEGER NOT NULL DEFAULT 0,
    created_at REAL NOT NULL
) STRICT;

CREATE INDEX webhook_endpoints_of_organization
    ON webhook_endpoints (organization_id, environment, id);
CREATE UNIQUE INDEX webhook_endpoints_direct
    ON webhook_endpoints (organization_id, environment, url) WHERE is_direct;

-- One event for one endpoint.  `sequence` is the order in which events happened.
--
-- A lane is what must be kept in order: a session.  Only the first that is pending in a lane of an
-- endpoint has a time to be tried at; the others wait without one.  The three triggers below see
-- to that, in the same transaction as whatever happens, so it holds whenever the server is killed.
CREATE TABLE webhook_deliveries (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    endpoint_id TEXT NOT NULL REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
    event_position INTEGER REFERENCES events (position) ON DELETE CASCADE,
    event_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    session_id TEXT NOT NULL,
    lane TEXT NOT NULL,
    -- Only of what is not among the events.
    body TEXT,
    status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed')),
    tries INTEGER NOT NULL DEFAULT 0,
    attempt_count INTEGER NOT NULL DEFAULT 0,
    attempts TEXT NOT NULL DEFAULT '[]',
    next_attempt_at REAL,
    response_status INTEGER,
    created_at REAL NOT NULL,
    settled_at REAL
) STRICT;

CREATE INDEX webhook_deliveries_of_endpoint ON webhook_deliveries (endpoint_id, id);
CREATE INDEX webhook_deliveries_by_status ON webhook_deliveries (endpoint_id, status, id);
CREATE INDEX webhook_deliveries_of_event ON webhook_deliveries (event_position);
CREATE INDEX webhook_deliveries_of_session ON webhook_deliveries (session_id, endpoint_id, id);
CREATE INDEX webhook_deliveries_settled ON webhook_deliveries (settled_at)
    WHERE settled_at IS NOT NULL;
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (created_at)
    WHERE status = 'pending';
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (endpoint_id, lane, sequence)
    WHERE status = 'pending';
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, next_attempt_at, sequence)
    WHERE status = 'pending' AND next_attempt_at IS NOT NULL;

-- Who is to be told of an event is settled when it is kept.  The id has the time of the event, its
-- place in the order of events, and 40 random bits, in the letters of a ULID.
CREATE TRIGGER webhook_fan_out AFTER INSERT ON events BEGIN
    INSERT INTO webhook_deliveries (
        id, endpoint_id, event_position, event_id, event_type, session_id, lane, created_at,
        next_attempt_at
    )
    SELECT
        'wh_del_' || substr(NEW.id, 5, 10) || printf('%06X', NEW.position & 16777215)
            || hex(randomblob(5)),
        endpoint.id, NEW.position, NEW.id, NEW.type, NEW.session_id, NEW.session_id,
        NEW.created_at,
        CASE WHEN EXISTS (
            SELECT 1 FROM webhook_deliveries AS earlier WHERE earlier.endpoint_id = endpoint.id
                AND earlier.lane = NEW.session_id AND earlier.status = 'pending'
        ) THEN NULL ELSE NEW.created_at END
    FROM webhook_endpoints AS endpoint
    WHERE endpoint.organization_id = NEW.organization_id
        AND endpoint.environment = NEW.environment
        AND endpoint.status = 'enabled'
        AND NOT endpoint.is_direct
        AND (
            endpoint.events = '["*"]'
            OR EXISTS (SELECT 1 FROM json_each(endpoint.events) WHERE value = NEW.type)
        );
END;

CREATE TRIGGER webhook_next_after_settled AFTER UPDATE OF status ON webhook_deliveries
WHEN OLD.status = 'pending' AND NEW.status <> 'pending' BEGIN
    UPDATE webhook_deliveries SET next_attempt_at = created_at
    WHERE next_attempt_at IS NULL AND sequence = (
        SELECT min(sequence) FROM webhook_deliveries
        WHERE endpoint_id = OLD.endpoint_id AND lane = OLD.lane AND status = 'pending'
    );
END;

CREATE TRIGGER webhook_next_after_deleted AFTER DELETE ON webhook_deliveries
WHEN OLD.status = 'pending' BEGIN
    UPDATE webhook_deliveries SET next_attempt_at = created_at
    WHERE next_attempt_at IS NULL AND sequence = (
        SELECT min(sequence) FROM webhook_deliveries
        WHERE endpoint_id = OLD.endpoint_id AND lane = OLD.lane AND status = 'pending'
    );
END;
