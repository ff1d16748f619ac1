"""Which addresses a webhook may have, and which network addresses are ever connected to."""

from ipaddress import ip_address, ip_network

import pytest

from webhooks import targets
from webhooks.errors import NotDelivered
from webhooks.targets import Target, WrongUrl, is_allowed, read

PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808"]
REFUSED = {
    "this network": "0.0.0.0",
    "private, 10": "10.1.2.3",
    "private, 172": "172.16.0.1",
    "private, 192": "192.168.1.1",
    "carrier-grade NAT": "100.64.0.1",
    "loopback": "127.0.0.1",
    "loopback, another": "127.255.0.3",
    "link-local, metadata of clouds": "169.254.169.254",
    "protocol assignments": "192.0.0.8",
    "documentation": "203.0.113.7",
    "6to4 relays": "192.88.99.1",
    "benchmarks": "198.18.0.1",
    "multicast": "224.0.0.1",
    "multicast, global": "233.252.0.1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "the host of Azure": "168.63.129.16",
    "unspecified, IPv6": "::",
    "loopback, IPv6": "::1",
    "IPv4-compatible": "::127.0.0.1",
    "IPv4-mapped loopback": "::ffff:127.0.0.1",
    "IPv4-mapped private": "::ffff:192.168.1.1",
    "IPv4-mapped metadata": "::ffff:169.254.169.254",
    "IPv4-translated": "::ffff:0:127.0.0.1",
    "NAT64 of loopback": "64:ff9b::7f00:1",
    "NAT64 of metadata": "64:ff9b::a9fe:a9fe",
    "NAT64, local use": "64:ff9b:1::7f00:1",
    "6to4 of loopback": "2002:7f00:1::",
    "Teredo": "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "documentation, IPv6": "2001:db8::1",
    "documentation, IPv6, new": "3fff::1",
    "unique local": "fd00:ec2::254",
    "link-local, IPv6": "fe80::1",
    "link-local with a zone": "fe80::1%lo",
    "site-local": "fec0::1",
    "multicast, IPv6": "ff02::1",
    "multicast, IPv6, global": "ff0e::1",
    "discard": "100::1",
    "not assigned": "4000::1",
}


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address):
    assert is_allowed(ip_address(address), ())


@pytest.mark.parametrize("address", REFUSED.values(), ids=REFUSED)
def test_no_other_address_is_allowed(address):
    assert not is_allowed(ip_address(address), ())


def test_an_administrator_allows_single_networks_and_nothing_beside_them():
    networks = (ip_network("10.8.0.0/16"), ip_network("fd00:1::/32"))
    allowed = ("10.8.3.4", "::ffff:10.8.3.4", "fd00:1::5", "8.8.8.8")
    assert all(is_allowed(ip_address(address), networks) for address in allowed)
    assert not any(is_allowed(ip_address(address), networks) for address in ("10.9.0.1", "127.0.0.1", "fd00:2::5"))


@pytest.mark.parametrize(
    ("entered", "url"),
    [
        ("https://hooks.example.com/a?b=c", "https://hooks.example.com/a?b=c"),
        (" https://HOOKS.example.com. ", "https://hooks.example.com/"),
        ("https://hooks.example.com:8443/", "https://hooks.example.com:8443/"),
        ("https://hooks.example.com:443/", "https://hooks.example.com/"),
        ("https://例子.测试/a", "https://xn--fsqu00a.xn--0zwm56d/a"),
        ("https://[2606:4700::1111]/a", "https://[2606:4700::1111]/a"),
        ("https://134744072/a", "https://8.8.8.8/a"),
        ("https://0x8.8.2056/", "https://8.8.8.8/"),
    ],
)
def test_an_address_gets_one_spelling(entered, url):
    assert read(entered, ()).url == url


@pytest.mark.parametrize(
    "entered",
    [
        "",
        "hooks.example.com",
        "ftp://hooks.example.com",
        "file:///etc/passwd",
        "gopher://hooks.example.com",
        "http://hooks.example.com",
        "https://",
        "https://user:secret@hooks.example.com",
        "https://hooks.example.com#here",
        "https://hooks.example.com/\r\nHost: other",
        "https://hooks.example.com\\@127.0.0.1/",
        "https://hooks.example.com/a b",
        "https://hooks.example.com/ä",
        "https://hooks.example.com:22/",
        "https://hooks.example.com:0/",
        "https://hooks.example.com:99999/",
        "https://[::1/",
        "https://a..b/",
        "https://127.0.0.1/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:a9fe:a9fe]/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://２１３０７０６４３３/",
        "https://169.254.169.254/latest/meta-data",
        "https://[fe80::1%25lo]/",
        "https://[2606:4700::1111%é]/",
        "https://hooks.example.com/" + "a" * 500,
    ],
)
def test_what_can_never_be_sent_to_is_refused_with_a_sentence(entered):
    with pytest.raises(WrongUrl) as error:
        read(entered, ())
    assert error.value.message.endswith(".")


def lead_to(monkeypatch, *addresses: str) -> list[str]:
    """Make every name lead to these addresses; return the list of the names that are asked for."""
    asked = []

    def getaddrinfo(host, port, **_how):
        asked.append(host)
        return [(None, None, None, "", (address, port)) for address in addresses]

    monkeypatch.setattr(targets.socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::ffff:169.254.169.254"]])
def test_a_name_that_leads_inside_is_refused_even_when_it_also_leads_outside(monkeypatch, addresses):
    lead_to(monkeypatch, *addresses)
    with pytest.raises(NotDelivered, match="address_refused"):
        targets.resolve(read("https://hooks.example.com/", ()), ())


@pytest.mark.parametrize("name", ["127.1", "0x7f000001", "2130706433", "017700000001"])
def test_other_spellings_of_an_address_are_judged_by_where_they_lead(name):
    with pytest.raises(NotDelivered, match="address_refused|no_such_host"):
        targets.resolve(Target("https", name, 443, "/"), ())


def test_plain_http_goes_to_allowed_networks_only(monkeypatch):
    networks = (ip_network("10.8.0.0/16"),)
    lead_to(monkeypatch, "8.8.8.8")
    with pytest.raises(NotDelivered, match="https_needed"):
        targets.resolve(read("http://hooks.example.com/", networks), networks)
    lead_to(monkeypatch, "10.8.0.1")
    assert targets.resolve(read("http://hooks.example.com/", networks), networks) == [ip_address("10.8.0.1")]
    assert read("http://10.8.0.1/", networks).url == "http://10.8.0.1/"
    for entered in ("http://8.8.8.8/", "http://[2606:4700::1111]/", "http://10.9.0.1/", "http://[::ffff:8.8.8.8]/"):
        with pytest.raises(WrongUrl):
            read(entered, networks)
