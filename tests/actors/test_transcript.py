"""When translations were heard, and what was lost of them."""

import asyncio

import attrs
import pytest

from actors.archive import Archive
from actors.services import Services
from actors.supervisor import Address
from actors.transcript import Transcript
from kallglot.messages import Finish, PartialRecognised, RenderingSpoken, UtteranceRendered
from kallglot.model.session import Mode, Session
from kallglot.model.transcript import Rendering, Utterance
from tests.fakes.store import FakeStore

SESSION = Session("sess_1", "org_1", Mode.BIDIRECTIONAL, (), created_at=0.0)
SAID = Utterance(
    "utt_1", "", 0, "customer", "de", "Ja", 1.0, 2.0, 0.9, renderings=(Rendering("en", "Yes"),)
)


class Silence:
    """Who is told things and does nothing."""

    def tell(self, message) -> None:
        pass


@pytest.fixture
async def services(tmp_path):
    store, archive = FakeStore(), Address("archive")
    archive.move_to(Archive.start(store, Silence(), lambda: 0.0))
    yield Services(None, archive, Silence(), tmp_path), store
    await archive._ref.stop()


@pytest.fixture
async def transcript(services):
    services, store = services
    ref = Transcript.start(SESSION, services, Silence())

    async def told(*facts) -> Rendering:
        await kept(UtteranceRendered(SAID), *facts)
        (rendering,) = store.utterances["utt_1"].renderings
        return rendering

    async def kept(*facts) -> list[Utterance]:
        for fact in facts:
            ref.tell(fact)
        await asyncio.sleep(0.1)
        return list(store.utterances.values())

    told.kept = kept
    yield told
    await ref.stop()


@pytest.fixture
async def counted(services):
    services, _ = services

    def value(name: str) -> float | None:
        return services.metering.registry.get_sample_value(f"kallglot_{name}", {})

    return value


async def test_what_was_left_out_and_won_adds_up(transcript, counted):
    rendering = await transcript(
        RenderingSpoken("utt_1", "agent", "en", 2.5, 2.5, dropped=0.5),
        RenderingSpoken("utt_1", "agent", "en", 3.0, 4.0, dropped=0.25, compressed=0.5),
    )
    assert (rendering.spoken_at, rendering.spoken_until) == (3.0, 4.0)
    assert (rendering.dropped, rendering.compressed) == (0.75, 0.5)
    assert counted("speech_dropped_seconds_total") == 0.75


async def test_what_was_dropped_as_a_whole_was_never_heard(transcript):
    rendering = await transcript(RenderingSpoken("utt_1", "agent", "en", 2.5, 2.5, dropped=1.5))
    assert (rendering.spoken_at, rendering.dropped) == (None, 1.5)


async def test_of_several_who_listen_the_first_counts(transcript, counted):
    rendering = await transcript(
        RenderingSpoken("utt_1", "agent", "en", 3.0, 4.0, compressed=0.25),
        RenderingSpoken("utt_1", "agent_2", "en", 5.0, 6.0, dropped=1.0),
    )
    assert (rendering.spoken_at, rendering.compressed, rendering.dropped) == (3.0, 0.25, 0.0)
    assert counted("speech_dropped_seconds_total") == 1.0


def shown(text: str, utterance_id: str = "utt_1") -> PartialRecognised:
    return PartialRecognised(utterance_id, "customer", "de", text, 1.0)


async def test_an_utterance_tells_how_much_of_its_captions_was_taken_back(transcript, counted):
    (said,) = await transcript.kept(
        *map(shown, ("Nein", "Ja", "Ja gern", "Ja")), UtteranceRendered(SAID)
    )
    assert said.erased == 2
    assert counted("caption_units_erased_total") == 2
    assert counted("caption_units_final_total") == 1


async def test_captions_are_counted_once_for_an_utterance_that_could_not_be_spoken(
    transcript, counted
):
    untranslated = attrs.evolve(SAID, renderings=())
    (said,) = await transcript.kept(
        shown("Nein"), UtteranceRendered(SAID), UtteranceRendered(untranslated)
    )
    assert (said.erased, said.renderings) == (1, ())
    assert counted("caption_units_erased_total") == 1
    assert counted("caption_units_final_total") == 1


async def test_captions_of_what_nobody_said_are_counted_at_the_end(transcript, counted):
    await transcript.kept(UtteranceRendered(SAID), shown("Guten Tag", "utt_2"), Finish())
    assert counted("caption_units_erased_total") == 2
