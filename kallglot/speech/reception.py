"""The door of a host that serves other machines: lets in who knows the secret."""

from __future__ import annotations

import contextlib
import logging
import queue
import socket
import threading
from collections.abc import Callable
from typing import Protocol

from kallglot.errors import EngineError
from kallglot.speech.desk import Send
from kallglot.speech.handshake import GREETING_BYTES, PROOF_BYTES, Host, Role
from kallglot.speech.pipe import HostPipe
from kallglot.speech.wire import FromHost, ToHost

__all__ = ["Reception", "Served"]

logger = logging.getLogger("kallglot.speech.host")

#: Seconds that somebody may take to say who they are.
HANDSHAKE = 5.0
#: Seconds after which somebody of whom nothing is heard, not even a ping, is gone.
SILENCE = 30.0
#: So many may be at the door without having said who they are.
AT_THE_DOOR = 32
#: Messages that may wait for somebody who does not take them.
BACKLOG = 4096


class Served(Protocol):
    """Somebody who has been let in."""

    def receive(self, message: ToHost) -> None: ...

    def leave(self) -> None: ...


class Outbox:
    """What is to be sent to a guest, so that no engine waits for a network."""

    def __init__(self, pipe: HostPipe) -> None:
        self._pipe = pipe
        self._waiting: queue.Queue[FromHost | None] = queue.Queue(BACKLOG)

    def start(self) -> None:
        threading.Thread(target=self._work_off, name="outbox", daemon=True).start()

    def send(self, message: FromHost) -> None:
        try:
            self._waiting.put_nowait(message)
        except queue.Full:
            self._pipe.hang_up()

    def end(self) -> None:
        """Let the thread end; what is waiting is of no use to anybody."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._waiting.get_nowait()
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(None)

    def _work_off(self) -> None:
        while (message := self._waiting.get()) is not None:
            self._pipe.send(message)


class Reception:
    """Lets guests in, each with a thread of its own."""

    def __init__(
        self,
        listener: socket.socket,
        secret: bytes,
        role: Role,
        welcome: Callable[[Send], Served],
    ) -> None:
        self._listener = listener
        self._secret = secret
        self._role = role
        self._welcome = welcome
        self._door = threading.BoundedSemaphore(AT_THE_DOOR)

    def serve(self) -> None:
        """Let guests in until the listener is closed."""
        while True:
            try:
                end, _ = self._listener.accept()
            except OSError:
                return
            if not self._door.acquire(blocking=False):
                end.close()
                continue
            threading.Thread(target=self._receive, args=(end,), name="guest", daemon=True).start()

    def _receive(self, end: socket.socket) -> None:
        with end:
            try:
                where = "{}:{}".format(*end.getpeername()[:2])
                is_welcome = self._knows(end, where)
            except OSError:
                is_welcome = False
            finally:
                self._door.release()
            if is_welcome:
                self._attend(end, where)

    def _knows(self, end: socket.socket, where: str) -> bool:
        """Make sure of somebody, and they of us."""
        end.settimeout(HANDSHAKE)
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        host = Host(self._secret, self._role)
        end.sendall(host.greeting)
        said = _read(end, GREETING_BYTES + PROOF_BYTES)
        verdict, complaint = host.judge(said[:GREETING_BYTES], said[GREETING_BYTES:])
        end.sendall(verdict)
        if complaint:
            logger.warning("turned %s away: %s", where, complaint)
        return not complaint

    def _attend(self, end: socket.socket, where: str) -> None:
        """Serve somebody until they are gone."""
        logger.info("%s is connected", where)
        end.settimeout(SILENCE)
        pipe = HostPipe(end)
        outbox = Outbox(pipe)
        outbox.start()
        guest = self._welcome(outbox.send)
        try:
            for message in pipe.messages():
                guest.receive(message)
        except EngineError as error:
            logger.warning("hung up on %s: %s", where, error)
        finally:
            pipe.hang_up()
            guest.leave()
            outbox.end()
        logger.info("%s is gone", where)


def _read(end: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = end.recv(size - len(data))
        if not piece:
            raise ConnectionError
        data += piece
    return data
