"""A whole session as one archive: written by the server, checked by whoever has it."""
