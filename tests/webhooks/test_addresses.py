from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.webhooks.addresses import UnfitUrl, check_url, is_public

NOT_PUBLIC = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "localhost",
    "",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_doors_behind_the_firewall_are_not_knocked_at(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "2a00:1450::1", "64:ff9b::8.8.8.8"]
)
def test_others_are(address):
    assert is_public(address)


@given(st.ip_addresses())
def test_no_address_is_public_that_the_registry_says_is_not(address):
    if not address.is_global and address not in ipaddress.ip_network("64:ff9b::/96"):
        assert not is_public(str(address))


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com/hook?for=us&b=%20",
        "https://example.com:8443/hook",
        "https://bücher.example/hook",
        "https://[2606:4700::1111]/hook",
        "https://8.8.8.8/hook",
        "HTTPS://EXAMPLE.COM/",
        "https://example.com/with@sign?and=a@b",
    ],
)
def test_urls_that_events_are_sent_to(url):
    check_url(url, allow_private=False)
    check_url(url, allow_private=True)


@pytest.mark.parametrize("port", [0, 1, 22, 25, 53, 445, 993])
def test_ports_that_are_not_for_the_web_are_refused(port):
    with pytest.raises(UnfitUrl, match="port"):
        check_url(f"https://example.com:{port}/", allow_private=False)


@pytest.mark.parametrize("host", ["127.1", "0177.0.0.1", "0x7f.0.0.1", "2130706433", "0"])
def test_addresses_in_disguise_are_refused(host):
    with pytest.raises(UnfitUrl):
        check_url(f"https://{host}/", allow_private=False)


@pytest.mark.parametrize("address", [one for one in NOT_PUBLIC if one and "%" not in one])
def test_addresses_in_urls_are_looked_at(address):
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(UnfitUrl):
        check_url(f"https://{host}/", allow_private=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:3000/hook",
        "http://127.0.0.1:8000",
        "https://crm.internal:444/",
        "http://[::1]/",
    ],
)
def test_an_operator_may_allow_what_is_near(url):
    with pytest.raises(UnfitUrl):
        check_url(url, allow_private=False)
    check_url(url, allow_private=True)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "https://a:b@example.com",
        "https://@example.com",
        "https://example.com#part",
        "https://exa mple.com",
        "https://example.com\\@127.0.0.1/",
        "https://example.com/\r\nHost: x",
        "https://example.com/\u2028",
        "https://example.com:99999",
        "https://[::1",
        "https://" + "a" * 2048,
    ],
)
def test_what_is_no_decent_url_is_never_allowed(url):
    for allow_private in (True, False):
        with pytest.raises(UnfitUrl):
            check_url(url, allow_private=allow_private)


@given(st.text(max_size=60) | st.from_regex(r"https?://[^/]{0,30}(:[0-9]{1,6})?(/.*)?"))
def test_whatever_the_text_is_it_is_taken_or_refused(text):
    try:
        check_url(text, allow_private=False)
    except UnfitUrl:
        return
    assert text.lower().startswith("https://")
