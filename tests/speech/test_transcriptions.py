"""Turns outlive the engines that follow them; no clock, no process."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from kallglot.errors import EngineError
from kallglot.speech import wire
from kallglot.speech.engines import Feed, Hypothesis, Opening
from kallglot.speech.transcriptions import Transcriptions

RATE = 8000
OPENING = Opening(RATE, "de")


def sound(seconds, value=1):
    return value.to_bytes(2, "little") * round(seconds * RATE)


def hypothesis(committed="", until=0.0, heard=0.0, *, is_final=False, unstable=""):
    return Hypothesis(committed, unstable, until, heard, "de", is_final=is_final)


class Host:
    """The other side: what it was told, and what its turns make of it."""

    def __init__(self, patience=10.0):
        self.sent = []
        self.turns = Transcriptions(self.sent.append, lambda turn, news: turn.tell(news), patience)

    def opened(self):
        return [message.stream for message in self.sent if isinstance(message, wire.Open)]

    def heard(self, stream):
        feeds = [message.feed for message in self.sent if isinstance(message, wire.Listen)]
        return [feed for feed in feeds if feed.stream == stream]

    def answers(self, stream, *args, **more):
        self.turns.receive(wire.Understood(stream, hypothesis(*args, **more)))

    def speaks(self, now=0.0):
        news = []
        return self.turns.open(OPENING, news.append, now), news


def test_a_turn_is_told_as_it_goes_on():
    host = Host()
    host.turns.connect(window=10.0)
    turn, news = host.speaks()
    turn.feed(sound(0.3))
    turn.feed(sound(0.3), is_pause=True)
    turn.finish(sound(0.1))
    assert host.sent == [
        wire.Open(1, OPENING),
        wire.Listen(Feed(1, sound(0.3))),
        wire.Listen(Feed(1, sound(0.3), is_pause=True)),
        wire.Listen(Feed(1, sound(0.1), is_pause=True, is_last=True)),
    ]
    host.answers(1, "Guten Tag", 0.7, 0.7, is_final=True)
    assert news == [hypothesis("Guten Tag", 0.7, 0.7, is_final=True)]
    assert len(host.turns) == 0
    turn.close()
    assert len(host.sent) == 4


def test_after_a_crash_only_what_was_not_committed_is_heard_again():
    host = Host()
    host.turns.connect(window=10.0)
    turn, news = host.speaks()
    turn.feed(sound(1.0, 1))
    turn.feed(sound(1.0, 2))
    host.answers(1, "eins", 1.0, 2.0, unstable="zw")
    host.turns.disconnect(now=5.0)
    turn.feed(sound(0.5, 3), is_pause=True)
    host.turns.connect(window=10.0)
    assert host.opened() == [1, 2]
    again = sound(1.0, 2) + sound(0.5, 3)
    assert host.heard(2) == [Feed(2, again, is_pause=True)]
    host.answers(2, "zwei", 1.0, 1.5)
    host.answers(1, "zwei", 2.0, 2.0)  # an echo of the engine that is no more
    assert news[1:] == [hypothesis("zwei", 2.0, 2.5)]


def test_a_turn_that_ended_while_nobody_was_there_is_finished_by_who_comes():
    host = Host()
    host.turns.connect(window=10.0)
    turn, news = host.speaks()
    turn.feed(sound(1.0))
    host.turns.disconnect(now=5.0)
    turn.finish()
    host.turns.connect(window=10.0)
    assert host.heard(2) == [Feed(2, sound(1.0), is_pause=True, is_last=True)]
    host.answers(2, "alles", 1.0, 1.0, is_final=True)
    assert news == [hypothesis("alles", 1.0, 1.0, is_final=True)]


def test_a_turn_may_begin_while_nobody_is_there():
    host = Host()
    host.turns.connect(window=10.0)
    host.turns.disconnect(now=5.0)
    turn, _ = host.speaks(now=6.0)
    turn.feed(sound(0.3))
    assert host.opened() == []
    host.turns.connect(window=10.0)
    assert host.heard(1) == [Feed(1, sound(0.3))]


def test_who_does_not_come_back_is_waited_for_no_longer_than_that():
    host = Host(patience=10.0)
    host.turns.connect(window=10.0)
    turn, news = host.speaks()
    turn.feed(sound(1.0))
    assert host.turns.disconnect(now=5.0) == 15.0
    host.turns.expire(now=14.0)
    assert news == []
    host.turns.expire(now=15.0)
    assert [type(each) for each in news] == [EngineError]
    later, its_news = host.speaks(now=20.0)
    assert [type(each) for each in its_news] == [EngineError]
    for each in (turn, later):
        each.feed(sound(1.0))
        each.finish()
        each.close()
    host.turns.connect(window=10.0)
    assert host.opened() == [1]
    assert len(news) == 1


def test_what_is_kept_of_a_turn_is_bounded():
    host = Host()
    host.turns.connect(window=10.0)
    turn, _ = host.speaks()
    for nth in range(200):
        turn.feed(sound(0.3, nth + 1))
    assert len(turn.sound) == 12 * RATE * 2
    host.turns.disconnect(now=0.0)
    host.turns.connect(window=10.0)
    (feed,) = host.heard(2)
    assert feed.pcm == b"".join(sound(0.3, nth + 1) for nth in range(160, 200))


def test_a_turn_whose_step_fails_is_begun_again_at_once_and_given_up_when_that_does_not_help():
    host = Host()
    host.turns.connect(window=10.0)
    turn, news = host.speaks()
    turn.feed(sound(1.0))
    host.turns.receive(wire.Lost(1, "ValueError"))
    host.turns.receive(wire.Lost(2, "ValueError"))
    opened = [message for message in host.sent if isinstance(message, wire.Open)]
    assert [each.is_suspect for each in opened] == [False, False, True]
    assert news == []
    host.turns.receive(wire.Lost(3, "ValueError"))
    assert [str(each) for each in news] == ["ValueError"]
    assert len(host.turns) == 0


def test_a_sound_that_kills_every_engine_costs_only_its_own_turn():
    host = Host()
    host.turns.connect(window=10.0)
    turns = [host.speaks() for _ in range(4)]
    for nth, (turn, _) in enumerate(turns):
        turn.feed(sound(1.0, nth + 1))
    for _ in range(5):
        if all(news for _, news in turns):
            break
        host.turns.disconnect(now=0.0)
        host.sent.clear()
        host.turns.connect(window=10.0)
        suspects = [each for each in host.sent if isinstance(each, wire.Open) and each.is_suspect]
        for each in suspects:  # which are worked on in this order
            if host.heard(each.stream)[0].pcm == sound(1.0, 3):
                break
            host.answers(each.stream, "gut", 1.0, 1.0)
    answers = [[getattr(each, "committed", "lost") for each in news] for _, news in turns]
    assert answers == [["gut"], ["gut"], ["lost"], ["gut"]]


def test_who_says_nothing_new_is_not_suspected_for_the_crashes_of_others():
    host = Host()
    host.turns.connect(window=10.0)
    turn, news = host.speaks()
    turn.feed(sound(1.0))
    host.answers(1, "", 0.0, 1.0, unstable="hm")
    for _ in range(10):
        host.turns.disconnect(now=0.0)
        host.turns.connect(window=10.0)
        host.answers(host.opened()[-1], "", 0.0, 1.0, unstable="hm")
    assert not any(isinstance(each, EngineError) for each in news)


def test_a_turn_that_is_closed_is_heard_of_no_more():
    host = Host()
    host.turns.connect(window=10.0)
    turn, news = host.speaks()
    turn.feed(sound(1.0))
    turn.close()
    assert host.sent[-1] == wire.Forget(1)
    host.answers(1, "zu spät", 1.0, 1.0)
    assert news == []
    turn.feed(sound(1.0))
    turn.close()
    assert len(host.sent) == 3


steps = st.lists(
    st.one_of(
        st.tuples(st.just("feed"), st.integers(1, 4), st.booleans()),
        st.tuples(st.just("answer"), st.integers(0, 4), st.booleans()),
        st.tuples(st.just("crash")),
        st.tuples(st.just("return")),
    ),
    max_size=60,
)


@settings(deadline=None)
@given(steps)
def test_every_second_is_committed_once_and_in_order_whatever_crashes(steps):
    """The engine commits to seconds, each of which is worth one word: its number."""
    host = Host()
    host.turns.connect(window=1000.0)
    turn, news = host.speaks()
    said = 0
    is_there, losses = True, 0
    done = {}  # of each stream: seconds committed

    def heard_by(stream):
        return b"".join(feed.pcm for feed in host.heard(stream))

    def commit(stream, number):
        sounds = heard_by(stream)
        known = len(sounds) // 2 // RATE
        first = done.get(stream, 0)
        upto = min(known, first + number)
        words = [str(sounds[second * RATE * 2]) for second in range(first, upto)]
        done[stream] = upto
        host.answers(stream, " ".join(words), float(upto), float(known))

    for step in steps:
        match step:
            case ["feed", seconds, is_pause]:
                turn.feed(
                    b"".join(sound(1.0, (said + nth) % 200) for nth in range(seconds)),
                    is_pause=is_pause,
                )
                said += seconds
            case ["answer", number, _] if is_there:
                commit(host.opened()[-1], number)
                losses = 0
            case ["crash"] if is_there and losses < 2:
                host.turns.disconnect(now=0.0)
                is_there, losses = False, losses + 1
            case ["return"] if not is_there:
                host.turns.connect(window=1000.0)
                is_there = True
            case _:
                pass
    if not is_there:
        host.turns.connect(window=1000.0)
    commit(host.opened()[-1], 1000)
    words = [word for each in news for word in each.committed.split()]
    assert words == [str(second % 200) for second in range(said)]
    times = [each.until for each in news]
    assert times == sorted(times)
    assert not said or times[-1] == said
