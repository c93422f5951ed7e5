"""Every test leaves nothing behind, and most of them see time jump."""

from __future__ import annotations

import asyncio
import os
from typing import Any

# Before numpy is loaded: on few cores, threads for small sums take longer than the sums.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pykka
import pytest

from tests.autojump import AutojumpLoop

#: The rings whose tests wait for sockets, threads or processes.
REAL_TIME = ("tests/api/", "tests/calls/", "tests/store/", "tests/commands/", "tests/demo/")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--record", action="store_true", help="write the examples of the reference anew"
    )


def pytest_asyncio_loop_factories(config: Any, item: Any) -> dict[str, Any]:
    """Let time jump in every test but those that wait for threads or sockets."""
    path = item.path.relative_to(config.rootpath).as_posix() + "/"
    is_real = item.get_closest_marker("real_time") or path.startswith(REAL_TIME)
    return {"loop": asyncio.SelectorEventLoop if is_real else AutojumpLoop}


@pytest.fixture(autouse=True)
def no_actor_is_left():
    """No actor outlives the test that started it."""
    yield
    left = pykka.ActorRegistry.get_all()
    for ref in left:
        pykka.ActorRegistry.unregister(ref)
    assert left == []
