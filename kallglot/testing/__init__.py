"""Carriers without an account: what a test, or a plugin's author, needs of a telephone network.

    async with TwilioCarrier() as twilio:
        twilio.own("+15550100100", voice_url="http://127.0.0.1:8080/providers/twilio/voice")
        call = twilio.ring("+15550100100", Person(talk=plays([greeting])))
        phone = await call.line.streaming()
        call.hang_up()
        assert await call.ended() == "completed"

The carriers are simulated on this machine: their REST API is served, their webhooks are signed
and sent, and their media streams are connected, all as their documentation says.  Nothing is
shared with the plugins that speak to the real ones, so that the two check each other.
"""

from __future__ import annotations

from kallglot.phones.network import Faults
from kallglot.phones.phone import Phone
from kallglot.testing.controlledcall import ControlledCall
from kallglot.testing.faults import WebhookFaults
from kallglot.testing.journal import Entry
from kallglot.testing.livecall import LiveCall
from kallglot.testing.manner import Manner
from kallglot.testing.people import Person, Talk, listens, plays
from kallglot.testing.signing import SharedKey, TelnyxKey, TwilioKey
from kallglot.testing.telnyx import TelnyxAccount, TelnyxCarrier
from kallglot.testing.twilio import TwilioAccount, TwilioCarrier

__all__ = [
    "ControlledCall",
    "Entry",
    "Faults",
    "LiveCall",
    "Manner",
    "Person",
    "Phone",
    "SharedKey",
    "Talk",
    "TelnyxAccount",
    "TelnyxCarrier",
    "TelnyxKey",
    "TwilioAccount",
    "TwilioCarrier",
    "TwilioKey",
    "WebhookFaults",
    "listens",
    "plays",
]
