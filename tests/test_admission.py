"""What lets a stream in."""

import attrs
import pytest

from kallglot.admission import TokenlessPolicy, admit_without_token, token_of
from kallglot.errors import NotAuthenticated
from kallglot.model.session import Mode, Routing, Session, Status

POLICY = TokenlessPolicy(frozenset({"telnyx"}), within=300.0)
SESSION = Session("sess_1", "org_1", Mode.BIDIRECTIONAL, (), created_at=1000.0)


def test_a_token_is_found_in_the_header_the_query_or_the_path():
    assert token_of({}, {"Authorization": "Bearer kst_live_a"}, None) == "kst_live_a"
    assert token_of({"token": "kst_live_b"}, {}, None) == "kst_live_b"
    assert token_of({}, {}, "kst_live_c") == "kst_live_c"
    assert token_of({}, {"Authorization": "Bearer sk_live_x"}, None) is None


def test_telnyx_may_bring_the_call_that_the_session_waits_for():
    session = attrs.evolve(SESSION, routing=Routing(call_id="v3:1"))
    admit_without_token(session, "telnyx", "v3:1", 9e9, POLICY)
    with pytest.raises(NotAuthenticated):
        admit_without_token(session, "telnyx", "v3:2", 1001.0, POLICY)


def test_telnyx_may_bring_the_first_call_of_a_session_that_is_minutes_old():
    admit_without_token(SESSION, "telnyx", "v3:1", 1299.0, POLICY)
    with pytest.raises(NotAuthenticated):
        admit_without_token(SESSION, "telnyx", "v3:1", 1301.0, POLICY)
    session = attrs.evolve(SESSION, status=Status.ACTIVE)
    with pytest.raises(NotAuthenticated):
        admit_without_token(session, "telnyx", "v3:1", 1001.0, POLICY)


@pytest.mark.parametrize("provider", ["twilio", "browser"])
def test_nobody_else_comes_without_a_token(provider):
    with pytest.raises(NotAuthenticated) as refusal:
        admit_without_token(SESSION, provider, "CA1", 1001.0, POLICY)
    assert refusal.value.code == "invalid_token"
