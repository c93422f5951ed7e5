"""A leg between its link, which brings frames as they come, and its participants."""

import asyncio

import pytest

from actors.leg import Leg
from kallglot.messages import Notify, PlayAudio, SeatSpeaker, VoiceHeard
from kallglot.providers import Closed, Heard, Notice, Problem
from kallglot.timeline import Timeline
from tests.fakes.telephone import PlainWire, Telephone

SOUND = Heard(b"\1\0" * 160, 8000)


class SlowWire(PlainWire):
    """Holds everything back for 60 ms."""

    def __init__(self) -> None:
        super().__init__(has_marks=True)
        self.held = []
        self.let_out = []

    @property
    def deadline(self):
        return self.held[0][0] if self.held else None

    def receive(self, frame, now):
        self.held.append((now + 0.06, frame))
        return []

    def due(self, now):
        events = [frame for deadline, frame in self.held if deadline <= now]
        self.held = self.held[len(events) :]
        self.let_out += [(now, event) for event in events]
        return events


def listen_in(telephone: Telephone) -> list:
    """Return what its leg takes from now on."""
    taken = []
    telephone.arrival.wire.receive = lambda frame, now: taken.append(frame) or []
    return taken


def leg_of(call, telephone):
    switchboard = call.calls._switchboard._actor_weakref()
    children = switchboard.children[call.session.id]._actor_weakref().children.values()
    legs = [ref._actor_weakref() for ref in children if ref.name.startswith("leg")]
    return next(leg for leg in legs if leg._link is telephone)


async def occupy(call):
    """Have the customer's leg wait for room."""
    call.customer.room.clear()
    leg_of(call, call.customer).ref.tell(Notify(Notice("a.long.story", {})))
    await asyncio.sleep(0.01)


async def test_a_frame_is_taken_before_the_link_has_brought_the_next(call):
    taken = listen_in(call.customer)
    call.customer.sends("one")
    assert taken == ["one"]


async def test_a_busy_leg_takes_one_frame_and_the_others_wait_in_the_link(call):
    taken = listen_in(call.customer)
    await occupy(call)
    for number in range(5):
        call.customer.sends(number)
    assert taken == []
    assert list(call.customer._waiting) == [1, 2, 3, 4]
    assert len(leg_of(call, call.customer).mailbox) == 1
    call.customer.room.set()
    await call.settle()
    assert taken == [0, 1, 2, 3, 4]
    call.customer.sends(5)
    assert taken[-1] == 5


async def test_an_answer_waits_for_room_and_so_do_the_frames_behind_it(call):
    call.customer.room.clear()
    for number in range(3):
        call.customer.sends(Problem("invalid_frame", "", ("reply", number)))
    await call.settle()
    assert call.customer.answers == []
    assert len(call.customer._waiting) == 1
    call.customer.room.set()
    await call.settle()
    assert call.customer.answers == [("reply", 0), ("reply", 1), ("reply", 2)]


async def test_what_a_wire_holds_back_is_let_out_in_time_without_a_task_for_each_frame(call):
    call.customer.is_cut_off()
    wire, again = SlowWire(), Telephone("de", call_id="CA1")
    again.arrival = again.arrival.__class__("fake", again, wire, call_id="CA1")
    await call.connect(again)
    tasks = len(asyncio.all_tasks())
    start = asyncio.get_running_loop().time()
    for number in range(3):
        again.sends(SOUND)
        assert len(asyncio.all_tasks()) == tasks
        await asyncio.sleep(0.02 * (number + 1))
    await asyncio.sleep(0.2)
    waited = [at - start for at, _ in wire.let_out]
    assert waited == [pytest.approx(due, abs=0.002) for due in (0.06, 0.08, 0.12)]


async def test_who_says_goodbye_is_gone(call):
    call.customer.sends(Closed())
    await call.settle()
    assert call.row.reconnect_deadline is not None
    assert call.customer.closed == (1000, "")


async def test_a_leg_that_ends_leaves_no_alarm(call):
    call.customer.is_cut_off()
    wire, again = SlowWire(), Telephone("de", call_id="CA1")
    again.arrival = again.arrival.__class__("fake", again, wire, call_id="CA1")
    await call.connect(again)
    again.sends(SOUND)
    alarm = leg_of(call, again)._alarm
    again.is_cut_off()
    await asyncio.sleep(0.01)
    assert alarm.cancelled()


async def test_frames_after_the_end_of_a_leg_are_nobodys(call):
    taken = listen_in(call.customer)
    leg = leg_of(call, call.customer)
    leg.stop()
    await leg.ended()
    assert leg._take("too late") is False
    assert taken == []


class Scene:
    """A leg with somebody on it, what they hear, and where frames got lost."""

    def __init__(self) -> None:
        self.heard: list = []
        self.lost: list[str] = []
        self.telephone = Telephone("de")
        timeline = Timeline(asyncio.get_running_loop().time, 0.0)
        self.leg = Leg.start("leg_1", self.telephone.arrival, self, timeline, self.lost.append)
        self.leg.tell(SeatSpeaker(None, "customer", self))

    def tell(self, message) -> None:
        self.heard.append(message)

    @property
    def voice(self) -> list:
        return [message for message in self.heard if isinstance(message, VoiceHeard)]


@pytest.fixture
async def scene():
    scene = Scene()
    await asyncio.sleep(0.01)
    yield scene
    await scene.leg.stop()


async def test_frames_that_come_faster_than_anybody_speaks_are_counted_as_lost(scene):
    for _ in range(180):
        scene.telephone.sends(SOUND)
    assert (len(scene.voice), scene.lost) == (180, [])
    for _ in range(180):
        scene.telephone.sends(SOUND)
    assert scene.lost == ["leg"] * (360 - len(scene.voice))
    assert len(scene.lost) > 160


async def test_sound_that_a_slow_listener_never_gets_is_counted_as_lost(scene):
    scene.telephone.room.clear()
    for _ in range(60):
        scene.leg.tell(PlayAudio(SOUND.pcm, "customer", "agent", None))
    assert scene.lost == ["mailbox"] * 10
    scene.telephone.room.set()
    await asyncio.sleep(0.01)
    assert len(scene.telephone.played) == 50
