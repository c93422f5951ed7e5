"""What is known of languages without a model: numbers, spelling, glossaries.  Pure."""
