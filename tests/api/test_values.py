"""What is read, and what the reference says of it, are the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from kallglot.api.values import VALUES
from kallglot.errors import InvalidRequest

NAMES = {getattr(kind, "__name__", str(kind)): kind for kind in VALUES}

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=False)
    | st.text(max_size=300)
    | st.sampled_from(["de", "auto", "+15550100", "sip:a@b.c", "https://example.com/a", "twilio"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


def refusal(name: str, value: object) -> InvalidRequest | None:
    kind = NAMES[name]
    try:
        VALUES[kind].hook(value, kind)
    except InvalidRequest as refused:
        return refused
    return None


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=50)
@given(value=ANYTHING)
def test_a_value_is_read_as_the_reference_allows_or_refused_with_its_code(name, value):
    described = VALUES[NAMES[name]]
    refused = refusal(name, value)
    if refused is None:
        faults = [*Draft202012Validator(described.schema).iter_errors(value)]
        assert not faults, faults
    else:
        assert refused.code in {described.code, "invalid_field_value"}


@pytest.mark.parametrize("name", NAMES)
def test_every_choice_that_the_reference_offers_is_read(name):
    for value in VALUES[NAMES[name]].schema.get("enum", ()):
        assert refusal(name, value) is None
