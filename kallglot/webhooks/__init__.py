"""What the outside is told of a session, and how: facts become public events here."""
