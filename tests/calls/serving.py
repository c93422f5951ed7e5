"""A server in a process of its own, which can be killed.

python -m tests.calls.serving FOLDER PORT
"""

from __future__ import annotations

import asyncio
import sys

from kallglot.config import Settings
from kallglot.server import running
from tests.calls.conftest import PHRASES
from tests.fakes.speech import FakeSpeech


async def main(folder: str, port: str) -> None:
    speech = FakeSpeech()
    speech.knows(PHRASES)
    settings = Settings.default(bind=f"127.0.0.1:{port}", data=folder)
    async with running(settings, speech) as server:
        print(server.first_key or "-", flush=True)
        await asyncio.sleep(60)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
