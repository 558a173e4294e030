"""Which addresses the guarded door lets through."""

import ipaddress

import pytest

from shared.outbound import may_be_reached

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001:81b::200e",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
]
REFUSED = {
    "loopback": ["127.0.0.1", "127.0.0.53", "127.255.255.255", "::1"],
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12::1"],
    "link-local": ["169.254.169.254", "169.254.0.1", "fe80::1", "febf::1"],
    "site-local": ["fec0::1", "feff::1"],
    "shared by carriers": ["100.64.0.1", "100.127.255.255"],
    "nowhere": ["0.0.0.0", "0.1.2.3", "::"],
    "multicast": ["224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1"],
    "reserved": ["240.0.0.1", "255.255.255.255", "100::1", "4000::1"],
    "examples": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1"],
    "benchmarks": ["198.18.0.1", "198.19.255.255"],
    "IPv4, mapped": ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"],
    "IPv4, compatible": ["::127.0.0.1", "::10.0.0.1"],
    "IPv4, translated": ["64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::10.0.0.1"],
    "IPv4, in IPv6": ["2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::"],
    "IPv4, tunnelled": ["2001:0:4136:e378:8000:63bf:3fff:fdd2"],
}


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_reached(address: str) -> None:
    assert may_be_reached(ipaddress.ip_address(address), [])


@pytest.mark.parametrize(
    "address", [pytest.param(one, id=f"{what} {one}") for what in REFUSED for one in REFUSED[what]]
)
def test_any_other_address_may_not(address: str) -> None:
    assert not may_be_reached(ipaddress.ip_address(address), [])


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("127.0.0.1", "127.0.0.0/8"),
        ("::1", "::1/128"),
        ("10.1.2.3", "10.1.0.0/16"),
        ("fd00::7", "fd00::/8"),
        ("::ffff:10.1.2.3", "10.1.0.0/16"),
        ("64:ff9b::10.1.2.3", "10.1.0.0/16"),
    ],
)
def test_a_network_that_is_allowed_may_be_reached(address: str, network: str) -> None:
    allow = [ipaddress.ip_network("192.168.7.0/24"), ipaddress.ip_network(network)]

    assert may_be_reached(ipaddress.ip_address(address), allow)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.2.0.1", "10.1.0.0/16"),
        ("127.0.0.1", "::1/128"),
        ("::1", "127.0.0.0/8"),
        ("::ffff:10.2.0.1", "10.1.0.0/16"),
        ("::ffff:127.0.0.1", "::ffff:0:0/96"),
        ("169.254.169.254", "127.0.0.0/8"),
    ],
)
def test_what_is_allowed_opens_nothing_else(address: str, network: str) -> None:
    assert not may_be_reached(ipaddress.ip_address(address), [ipaddress.ip_network(network)])
