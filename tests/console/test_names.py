"""By which names browsers may call a machine."""

from __future__ import annotations

from asepsis.console.names import names_of, own_addresses
from asepsis.console.serving import Serving


def test_it_is_called_by_the_address_that_it_listens_at_and_by_what_is_said() -> None:
    names = names_of("192.0.2.7", ["console.hospital.example", "localhost"])
    assert names[:3] == ["localhost", "127.0.0.1", "::1"]
    assert names[-2:] == ["192.0.2.7", "console.hospital.example"]


def test_who_listens_everywhere_is_called_by_each_address() -> None:
    assert "127.0.0.1" in own_addresses()
    assert set(own_addresses()) <= set(names_of("0.0.0.0", []))
    assert "0.0.0.0" not in names_of("0.0.0.0", [])


def test_notices_lead_to_the_name_that_people_know() -> None:
    serving = Serving("site", "0.0.0.0", 8443, (), certificate="c", key="k")
    assert serving.link([]) == "https://localhost:8443"
    assert serving.link(["console.hospital.example"]) == "https://console.hospital.example:8443"
    assert Serving("site", "127.0.0.1", 8000, (), proxied=True).link(["console.hospital.example"]) == "https://console.hospital.example"
