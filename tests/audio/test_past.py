"""What is kept of a sound is what was appended, wherever blocks begin and end."""

from hypothesis import given
from hypothesis import strategies as st

from kallglot.audio.past import BLOCK, Past

appended = st.tuples(st.just("append"), st.one_of(st.integers(0, 400), st.integers(0, 3 * BLOCK)))
forgotten = st.tuples(st.just("forget"), st.integers(0, 3 * BLOCK))
cleared = st.tuples(st.just("clear"), st.just(0))


@given(
    st.lists(st.one_of(appended, appended, forgotten, cleared), max_size=20),
    st.integers(0, 6 * BLOCK),
    st.integers(0, 6 * BLOCK),
)
def test_it_reads_like_one_string_that_was_cut_at_the_front(acts, first, last):
    past, whole, start = Past(), b"", 0
    for act, amount in acts:
        match act:
            case "append":
                data = bytes((len(whole) + n) % 251 for n in range(amount))
                past.append(data)
                whole += data
            case "forget":
                past.forget(amount)
                start = min(max(start, amount), len(whole))
            case "clear":
                past.clear()
                start = len(whole)
    assert (past.start, past.end, len(past)) == (start, len(whole), len(whole) - start)
    assert past.between(first, last) == whole[max(first, start) : max(last, start, first)]
    assert past.between(start, past.end) == whole[start:]


def test_what_is_forgotten_is_let_go():
    past = Past()
    for _ in range(100):
        past.append(bytes(BLOCK // 2))
        past.forget(past.end - BLOCK)
    assert len(past._blocks) <= 3
