"""The process that runs engines: `python -m kallglot.speech.host ear|mind FD`.

The *ear* judges voices and does nothing else, so that nothing delays it.  The *mind* recognises,
translates and speaks, with a thread and a queue for each.  Both talk over the socket they were
given to `kallglot.speech.client`, end with it, and never write down what was said.

On a machine of its own, `mind --listen HOST:PORT` serves the media processes that call it.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from kallglot import log
from kallglot.errors import EngineError, ModelMissing, SettingsError
from kallglot.speech import wire
from kallglot.speech.catalogue import SpeechSettings, load_ear, load_mind
from kallglot.speech.earhost import EarHost
from kallglot.speech.mindhost import Guest, MindHost
from kallglot.speech.pipe import HostPipe
from kallglot.speech.reception import Reception
from kallglot.speech.secret import VARIABLE, read_secret

__all__ = ["main"]

logger = logging.getLogger("kallglot.speech.host")

Load = Callable[..., Any]

_PR_SET_PDEATHSIG = 1
#: The mind computes behind the media process and the ear, never before them.
_NICENESS = 5


def _die_with_parent() -> None:
    """End even when too busy to notice that the socket has closed; Linux only."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)


def _log(level: str) -> None:
    """Write where the parent writes, and as it does."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(log.FORMAT))
    handler.addFilter(log.WhoFilter())
    logging.basicConfig(level=level, handlers=[handler])
    logging.captureWarnings(capture=True)


def _factory(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    factory: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return factory


def _serve(role: str, load: Load, settings: SpeechSettings, pipe: HostPipe) -> None:
    """Load the engines, and answer until the other side is gone."""

    def progress(text: str) -> None:
        pipe.send(wire.Progress(text))

    try:
        engines = load(settings, progress)
    except (EngineError, SettingsError) as error:
        pipe.send(wire.Broken(str(error), isinstance(error, ModelMissing)))
        return
    host: EarHost | Guest
    if role == "ear":
        host = EarHost(engines, pipe.send)
        host.start()
    else:
        mind = MindHost(engines, settings.rows)
        mind.start()
        host = mind.welcome(pipe.send)
    for message in pipe.messages():
        host.receive(message)
    # Threads may be deep inside a model; nobody waits for what they find.
    os._exit(0)


def _listen(load: Load, settings: SpeechSettings, address: str, secret: bytes) -> None:
    """Load the engines, and answer whoever calls and knows the secret."""
    host, _, port = address.rpartition(":")
    listener = socket.create_server((host.strip("[]"), int(port)), backlog=128)
    mind = MindHost(load(settings, lambda text: logger.info("%s", text)), settings.rows)
    mind.start()
    logger.info("listening on %s:%d", *listener.getsockname()[:2])
    Reception(listener, secret, "mind", mind.welcome).serve()


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="kallglot.speech.host")
    parser.add_argument("role", choices=["ear", "mind"])
    parser.add_argument("fd", type=int, nargs="?", help="the socket to serve")
    parser.add_argument("--listen", metavar="HOST:PORT", help="serve whoever calls instead")
    parser.add_argument("--secret", metavar="FILE", help=f"what they must know, or set {VARIABLE}")
    parser.add_argument("--settings", default="{}", help="SpeechSettings as JSON")
    parser.add_argument("--log-level", default="INFO")
    parser.add_argument("--engines", help="module:function to load engines by, for tests")
    chosen = parser.parse_args(arguments)
    if (chosen.fd is None) == (chosen.listen is None):
        parser.error("give either FD or --listen")
    if chosen.listen is not None and chosen.role != "mind":
        parser.error("an ear stays on the machine of those whom it hears")
    return chosen


def main(arguments: Sequence[str] | None = None) -> None:
    chosen = _arguments(arguments)
    _log(chosen.log_level)
    settings = msgspec.json.decode(chosen.settings, type=SpeechSettings)
    own = load_ear if chosen.role == "ear" else load_mind
    load: Load = _factory(chosen.engines) if chosen.engines else own
    if chosen.listen is not None:
        try:
            _listen(load, settings, chosen.listen, read_secret(chosen.secret))
        except (EngineError, SettingsError, OSError) as error:
            sys.exit(f"kallglot.speech.host: {error}")
        return
    _die_with_parent()
    # A terminal or a service manager signals us too; the server alone says when it is over.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if chosen.role == "mind":
        os.nice(_NICENESS)
    _serve(chosen.role, load, settings, HostPipe(socket.socket(fileno=chosen.fd)))


if __name__ == "__main__":
    main()
