"""Long sentences are interpreted in pieces, and each piece is a part of the sentence."""

import asyncio

import attrs
import pytest

from actors.services import Services
from actors.translator import Translator
from kallglot.errors import EngineBusy
from kallglot.messages import Listener, SpeechMade, UtteranceRecognised, UtteranceRendered
from kallglot.model.glossary import Glossary, Term
from kallglot.model.transcript import Utterance
from kallglot.speech.engines import TextRequest
from tests.fakes.speech import heard, says

FIRST, SECOND = "Ich heiße Maria Klein", "und wohne in Stuttgart."
SPOKEN, REST = "My name is Maria Klein.", "and I live in Stuttgart."
WHOLE = f"{FIRST} {SECOND}"


class Desk:
    """Who is told things, and keeps them."""

    def __init__(self) -> None:
        self.told = []

    def tell(self, message) -> None:
        self.told.append(message)


class Booth:
    """An interpreter with one listener."""

    def __init__(self, ref, speech, listener, transcript) -> None:
        self._ref = ref
        self._listener = listener
        self._transcript = transcript
        self.speech = speech
        self._turn = "utt_1"

    async def says(self, *texts, language="de", is_new_turn=False) -> None:
        for text in texts:
            self._turn = "utt_2" if is_new_turn else self._turn
            utterance = Utterance(
                "utt", "", 0, "customer", language, text, 0.0, 1.0, 1.0, turn=self._turn
            )
            listener = Listener("agent", self._listener, "en", is_spoken=True, original=0.0)
            pcm = says(text, language)
            self._ref.tell(UtteranceRecognised(utterance, (listener,), pcm, 8000))
            await asyncio.sleep(0.1)

    @property
    def heard(self) -> str:
        made = (one for one in self._listener.told if isinstance(one, SpeechMade))
        return heard(b"".join(one.pcm for one in made))

    @property
    def written(self) -> list[str]:
        rendered = (one for one in self._transcript.told if isinstance(one, UtteranceRendered))
        return [each.text for one in rendered for each in one.utterance.renderings]

    @property
    def asked(self) -> list[tuple[str, str]]:
        asked = (one for one in self.speech.asked if isinstance(one, TextRequest))
        return [(one.text, one.prefix) for one in asked]


@pytest.fixture
async def booth(speech, tmp_path):
    speech.knows({("de", "en"): {FIRST: SPOKEN, WHOLE: f"{SPOKEN[:-1]} {REST}", SECOND: "Alone."}})
    services = Services(speech, Desk(), Desk(), tmp_path)
    transcript = Desk()
    ref = Translator.start("customer", None, services, Desk(), transcript)
    yield Booth(ref, speech, Desk(), transcript)
    await ref.stop()


async def test_the_second_piece_goes_on_from_what_was_spoken_of_the_first(booth):
    await booth.says(FIRST, SECOND)
    assert booth.asked == [(FIRST, ""), (WHOLE, SPOKEN[:-1])]
    assert booth.heard == f"{SPOKEN} {REST}"
    assert booth.written == [SPOKEN, REST]


async def test_a_third_piece_goes_on_from_both(booth):
    third = "in der langen Straße."
    whole = f"{FIRST} und wohne {third}"
    booth.speech.knows(
        {
            ("de", "en"): {
                f"{FIRST} und wohne": "My name is Maria Klein and I live.",
                whole: "My name is Maria Klein and I live in Long Street.",
            }
        }
    )
    await booth.says(FIRST, "und wohne", third)
    assert booth.asked[-1] == (whole, "My name is Maria Klein and I live")
    assert booth.heard == f"{SPOKEN} and I live. in Long Street."


async def test_what_is_whole_is_asked_for_alone(booth):
    await booth.says(f"{FIRST}.", SECOND)
    await booth.says(FIRST)
    await booth.says(SECOND, is_new_turn=True)
    assert {prefix for _, prefix in booth.asked} == {""}


async def test_a_piece_of_which_nothing_comes_behind_the_first_is_asked_for_alone(booth):
    await booth.says(FIRST, "oder auch nicht.")
    assert booth.asked[1:] == [
        (f"{FIRST} oder auch nicht.", SPOKEN[:-1]),
        ("oder auch nicht.", ""),
    ]
    assert booth.heard == f"{SPOKEN} nicht. auch oder"


async def test_a_piece_that_the_translator_doubts_behind_the_first_is_asked_for_alone(booth):
    await booth.says(FIRST)
    booth.speech.doubt_next("translate")
    await booth.says(SECOND)
    assert booth.heard == f"{SPOKEN} Alone."


async def test_nothing_goes_on_from_what_was_heard_as_it_was(booth):
    booth.speech.fail_next("translate", error=EngineBusy("too many are waiting"))
    await booth.says(FIRST, SECOND)
    assert booth.asked == [(FIRST, ""), (SECOND, "")]
    assert booth.heard == f"{FIRST} Alone."


async def test_a_sentence_does_not_go_on_in_another_language(booth):
    await booth.says(FIRST)
    await booth.says("y vivo en Stuttgart.", language="es")
    assert booth.asked[-1] == ("y vivo en Stuttgart.", "")
    contexts = [one.context for one in booth.speech.asked if isinstance(one, TextRequest)]
    assert contexts == ["", ""]


async def test_a_term_is_asked_for_in_the_whole_sentence(speech, tmp_path):
    terms = Glossary((Term("de", "en", "Maria Klein", "Mary Small"),))
    services = attrs.evolve(Services(speech, Desk(), Desk(), tmp_path), glossary=terms)
    ref = Translator.start("customer", None, services, Desk(), Desk())
    booth = Booth(ref, speech, Desk(), Desk())
    await booth.says(FIRST, SECOND)
    asked = [one.terms for one in speech.asked if isinstance(one, TextRequest)]
    await ref.stop()
    assert asked == [(("Maria Klein", "Mary Small"),), (("Maria Klein", "Mary Small"),), ()]
