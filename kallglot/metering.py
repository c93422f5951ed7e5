"""What an operator watches, in numbers: counted where it happens, read by Prometheus.

A server has one `Metering` and hands it to whoever has something to count; nothing here is global.
Labels are few and short: engines, outcomes, carriers, languages, never a session and never a word
of what was said.
"""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final, Protocol

from prometheus_client import CollectorRegistry, Counter, Enum, Gauge, Histogram, ProcessCollector

from kallglot.errors import EngineBusy
from kallglot.lag.spans import lag_of
from kallglot.model.transcript import Rendering, Utterance
from kallglot.pressure import Level
from kallglot.speech.load import Load

__all__ = ["ENGINES", "Asked", "Engines", "Metering", "Outcome"]

#: Engines that have counts even before they have done anything.
ENGINES: Final = ("recogniser", "transcriber", "translator", "synthesiser")

#: What may become of a delivery by an attempt.
WEBHOOK_OUTCOMES: Final = ("delivered", "retried", "given_up")

# Bounds in seconds, narrow around what must be reached.
_FIRST_AUDIO: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
_SPAN: Final = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 30.0)
_BACKLOG: Final = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 20.0, 40.0)
_WORK: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 2.0, 4.0, 10.0)


class Outcome(enum.StrEnum):
    """What became of a request to an engine."""

    ANSWERED = "answered"
    BUSY = "busy"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Engines(Protocol):
    """Who knows what the engines have to do; asked when somebody reads the numbers."""

    @property
    def loads(self) -> Mapping[str, Load]: ...

    @property
    def pressure(self) -> Level: ...

    def is_ready(self) -> bool: ...


class Asked:
    """A request to an engine that is under way."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = clock()
        self._took: float | None = None

    def answers(self) -> None:
        """Note the first piece of an answer that comes in pieces; the others do not matter."""
        if self._took is None:
            self._took = self._clock() - self._began

    @property
    def took(self) -> float:
        """Seconds until the first piece of the answer."""
        return self._clock() - self._began if self._took is None else self._took


class Metering:
    """The numbers of one server.  Every method is quick and may be called from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.registry = CollectorRegistry()
        self._clock = clock
        self._calls = _Calls(self.registry)
        self._lag = _Lag(self.registry)
        self._engines = _Engines(self.registry)
        self._webhooks = _Webhooks(self.registry)
        self._watched: Engines | None = None
        ProcessCollector(registry=self.registry)

    # Calls.

    def sessions(self, living: int) -> None:
        """Set how many sessions live."""
        self._calls.sessions.set(living)

    def leg_connected(self, provider: str) -> None:
        self._calls.legs.labels(provider).inc()
        self._calls.connections.labels(provider).inc()

    def leg_lost(self, provider: str) -> None:
        self._calls.legs.labels(provider).dec()

    def frames_dropped(self, where: str, count: int = 1) -> None:
        """Count frames of sound that went nowhere.

        `where` is `leg` for what came faster than anybody speaks, and `mailbox` for what was too
        old when its receiver would have come to it.
        """
        self._calls.frames.labels(where).inc(count)

    def echo(self) -> None:
        """Count a turn that was taken back, because it was only what was played to the person."""
        self._calls.echoes.inc()

    # Lag.

    def spoken(self, utterance: Utterance, rendering: Rendering) -> None:
        """Count a translation of which it is now known when it was heard; once for each."""
        lag, pair = lag_of(utterance, rendering), (utterance.language or "", rendering.language)
        if lag.end_of_speech_to_first_audio is not None:
            # A histogram's sum must not fall, so what came early counts as no lag.
            wait = max(0.0, lag.end_of_speech_to_first_audio)
            self._lag.first_audio.labels(*pair).observe(wait)
        if lag.ear_voice_span is not None:
            self._lag.span.labels(*pair).observe(max(0.0, lag.ear_voice_span))

    def backlog(self, seconds: float) -> None:
        """Count how much a listener still has to hear when another piece is put behind it."""
        self._lag.backlog.observe(max(0.0, seconds))

    def dropped(self, seconds: float) -> None:
        """Count translated speech that nobody will hear."""
        self._lag.dropped.inc(max(0.0, seconds))

    def compressed(self, seconds: float) -> None:
        """Count what was won by playing faster."""
        self._lag.compressed.inc(max(0.0, seconds))

    def captions(self, deleted: int, final: int) -> None:
        """Count the units of one turn's captions: those that were taken back, and those left."""
        self._lag.erased.inc(deleted)
        self._lag.captioned.inc(final)

    # Webhooks.

    def webhook(self, outcome: str, seconds: float) -> None:
        """Count an attempt, as `delivered`, `retried` or `given_up`, and how long it took."""
        self._webhooks.attempts.labels(outcome).inc()
        self._webhooks.seconds.observe(max(0.0, seconds))

    def webhooks_waiting(self, pending: int, age: float) -> None:
        """Set how many deliveries are pending, and how old the oldest is."""
        self._webhooks.pending.set(pending)
        self._webhooks.age.set(max(0.0, age))

    # Engines.

    def watch(self, engines: Engines) -> None:
        """Have `engines` asked for their load whenever the numbers are read."""
        self._watched = engines

    def look(self) -> None:
        """Ask whom we watch; for whoever is about to read the registry."""
        if self._watched is None:
            return
        self._engines.are_ready.set(self._watched.is_ready())
        self._engines.pressure.state(str(self._watched.pressure))
        self._engines.weigh(self._watched.loads)

    def answered(self, engine: str, outcome: Outcome, seconds: float | None = None) -> None:
        """Count a request, and how long it took from being made to being answered."""
        self._engines.requests.labels(engine, outcome.value).inc()
        if seconds is not None:
            self._engines.seconds.labels(engine).observe(seconds)

    def begin(self) -> Asked:
        """Return a request that begins now, of which `answered` is to be told."""
        return Asked(self._clock)

    @contextmanager
    def asking(self, engine: str) -> Iterator[Asked]:
        """Count the request that is made inside, by how it comes out."""
        asked, outcome = self.begin(), Outcome.CANCELLED
        try:
            yield asked
            outcome = Outcome.ANSWERED
        except EngineBusy:
            outcome = Outcome.BUSY
            raise
        except Exception:
            outcome = Outcome.FAILED
            raise
        finally:
            self.answered(engine, outcome, asked.took)


