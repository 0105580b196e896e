"""What an asset is called."""

from __future__ import annotations

import pytest

from asepsis.hospital.kinds import Verdict
from asepsis.hospital.naming import role_name


@pytest.mark.parametrize(
    ("titles", "hostnames", "label"),
    [
        (["WS1"], ["pc7.hospital.test"], "WS1, 10.0.0.5"),
        (["ECHOSCU"], ["pc7.hospital.test"], "pc7, 10.0.0.5"),
        (["ECHOSCU"], [], "10.0.0.5"),
        ([], ["pc7", "PC7.hospital.test"], "pc7, 10.0.0.5"),
        ([], ["192.168.1.150"], "10.0.0.5"),
        ([], ["pc7", "pc8"], "10.0.0.5"),
    ],
)
def test_a_machine_goes_by_its_own_name(titles: list[str], hostnames: list[str], label: str) -> None:
    assert role_name(Verdict("workstation", 0.9, (), ()), titles, [], hostnames, "10.0.0.5") == f"Workstation ({label})"
