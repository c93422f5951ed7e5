"""The sound of a session on disk, a track per voice and one per pair of ears.

Sound is gathered for a second and written by a thread, so that a slow disk delays nobody.  What has
been written stays playable whatever happens to this process.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import attrs

from actors.archive import KeepRecording, RecordingsOf, RetentionOf
from actors.runtime import AsyncioActor
from actors.services import Services
from kallglot.audio.files import mix_tracks
from kallglot.audio.pcm import silence
from kallglot.audio.resample import Resampler
from kallglot.audio.track import TrackWriter
from kallglot.ids import new_id
from kallglot.messages import Fact, Finish, PartFinished, Receiver, TrackErased, TrackHeard
from kallglot.model.recording import Recording
from kallglot.model.session import Session
from kallglot.timeline import Timeline
from kallglot.webhooks.events import RecordingFailed, RecordingFinished

__all__ = ["MIXED", "Recorder"]

logger = logging.getLogger(__name__)

MIXED = "mixed"

#: Seconds of silence that end a track.
FRAME = 0.02

#: Seconds between two visits to the disk.
EVERY = 1.0

#: The thread that writes, shared by all calls: the disk is one anyway.
_disk = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recorder")


@attrs.frozen
class WriteDue(Fact):
    """A second has passed."""


@attrs.frozen
class Written(Fact):
    """The disk has taken what it was given."""


@attrs.frozen
class DiskFailed(Fact):
    """The disk has not."""

    error: Exception


@attrs.frozen
class Mixed(Fact):
    """The tracks are closed, and mixed if there was anything to mix: path and seconds of each."""

    durations: dict[str, float]


class Tracks:
    """The open tracks of a session; used by one thread at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, tuple[TrackWriter, int]] = {}
        self._resamplers: dict[tuple[str, int], Resampler] = {}

    def write(self, sounds: list[TrackHeard | TrackErased], rates: dict[str, int]) -> None:
        for sound in sounds:
            writer, rate_hz = self._writer(sound.channel, rates[sound.channel])
            match sound:
                case TrackErased(_, since):
                    writer.erase(since, writer.duration)
                case TrackHeard(_, pcm, heard_hz, at):
                    if heard_hz != rate_hz:
                        pcm = self._resampler(sound.channel, heard_hz, rate_hz).feed(pcm)
                    writer.write(at, pcm)
        for writer, _ in self._writers.values():
            writer.flush()

    def close(self, rates: dict[str, int]) -> dict[str, float]:
        """Make the tracks equally long, close them, and mix the voices; returns their seconds."""
        for channel, rate_hz in rates.items():
            self._writer(channel, rate_hz)
        longest = max((writer.duration for writer, _ in self._writers.values()), default=0.0)
        for writer, rate_hz in self._writers.values():
            if writer.duration < longest - FRAME:
                writer.write(longest - FRAME, silence(FRAME, rate_hz))
        durations = {channel: writer.duration for channel, (writer, _) in self._writers.items()}
        for writer, _ in self._writers.values():
            writer.close()
        self._writers.clear()
        voices = [channel for channel in durations if not channel.endswith("_heard")]
        if voices:
            mix_tracks([self.path(channel) for channel in voices], self.path(MIXED))
            durations[MIXED] = max(durations[channel] for channel in voices)
        return durations

    def let_go(self, sounds: list[TrackHeard | TrackErased], rates: dict[str, int]) -> None:
        """Write what is left and close the files; another recorder goes on with them."""
        self.write(sounds, rates)
        for writer, _ in self._writers.values():
            writer.close()
        self._writers.clear()

    def path(self, channel: str) -> Path:
        return self._folder / f"{channel}.wav"

    def _resampler(self, channel: str, from_hz: int, to_hz: int) -> Resampler:
        key = (channel, from_hz)
        if key not in self._resamplers:
            self._resamplers[key] = Resampler(from_hz, to_hz)
        return self._resamplers[key]

    def _writer(self, channel: str, rate_hz: int) -> tuple[TrackWriter, int]:
        if channel not in self._writers:
            writer = TrackWriter.open(self.path(channel), rate_hz)
            self._writers[channel] = (writer, rate_hz)
        return self._writers[channel]


