"""Where events may go on the network, and what they meet there."""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
import ssl

import pytest
from aiohttp.abc import AbstractResolver
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kallglot.webhooks.sender import Conduct, Sender
from kallglot.webhooks.verdicts import Answered, Unanswered
from tests.webhooks.receiver import receiving

pytestmark = pytest.mark.real_time

HOST = "hooks.example.com"
NOT_PUBLIC = Unanswered("not sent: its name stands for no public address")


class Names(AbstractResolver):
    """Who knows the names: what each stands for, another address each time it is asked."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(self, host, port=0, family=socket.AF_INET):
        found = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST,
            }
            for address in found
        ]

    async def close(self):
        pass


def certified(name: str) -> tuple[bytes, bytes]:
    """A certificate for that name, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem, secret


@pytest.fixture
def certificate(tmp_path):
    pem, secret = certified(HOST)
    (tmp_path / "both.pem").write_bytes(secret + pem)
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(tmp_path / "both.pem")
    return shown, ssl.create_default_context(cadata=pem.decode())


async def posted(sender: Sender, url: str):
    async with sender:
        return await sender.post(url, b"{}", {})


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1"])
async def test_a_name_that_stands_for_a_private_address_is_not_connected_to(address):
    async with receiving() as receiver:
        reply = await posted(
            Sender(Conduct(), Names([address])), f"https://{HOST}:{receiver.port}/hook"
        )
    assert reply == NOT_PUBLIC
    assert receiver.got == []


async def test_the_system_s_own_answer_is_looked_at_too():
    async with receiving() as receiver:
        name = socket.gethostname()
        async with Sender(Conduct(timeout=5.0)) as sender:
            reply = await sender.post(f"https://{name}:{receiver.port}/hook", b"{}", {})
    assert isinstance(reply, Unanswered)
    assert receiver.got == []


async def test_the_address_that_was_looked_at_is_the_one_connected_to():
    """A name that is public when looked at and private when used is asked only once."""
    names = Names(["192.0.2.1", "198.18.0.1"], ["127.0.0.1"])
    assert await posted(Sender(Conduct(timeout=0.2), names), f"https://{HOST}/") == NOT_PUBLIC
    public = Names(["203.0.113.1"], ["127.0.0.1"])
    conduct = Conduct(timeout=0.2, allow_private=True)
    reply = await posted(Sender(conduct, public), f"https://{HOST}/")
    assert isinstance(reply, Unanswered)
    assert public.asked == 1


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "http://example.com/", "https://[::1]/"])
async def test_a_url_that_was_allowed_once_is_not_used_when_it_no_longer_is(url):
    reply = await posted(Sender(Conduct(), Names(["8.8.8.8"])), url)
    assert isinstance(reply, Unanswered)
    assert reply.why.startswith("not sent: the URL ")


async def test_pinned_to_an_address_the_certificate_is_still_that_of_the_name(certificate):
    shown, trusted = certificate
    names = Names(["127.0.0.1"])
    async with receiving(shown) as receiver:
        conduct = Conduct(allow_private=True)
        reply = await posted(
            Sender(conduct, names, trusted), f"https://{HOST}:{receiver.port}/hook"
        )
        assert reply == Answered(200)
        (got,) = receiver.got
        assert got.headers["Host"] == f"{HOST}:{receiver.port}"
        other = f"https://other.example.com:{receiver.port}/hook"
        reply = await posted(Sender(conduct, names, trusted), other)
        assert reply == Unanswered("its TLS certificate is not good")
        reply = await posted(Sender(conduct, names), f"https://{HOST}:{receiver.port}/hook")
        assert reply == Unanswered("its TLS certificate is not good")
    assert len(receiver.got) == 1


async def test_who_does_not_speak_tls_or_http():
    async with receiving() as receiver:
        conduct = Conduct(allow_private=True)
        reply = await posted(
            Sender(conduct, Names(["127.0.0.1"])), f"https://{HOST}:{receiver.port}/hook"
        )
    assert reply in {Unanswered("TLS failed"), Unanswered("the connection broke")}


@pytest.mark.parametrize(
    ("says", "why"),
    [
        (b"", "it hung up without an answer"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "what came is no answer in HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 20_000, "what came is no answer in HTTP"),
    ],
)
async def test_whatever_is_answered_is_only_a_failure(says, why):
    async def answer(reader, writer):
        await reader.read(64)
        writer.write(says)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        conduct = Conduct(timeout=2.0, allow_private=True)
        reply = await posted(Sender(conduct), f"http://127.0.0.1:{port}/")
    assert reply == Unanswered(why)


async def test_a_name_that_nobody_knows():
    reply = await posted(Sender(Conduct(timeout=5.0)), "https://no-such-name.invalid/")
    assert reply == Unanswered("its name cannot be resolved")
    reply = await posted(Sender(Conduct()), f"https://{'a' * 70}.example.com/")
    assert reply == Unanswered("its name cannot be resolved")
