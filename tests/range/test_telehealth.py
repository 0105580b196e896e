"""Two peers of a consultation hear each other."""

from __future__ import annotations

import socket

import pytest

pytest.importorskip("aiortc", reason="needs aiortc")


def _address() -> bool:
    """Whether this machine has an address that is not loopback's: ICE uses no other."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("192.0.2.1", 9))
        except OSError:
            return False
        return not sock.getsockname()[0].startswith("127.")


@pytest.mark.skipif(not _address(), reason="needs an address beside loopback")
def test_two_peers_hear_each_other() -> None:
    from clients.telehealth import call

    heard = call("", "", seconds=1, speed=4)
    assert (heard.by_a, heard.by_b) == (50, 50)
