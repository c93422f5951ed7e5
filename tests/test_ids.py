from __future__ import annotations

from kallglot.ids import is_id, new_id


def test_ids_sort_by_when_they_were_made_within_a_millisecond_too():
    made = [new_id("sess") for _ in range(5_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert all(is_id(each, "sess") for each in made)


def test_an_id_has_its_prefix_and_26_letters_of_a_ulid():
    made = new_id("wh_del")
    assert is_id(made, "wh_del")
    assert not is_id(made, "wh")
    assert not is_id(made.lower(), "wh_del")
    assert not is_id(made[:-1], "wh_del")
    assert not is_id("", "wh_del")
