"""What the API answers with and the store keeps: frozen attrs classes, a noun per file."""
