"""How the demonstration models are made; nothing here runs in a server."""
