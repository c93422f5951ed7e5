from __future__ import annotations

import pytest

from kallglot.api.opening import opened
from kallglot.api.pairs import check_pairs
from kallglot.api.schemas import read_session
from kallglot.config import Settings
from kallglot.errors import NotAvailable

SERVED = frozenset({("de", "en"), ("en", "de"), ("fr", "en")})


def session(**fields):
    asked = read_session({"mode": "bidirectional_translation", **fields})
    return opened(asked, "org_1", Settings.default(), 0.0)


def check(**fields):
    check_pairs(session(**fields), lambda source, target: (source, target) in SERVED)


@pytest.mark.parametrize(
    ("source", "target"),
    [("de", "en"), ("en", "de-AT"), ("ja", "ja"), ("auto", "ja"), ("ja", "auto")],
)
def test_a_pair_that_is_served_or_not_yet_known_is_let_in(source, target):
    check(source_language=source, target_language=target)


@pytest.mark.parametrize(
    ("source", "target", "missing"),
    [("ja", "ko", "from ja to ko"), ("fr", "en", "from en to fr"), ("de", "ja", "from de to ja")],
)
def test_a_pair_that_no_model_serves_is_refused_with_its_name(source, target, missing):
    with pytest.raises(NotAvailable, match=missing) as refused:
        check(source_language=source, target_language=target)
    assert refused.value.code == "feature_not_available"
    assert refused.value.param == "target_language"
    assert "kallglot models list --pair" in str(refused.value)


def test_every_pair_of_a_conference_counts():
    people = [
        {"type": "customer", "language": "de"},
        {"type": "agent", "language": "en"},
        {"type": "agent", "language": "ja"},
    ]
    with pytest.raises(NotAvailable, match="from de to ja"):
        check(participants=people)
    check(participants=people[:2])
