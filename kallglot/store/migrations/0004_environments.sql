-- Live and test keys see each their own sessions, and what comes of them.
ALTER TABLE sessions ADD COLUMN environment TEXT NOT NULL DEFAULT 'live';
ALTER TABLE events ADD COLUMN environment TEXT NOT NULL DEFAULT 'live';

CREATE INDEX events_of_organization ON events (organization_id, environment, position);
