"""The part of Kallglot that knows calls and languages, but no actors and no sockets."""

__version__ = "0.1.0"