class _Calls:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.sessions = Gauge("kallglot_sessions", "Living sessions.", registry=registry)
        self.legs = Gauge("kallglot_legs", "Connected legs.", ["provider"], registry=registry)
        self.connections = Counter(
            "kallglot_legs_connected", "Legs that have connected.", ["provider"], registry=registry
        )
        self.frames = Counter(
            "kallglot_frames_dropped", "Frames of sound dropped.", ["where"], registry=registry
        )
        for where in ("leg", "mailbox"):
            self.frames.labels(where)
        self.echoes = Counter("kallglot_echoes", "Turns that were only an echo.", registry=registry)


class _Lag:
    def __init__(self, registry: CollectorRegistry) -> None:
        pair = ["source", "target"]
        self.first_audio = Histogram(
            "kallglot_end_of_speech_to_first_audio_seconds",
            "From the end of what was said to the first sound of its translation.",
            pair,
            buckets=_FIRST_AUDIO,
            registry=registry,
        )
        self.span = Histogram(
            "kallglot_ear_voice_span_seconds",
            "From the beginning of what was said to the first sound of its translation.",
            pair,
            buckets=_SPAN,
            registry=registry,
        )
        self.backlog = Histogram(
            "kallglot_playback_backlog_seconds",
            "What a listener still has to hear when another piece comes.",
            buckets=_BACKLOG,
            registry=registry,
        )
        self.dropped = Counter(
            "kallglot_speech_dropped_seconds", "Translated speech never heard.", registry=registry
        )
        self.compressed = Counter(
            "kallglot_speech_compressed_seconds", "Won by playing faster.", registry=registry
        )
        self.erased = Counter(
            "kallglot_caption_units_erased", "Words of captions taken back.", registry=registry
        )
        self.captioned = Counter(
            "kallglot_caption_units_final", "Words of captions that stand.", registry=registry
        )


class _Webhooks:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.attempts = Counter(
            "kallglot_webhook_attempts",
            "Attempts to deliver an event, by what became of the delivery.",
            ["outcome"],
            registry=registry,
        )
        self.seconds = Histogram(
            "kallglot_webhook_attempt_seconds",
            "From an attempt to its answer, or until it was given up.",
            buckets=_WORK,
            registry=registry,
        )
        self.pending = Gauge(
            "kallglot_webhook_deliveries_pending", "Deliveries to be made.", registry=registry
        )
        self.age = Gauge(
            "kallglot_webhook_oldest_pending_seconds",
            "How old the event is that has been waiting longest to be delivered.",
            registry=registry,
        )
        for outcome in WEBHOOK_OUTCOMES:
            self.attempts.labels(outcome)


class _Engines:
    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, meaning: str) -> Gauge:
            return Gauge(f"kallglot_engine_{name}", meaning, ["engine"], registry=registry)

        self._age = gauge("queue_age_seconds", "How long the oldest request has been waiting.")
        self._depth = gauge("queue_depth", "Requests waiting.")
        self._busy = gauge("busy_seconds", "How long the work in hand has gone on.")
        self._rows = gauge("batch_rows", "Requests answered together, on average of late.")
        self._missed = gauge("missed_ratio", "Share of requests answered too late, of late.")
        self.are_ready = Gauge(
            "kallglot_engines_ready", "Whether the engines are up.", registry=registry
        )
        self.pressure = Enum(
            "kallglot_pressure",
            "How hard pressed the engines are, and what is given up for it.",
            states=[str(level) for level in Level],
            registry=registry,
        )
        self.requests = Counter(
            "kallglot_engine_requests",
            "Requests to engines, by what became of them.",
            ["engine", "outcome"],
            registry=registry,
        )
        self.seconds = Histogram(
            "kallglot_engine_request_seconds",
            "From a request to its answer, or to the first piece of it.",
            ["engine"],
            buckets=_WORK,
            registry=registry,
        )
        for engine in ENGINES:
            self.seconds.labels(engine)
            for outcome in Outcome:
                self.requests.labels(engine, outcome.value)

    def weigh(self, loads: Mapping[str, Load]) -> None:
        """Set what each engine has to do; one that is away has no such figures."""
        for figure in (self._age, self._depth, self._busy, self._rows, self._missed):
            figure.clear()
        for engine, load in loads.items():
            self._age.labels(engine).set(load.age)
            self._depth.labels(engine).set(load.waiting)
            self._busy.labels(engine).set(load.busy)
            self._rows.labels(engine).set(load.rows)
            self._missed.labels(engine).set(load.missed)
