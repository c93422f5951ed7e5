"""Everybody in a session: participants, their translators, and who hears whom at the moment."""

from __future__ import annotations

import logging

import attrs

from actors.colleagues import Colleagues
from actors.participant import Participant
from actors.services import Services
from actors.supervisor import Address, ChildSpec, Restart, Supervisor
from actors.translator import Translator
from kallglot.hearing import Hearing, hearings
from kallglot.ids import new_id
from kallglot.messages import Finish, Listener, Receiver, RouteVoice, SpeechMade
from kallglot.model.session import Participant as Person
from kallglot.model.session import Session
from kallglot.pressure import Level
from kallglot.timeline import Timeline

__all__ = ["Cast"]

logger = logging.getLogger(__name__)

#: Who speaks when Kallglot itself says something.
NARRATOR = "kallglot"


class Cast:
    """The people of a session, whom the session's actor supervises."""

    def __init__(
        self,
        session: Session,
        services: Services,
        parent: Supervisor,
        timeline: Timeline,
        detected: frozenset[str],
    ) -> None:
        self._session = session
        self._detected = detected
        self._services = services
        self._parent = parent
        self._timeline = timeline
        self._people = {person.key: person for person in session.participants}
        self._is_on_stage = False
        self.is_translating = services.speech.is_ready()
        #: Whether translations are spoken, and not only shown.
        self.is_speaking = services.speech.pressure < Level.CAPTIONS_ONLY

    @property
    def people(self) -> tuple[Person, ...]:
        return tuple(self._people.values())

    def start(self, transcript: Receiver, recorder: Receiver) -> None:
        """Start everybody, unless they are there, and let them know who hears whom."""
        if self._is_on_stage:
            return
        self._is_on_stage = True
        for person in self.people:
            translator = ChildSpec(
                f"translator of {person.key}",
                Translator,
                (person.key, person.voice, self._services, self._parent.here, transcript),
                Restart.ON_FAILURE,
            )
            colleagues = Colleagues(
                self._parent.here, self._parent.address(translator.name), transcript, recorder
            )
            # Who was told what to speak is held to it; others are listened to for it.
            told = attrs.evolve(person, language=None) if person.key in self._detected else person
            participant = ChildSpec(
                _name(person.key),
                Participant,
                (told, self._services, colleagues, self._timeline),
                Restart.ON_FAILURE,
            )
            self._parent.spawn(translator)
            self._parent.spawn(participant)
        self.route()

    def address(self, key: str) -> Address:
        return self._parent.address(_name(key))

    def finish_voices(self) -> set[str]:
        """Have everybody finish their sentence; returns the parts that will report it."""
        for key in self._people:
            self.address(key).tell(Finish())
        return set(self._people)

    def finish_translators(self) -> set[str]:
        """Have the translators come to an end; returns the parts that will report it."""
        names = {f"translator of {key}" for key in self._people}
        for name in names:
            self._parent.address(name).tell(Finish())
        return names

    def learn(self, key: str, language: str) -> None:
        """Note which language somebody turned out to speak."""
        self._people[key] = attrs.evolve(self._people[key], language=language)
        self.route(may_wait=True)

    def translate(self, *, is_translating: bool) -> bool:
        """Turn translation on or off; returns whether that is news."""
        is_news = self.is_translating is not is_translating
        if is_news:
            self.is_translating = is_translating
            self.route()
        return is_news

    def speak(self, *, is_speaking: bool) -> bool:
        """Have translations spoken, or only shown; returns whether that is news."""
        is_news = self.is_speaking is not is_speaking
        if is_news:
            self.is_speaking = is_speaking
            self.route()
        return is_news

    def say(self, notice: str) -> None:
        """Have everybody hear a notice, such as `unavailable`, in their own language."""
        if not self._is_on_stage:
            return
        for person in self.people:
            spoken = self._services.notices.get((notice, person.language or "en"))
            if spoken is not None:
                self.address(person.key).tell(
                    SpeechMade(
                        new_id("notice"),
                        NARRATOR,
                        person.language or "en",
                        spoken.pcm,
                        spoken.rate_hz,
                        is_last=True,
                    )
                )

    def route(self, *, may_wait: bool = False) -> None:
        """Tell everybody who hears them, and how."""
        if not self._is_on_stage:
            return
        table = hearings(
            self._session.mode,
            self.people,
            self._session.hearing_original,
            self._can_translate,
            is_speaking=self.is_speaking,
        )
        for person in self.people:
            self.address(person.key).tell(
                RouteVoice(
                    listeners=tuple(
                        self._listener(hearing)
                        for hearing in table
                        if hearing.speaker == person.key
                    ),
                    language=person.language,
                    candidates=self._expected(person),
                    may_wait=may_wait,
                )
            )

    def _expected(self, person: Person) -> tuple[str, ...]:
        """What somebody may be expected to speak: what they did, or what can be interpreted."""
        if person.language is not None:
            return (person.language,)
        others = {one.language for one in self.people if one.language is not None}
        speech = self._services.speech
        recogniser = speech.cards.get("recogniser")
        known = () if recogniser is None else recogniser.languages
        served = {name for name in known for one in others if speech.can_translate(name, one)}
        return tuple(sorted(served | others))

    def _listener(self, hearing: Hearing) -> Listener:
        return Listener(
            hearing.listener,
            self.address(hearing.listener),
            hearing.language,
            hearing.is_spoken,
            hearing.original,
        )

    def _can_translate(self, source: str, target: str) -> bool:
        return self.is_translating and self._services.speech.can_translate(source, target)


def _name(key: str) -> str:
    return f"participant {key}"
