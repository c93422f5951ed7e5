"""The HTTP API: aiohttp, a resource per file, errors as statuses in `errors.py` alone."""
