"""How far behind the speaker the interpreter is.  Pure.

`lagging`, `token_delay`, `playback` and `erasure` are the figures of the literature, from plain
numbers; `spans` and `interpretation` take those numbers from a transcript, and `summary` puts a
call into one object.
"""