class Recorder(AsyncioActor):
    """The recording of one session."""

    def __init__(
        self, session: Session, services: Services, address: Receiver, timeline: Timeline
    ) -> None:
        super().__init__("recorder")
        self._session = session
        self._archive = services.archive
        self._to_session = address
        self._timeline = timeline
        self._retention = services.retention
        self._folder = services.recordings / session.id
        self._tracks = Tracks(self._folder)
        self._recordings: dict[str, Recording] = {}
        self._waiting: list[TrackHeard | TrackErased] = []
        self._is_writing = False
        self._is_finishing = False
        self._has_failed = False

    async def prepare(self) -> None:
        own = await self._archive.ask(RetentionOf(self._session.organization_id))
        self._retention = own.over(self._retention)
        kept = await self._archive.ask(RecordingsOf(self._session.id))
        self._recordings = {recording.channel: recording for recording in kept}
        self.remind(EVERY, WriteDue())

    async def on_receive(self, message: Any) -> Any:
        match message:
            case TrackHeard() | TrackErased():
                self._take(message)
            case WriteDue():
                self._write()
                self.remind(EVERY, WriteDue())
            case Written():
                self._is_writing = False
                if self._is_finishing:
                    self._write()
            case Finish():
                self._is_finishing = True
                self._write_or_end()
            case Mixed(durations):
                self._close(durations)
            case DiskFailed(error):
                logger.error("the recording failed", exc_info=error)
                self._fail()
            case _:
                return await super().on_receive(message)

    async def release(self) -> None:
        """Write what waits, so that a recorder that is restarted leaves no hole."""
        if not self._has_failed:
            await self._on_disk(self._tracks.let_go, self._waiting, self._rates())

    def _take(self, sound: TrackHeard | TrackErased) -> None:
        if isinstance(sound, TrackErased):
            if sound.channel in self._recordings:
                self._waiting.append(sound)
            return
        if self._has_failed:
            return
        if sound.channel not in self._recordings:
            self._open(sound.channel, sound.rate_hz)
        self._waiting.append(sound)

    def _open(self, channel: str, rate_hz: int) -> None:
        now = self._timeline.wall()
        path = self._tracks.path(channel).relative_to(self._folder.parent.parent)
        recording = Recording(
            id=new_id("rec"),
            session_id=self._session.id,
            channel=channel,
            status="processing",
            path=str(path),
            rate_hz=rate_hz,
            created_at=now,
            expires_at=self._retention.recording_expires(now),
        )
        self._recordings[channel] = recording
        self._archive.tell(KeepRecording(recording))

    def _rates(self) -> dict[str, int]:
        return {
            channel: one.rate_hz for channel, one in self._recordings.items() if channel != MIXED
        }

    def _write_or_end(self) -> None:
        if self._has_failed:
            self._to_session.tell(PartFinished("recorder"))
        else:
            self._write()

    def _write(self) -> None:
        if self._is_writing or self._has_failed:
            return
        if self._waiting:
            sounds, self._waiting = self._waiting, []
            self._is_writing = True
            self.later(self._write_away(sounds), failed=DiskFailed)
        elif self._is_finishing:
            self._is_writing = True
            self.later(self._finish(), failed=DiskFailed)

    async def _write_away(self, sounds: list[TrackHeard | TrackErased]) -> Written:
        await self._on_disk(self._tracks.write, sounds, self._rates())
        return Written()

    async def _finish(self) -> Mixed:
        return Mixed(await self._on_disk(self._tracks.close, self._rates()))

    async def _on_disk(self, work: Any, *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(_disk, partial(work, *args))

    def _close(self, durations: dict[str, float]) -> None:
        if MIXED in durations and MIXED not in self._recordings:
            self._open(MIXED, max(self._rates().values()))
        for channel, duration in durations.items():
            size = self._tracks.path(channel).stat().st_size
            ready = attrs.evolve(
                self._recordings[channel], status="ready", duration=duration, size=size
            )
            happening = RecordingFinished(self._session, ready)
            self._archive.tell(KeepRecording(ready, (happening,)))
        self._to_session.tell(PartFinished("recorder"))

    def _fail(self) -> None:
        """Keep what there is as failed; the call goes on without a recording."""
        for recording in self._recordings.values():
            failed = attrs.evolve(recording, status="failed")
            self._archive.tell(KeepRecording(failed, (RecordingFailed(self._session, failed),)))
        self._has_failed = True
        self._waiting.clear()
        if self._is_finishing:
            self._to_session.tell(PartFinished("recorder"))
