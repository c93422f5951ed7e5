"""A recogniser of whole utterances made to listen: no sound is lost, none is heard twice."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kallglot.speech.engines import EngineCard, Feed, Opening, Recognition, Word
from kallglot.speech.streaming.agreement import Course, LocalAgreement
from kallglot.speech.streaming.alignatt import AlignAtt
from kallglot.speech.streaming.votes import Policy

RATE_HZ = 1000
#: Samples of a word, and of the silence behind it.
SPOKEN, REST = 240, 60
TEXT = "Mein Name ist Becker und ich möchte einen Termin. Geht das? Ja, bitte."
VOCABULARY = TEXT.split()


def spoken(text: str) -> bytes:
    """A sound in which each word has a loudness of its own."""
    parts = []
    for word in text.split():
        sign = np.where(np.arange(SPOKEN) % 2, 1, -1)
        parts += [sign * (1000 + VOCABULARY.index(word)), np.zeros(REST)]
    return np.concatenate([*parts, []]).astype(np.int16).tobytes()


class Reader:
    """Reads such sounds; a word of which it hears half is "the", and less is nothing.

    With `most` it knows no more than so many sentences at once, and is not sure then.
    """

    card = EngineCard("reader", ("de",))
    window = 3.0

    def __init__(self, *, tells_times: bool = True, most: int = 99) -> None:
        self.tells_times = tells_times
        self.most = most
        self.batches: list[int] = []

    def recognise(self, batch):
        self.batches.append(len(batch))
        return [self._read(request) for request in batch]

    def _read(self, request):
        samples = np.abs(np.frombuffer(request.pcm, np.int16).astype(int))
        assert len(samples) <= self.window * request.rate_hz
        edges = np.flatnonzero(np.diff(np.concatenate(([0], samples, [0]))))
        words = []
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            known = VOCABULARY[samples[start] - 1000]
            if end - start < SPOKEN:
                assert start > 0 or end == len(samples), "a word was cut in two"
                known = "the"
            if end - start >= SPOKEN / 2:
                text = f" {known}" if words else known
                words.append(Word(text, start / RATE_HZ, end / RATE_HZ))
        text = "".join(word.text for word in words)
        sentences = sum(text.count(sign) for sign in ".?")
        return Recognition(
            text,
            "de",
            confidence=0.9,
            language_confidence=0.8,
            is_sure=sentences < self.most or (text[-1:] in ".?" and sentences == self.most),
            words=tuple(words) if self.tells_times else (),
            alternatives=(("en", 0.2),),
        )


def listen(engine, pcms: list[bytes], sizes: list[int], rest: bytes = b""):
    """Feed turns side by side in pieces of these sizes; returns what was committed of each."""
    said = [[] for _ in pcms]
    for stream in range(len(pcms)):
        engine.open(stream, Opening(RATE_HZ, candidates=("de", "en")))
    at = [0] * len(pcms)
    turn = 0
    while any(place < len(pcm) for place, pcm in zip(at, pcms, strict=True)):
        feeds = []
        for stream, pcm in enumerate(pcms):
            if at[stream] < len(pcm):
                size = 2 * sizes[turn % len(sizes)]
                piece = pcm[at[stream] : at[stream] + size]
                at[stream] += size
                feeds.append(Feed(stream, piece, is_last=at[stream] >= len(pcm)))
        turn += 1
        for feed, answer in zip(feeds, engine.step(feeds), strict=True):
            said[feed.stream].append(answer)
    for stream in range(len(pcms)):
        engine.close(stream)
    return said


def text(answers) -> str:
    return " ".join(answer.committed for answer in answers if answer.committed)


WORDS = st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=30).map(" ".join)
SIZES = st.lists(st.integers(20, 2500), min_size=1, max_size=5)
ENGINES = st.sampled_from([LocalAgreement, lambda reader: AlignAtt(reader, frame_threshold=5)])


@settings(max_examples=60, deadline=None)
@given(WORDS, SIZES, ENGINES)
def test_however_the_sound_comes_every_word_is_committed_once(words, sizes, make):
    (answers,) = listen(make(Reader()), [spoken(words)], sizes)
    assert text(answers) == words
    assert [answer.is_final for answer in answers] == [False] * (len(answers) - 1) + [True]
    untils = [answer.until for answer in answers]
    assert untils == sorted(untils)
    assert all(answer.until <= answer.heard for answer in answers)
    assert answers[-1].heard == pytest.approx(len(spoken(words)) / 2 / RATE_HZ)


@settings(max_examples=30, deadline=None)
@given(st.lists(WORDS, min_size=2, max_size=4), SIZES, ENGINES)
def test_many_turns_together_are_heard_as_each_alone(texts, sizes, make):
    together = listen(make(Reader()), [spoken(words) for words in texts], sizes)
    alone = [listen(make(Reader()), [spoken(words)], sizes)[0] for words in texts]
    assert together == alone


def test_turns_of_a_step_go_through_the_model_together():
    reader = Reader()
    listen(LocalAgreement(reader), [spoken("Mein Name ist Becker")] * 3, [300])
    assert set(reader.batches) == {3}


def test_words_come_while_they_are_spoken():
    (answers,) = listen(LocalAgreement(Reader()), [spoken("Mein Name ist Becker")], [300])
    assert text(answers[:3]) == "Mein Name"
    assert answers[2].unstable == "ist"
    assert answers[2].until == pytest.approx(0.54)


def test_long_speech_costs_no_more_than_short_speech():
    reader = Reader()
    lengths = []
    recognise = reader.recognise
    reader.recognise = lambda batch: (lengths.append(len(batch[0].pcm)), recognise(batch))[1]
    sentence = "Mein Name ist Becker und ich möchte einen Termin."
    (answers,) = listen(LocalAgreement(reader), [spoken(" ".join([sentence] * 40))], [300])
    assert text(answers) == " ".join([sentence] * 40)
    assert max(lengths) <= 2 * RATE_HZ * reader.window


def test_a_sentence_before_a_pause_is_committed_at_once():
    engine = LocalAgreement(Reader())
    engine.open(1, Opening(RATE_HZ))
    (answer,) = engine.step([Feed(1, spoken("Geht das?") + bytes(400), is_pause=True)])
    assert (answer.committed, answer.is_final) == ("Geht das?", False)
    (end,) = engine.step([Feed(1, b"", is_last=True)])
    assert (end.committed, end.is_final, end.is_sure) == ("", True, True)


def test_silence_is_nothing_and_costs_nothing():
    reader = Reader()
    engine = LocalAgreement(reader)
    engine.open(1, Opening(RATE_HZ))
    for _ in range(100):
        (answer,) = engine.step([Feed(1, bytes(600))])
        assert (answer.committed, answer.unstable) == ("", "")
    assert answer.heard == pytest.approx(30)
    assert len(engine._turns[1].sound) <= 2 * 2 * RATE_HZ


def test_two_sentences_in_one_breath_are_told_apart_by_who_knows_only_one():
    words = "Geht das? Mein Name ist Becker und ich möchte einen Termin. Ja, bitte."
    engine = LocalAgreement(Reader(most=1))
    (answers,) = listen(engine, [spoken(words)], [300])
    assert text(answers) == words
    assert all(answer.is_sure for answer in answers if answer.committed)
    assert "Geht das?" in text(answers[: len(answers) // 2])


def test_what_is_not_sure_is_committed_as_that_at_the_end_only():
    reader = Reader(most=0)
    (answers,) = listen(LocalAgreement(reader), [spoken("Mein Name ist Becker")], [300])
    assert [answer.committed for answer in answers[:-1]] == [""] * (len(answers) - 1)
    assert not any(answer.unstable for answer in answers)
    assert (answers[-1].committed, answers[-1].is_sure) == ("Mein Name ist Becker", False)


def test_a_recogniser_that_tells_no_times_may_listen_too():
    words = "Geht das? Mein Name ist Becker Ja, bitte."
    (answers,) = listen(LocalAgreement(Reader(tells_times=False)), [spoken(words)], [300])
    assert text(answers) == words


def test_the_language_and_what_else_it_may_be_are_passed_on():
    (answers,) = listen(LocalAgreement(Reader()), [spoken("Geht das?")], [300])
    assert answers[-1].language == "de"
    assert answers[-1].alternatives == (("en", 0.2),)
    assert answers[-1].language_confidence == pytest.approx(0.8)


def test_what_is_committed_is_told_to_who_can_go_on_from_there():
    reader = Reader()
    told = []
    recognise = reader.recognise
    reader.recognise = lambda batch: (told.append(batch[0].prefix), recognise(batch))[1]
    course = Course(Policy(), tells_beginning=True)
    listen(LocalAgreement(reader, course), [spoken("Mein Name ist Becker")], [300])
    assert told == ["", "", "Mein", "Mein Name"][: len(told)] or told[-1].startswith("Mein Name")


def test_hints_and_languages_reach_the_recogniser():
    reader = Reader()
    seen = []
    recognise = reader.recognise
    reader.recognise = lambda batch: (seen.extend(batch), recognise(batch))[1]
    engine = LocalAgreement(reader)
    engine.open(1, Opening(RATE_HZ, "de", hints=("Kallglot",)))
    engine.step([Feed(1, spoken("Geht das?"))])
    assert seen[0].hints == ("Kallglot",)
    assert seen[0].language == "de"
    assert seen[0].with_words
    assert seen[0].is_partial


class Hasty(Reader):
    """Stops at the end of the first sentence, and is sure of it."""

    def _read(self, request):
        whole = super()._read(request)
        ends = [k for k, word in enumerate(whole.words, 1) if word.text[-1] in ".?"]
        words = whole.words[: ends[0]] if ends else whole.words
        text = "".join(word.text for word in words)
        return attrs.evolve(whole, text=text, words=words)


def test_what_follows_a_sentence_is_not_lost_by_who_stops_there():
    words = "Geht das? Mein Name ist Becker. Ja, bitte."
    (answers,) = listen(LocalAgreement(Hasty()), [spoken(words.replace("Becker.", "Becker"))], [99])
    assert text(answers) == words.replace("Becker.", "Becker")
    (whole,) = listen(LocalAgreement(Hasty()), [spoken("Geht das? Ja, bitte.")], [9000])
    assert text(whole) == "Geht das? Ja, bitte."
    assert whole[-1].is_sure


def test_a_rest_that_is_noise_makes_nobody_doubt_the_sentence_before():
    class Unsure(Hasty):
        def _read(self, request):
            heard = super()._read(request)
            return attrs.evolve(heard, is_sure=heard.text[:4] == "Geht")

    (answers,) = listen(LocalAgreement(Unsure()), [spoken("Geht das? Name ist Becker")], [9000])
    assert (text(answers), answers[-1].is_sure) == ("Geht das?", True)


def test_a_turn_that_ends_after_a_pause_in_which_all_was_understood_costs_nothing_more():
    reader = Reader()
    engine = LocalAgreement(reader)
    engine.open(1, Opening(RATE_HZ))
    engine.step([Feed(1, spoken("Geht das?"))])
    (answer,) = engine.step([Feed(1, bytes(400), is_pause=True)])
    assert answer.committed == "Geht das?"
    heard = len(reader.batches)
    for feed in (Feed(1, bytes(600)), Feed(1, bytes(100), is_pause=True)):
        (answer,) = engine.step([feed])
        assert (answer.committed, answer.is_sure) == ("", True)
    (end,) = engine.step([Feed(1, bytes(400), is_last=True)])
    assert (end.committed, end.is_final, len(reader.batches)) == ("", True, heard)
    assert end.heard == pytest.approx(0.6 + 0.75)


def test_who_speaks_on_after_a_pause_is_heard_again():
    engine = LocalAgreement(Reader())
    engine.open(1, Opening(RATE_HZ))
    engine.step([Feed(1, spoken("Geht das?") + bytes(400), is_pause=True)])
    (end,) = engine.step([Feed(1, spoken("Ja, bitte."), is_last=True)])
    assert end.committed == "Ja, bitte."


def test_too_little_that_is_new_is_not_heard():
    reader = Reader()
    engine = LocalAgreement(reader)
    engine.open(1, Opening(RATE_HZ))
    pcm = spoken("Mein Name ist")
    for at in range(0, 1200, 200):  # a tenth of a second each
        engine.step([Feed(1, pcm[at : at + 200])])
    assert len(reader.batches) == 2


def test_a_noise_behind_a_sentence_is_in_no_language():
    class Guessing(Reader):
        def _read(self, request):
            heard = super()._read(request)
            return heard if heard.text else attrs.evolve(heard, language="en", alternatives=())

    engine = LocalAgreement(Guessing())
    engine.open(1, Opening(RATE_HZ))
    engine.step([Feed(1, spoken("Geht das?") + bytes(400), is_pause=True)])
    noise = bytes(400) + spoken("Ja,")[:200] + bytes(400)
    (end,) = engine.step([Feed(1, noise, is_last=True)])
    assert (end.language, end.language_confidence) == ("de", 0.8)
    assert end.alternatives == (("en", 0.2),)
