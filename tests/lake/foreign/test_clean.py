"""What may be kept of a foreign value."""

from __future__ import annotations

import time

import pytest

from asepsis.lake.foreign import clean
from asepsis.lake.foreign.rows import community_id, halves


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        (("128.232.110.120", "66.35.250.204", 34855, 80, 6), "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
        (("66.35.250.204", "128.232.110.120", 80, 34855, 6), "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
        (("192.168.1.52", "8.8.8.8", 54585, 53, 17), "1:d/FP5EW3wiY1vCndhwleRRKHowQ="),
        (("192.168.0.89", "192.168.0.1", 8, 0, 1), "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="),
        (("192.168.0.1", "192.168.0.89", 0, 8, 1), "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="),
    ],
)
def test_community_id_as_its_specification_has_it(ends: tuple[str, str, int, int, int], expected: str) -> None:
    assert community_id(*ends) == expected


def test_an_address_as_two_signed_integers() -> None:
    assert halves("10.0.1.6") == (0, 0xFFFF_0A00_0106)
    assert halves("ffff::1") == (-(1 << 48), 1)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("login.live.com", "login.live.com"),
        ("WWW.Example.COM.", "www.example.com"),
        ("evil-c2.xyz", "evil-c2.xyz"),
        ("erika-mustermann.example.com", "*.example.com"),
        ("4711123456.cdn.example.org", "*.cdn.example.org"),
        ("mueller.co.uk", "*.co.uk"),
        ("*.example.com", "*.example.com"),
        ("_ldap._tcp.dc._msdcs.klinik.local", None),
        ("annas-iphone.local", None),
        ("ERIKA-PC", None),
        ("wpad", "wpad"),
        ("1.0.0.10.in-addr.arpa", "1.0.0.10.in-addr.arpa"),
        ("192.168.0.4", "192.168.0.4"),
        ("FE80:0::1", "fe80::1"),
        ("Erika Mustermann.example.com", None),
        ("m\u00fcller.de", None),
        ("a..com", None),
        ("", None),
        (17, None),
        ("x" * 300 + ".com", None),
    ],
)
def test_of_a_host_name_what_is_plainly_no_persons(name: object, kept: str | None) -> None:
    assert clean.host(name) == kept


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("www.mayer.de:8080", "www.mayer.de"),
        ("token.secret.de:pw@www.mayer.de", "www.mayer.de"),
        ("token.secret.de@www.mayer.de:80", "www.mayer.de"),
        ("token.secret.de:pw", None),
        ("2001:db8::1", "2001:db8::1"),
        (7, None),
    ],
)
def test_who_is_to_be_let_in_is_no_part_of_a_host(value: object, kept: str | None) -> None:
    assert clean.authority(value) == kept


@pytest.mark.parametrize("value", [None, True, [], {}, "x", "1e400", 2**63, -(2**63) - 1, 1.5, float("inf"), "9" * 5000])
def test_what_is_no_count(value: object) -> None:
    assert clean.integer(value) is None


def test_counts() -> None:
    assert [clean.integer(value) for value in (0, "17", 17.0, -1, 2**63 - 1)] == [0, 17, 17, -1, 2**63 - 1]


@pytest.mark.parametrize("value", ["10.0.0.1%eth0", "fe80::1%eth0", "010.1.1.1", "10.0.0", "erika", 1, None, "1" * 100])
def test_what_is_no_address(value: object) -> None:
    assert clean.address(value) is None


@pytest.mark.parametrize("value", ["1964-08-12T00:00:00Z", -170_000_000, "2096-01-01T00:00:00Z", 4e9, "9999-12-31", None, "soon"])
def test_no_row_has_a_time_that_cannot_be(value: object) -> None:
    assert clean.stamp(value) is None


def test_a_time_as_logs_write_it() -> None:
    assert clean.stamp(1588205199.5) == clean.stamp("2020-04-30T00:06:39.5Z") == 1_588_205_199_500_000
    assert clean.stamp(time.time() + 3600) is not None
