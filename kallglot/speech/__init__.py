"""Engines behind protocols: voice activity, recognition, translation, synthesis.

`engines` says what an engine is, `service` what a call asks of them all.  They run in child
processes (`host`), because inference holds the interpreter and would make sound stutter;
`client` is the service as the event loop sees it.  Only here are torch and transformers used.
"""
