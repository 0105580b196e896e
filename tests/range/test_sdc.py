"""Devices at the bed and the station that watches them, over SDC."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest

from .conftest import until

pytest.importorskip("sdc11073", reason="needs sdc11073")
AT = "2026-01-05T08:30:00+00:00"


def test_waves_and_numbers_arrive_at_the_station(start, port, tmp_path: Path) -> None:
    from clients.control import ControlError, tell

    places = []
    for kind, serial in (("monitor", "ZV-1"), ("pump", "ZP-1")):
        at = port()
        control = ["--control", tmp_path / f"{kind}.sock"]
        start("sdc_device", "--type", kind, "--address", "127.0.0.1", "--port", at, "--serial", serial, "--bed", "ICU1/Bed7", *control)
        places += ["--device", f"127.0.0.1:{at},{serial}"]
    station, status = tmp_path / "station.sock", tmp_path / "station.json"
    start("sdc_consumer", "--address", "127.0.0.1", "--control", station, "--status", status, *places)
    assert until(status, lambda s: s["devices"] == 2)["waveforms"] == 0

    assert tell(tmp_path / "monitor.sock", f"report 5 {AT}") == "ok"
    assert tell(tmp_path / "pump.sock", f"report 3 {AT}") == "ok"
    assert tell(tmp_path / "pump.sock", f"alarm on {AT}") == "ok"
    assert tell(tmp_path / "monitor.sock", "patient ZZ100042 ZZTEST ALPHA") == "ok"
    said = until(status, lambda s: s["metrics"] == 8 and s.get("contexts") == 1)
    assert (said["waveforms"], said["alarms"]) == (5, 1)
    assert int(tell(station, "renew")) >= 2
    with pytest.raises(ControlError):
        tell(station, "explode")
    assert tell(station, "read") == "ok"
    assert tell(tmp_path / "monitor.sock", "wave 2") == "ok"
    until(status, lambda s: s["waveforms"] == 7)


def test_a_device_that_is_off_does_not_end_the_station(start, port, tmp_path: Path) -> None:
    status = tmp_path / "station.json"
    start("sdc_consumer", "--address", "127.0.0.1", "--status", status, "--device", f"127.0.0.1:{port()},ZV-1")
    assert until(status, lambda s: True)["devices"] == 0


def test_a_device_that_was_switched_off_is_subscribed_to_again(start, port, tmp_path: Path) -> None:
    from clients.control import tell

    at, station, status, device = port(), tmp_path / "station.sock", tmp_path / "station.json", tmp_path / "pump.sock"
    words = ["--type", "pump", "--address", "127.0.0.1", "--port", at, "--serial", "ZP-1", "--control", device]
    start("sdc_consumer", "--address", "127.0.0.1", "--control", station, "--status", status, "--device", f"127.0.0.1:{at},ZP-1")
    assert tell(station, "renew") == "0"
    one = start("sdc_device", *words)
    assert tell(station, f"subscribe 127.0.0.1:{at},ZP-1") == "ok"
    one.kill()
    one.wait()
    assert tell(station, "renew") == "0"
    start("sdc_device", *words)
    assert tell(station, f"subscribe 127.0.0.1:{at},ZP-1") == "ok"
    assert tell(device, "report 1") == "ok"
    assert until(status, lambda s: s["metrics"] == 1)["devices"] == 1


def test_over_tls_with_certificates_on_both_sides(start, port, tmp_path: Path) -> None:
    from clients.control import tell

    cert, key = tmp_path / "c.pem", tmp_path / "k.pem"
    words = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=ZZ Example"]
    subprocess.run(["openssl", "req", "-x509", *words, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    at, tls = port(), ["--cert", cert, "--key", key, "--ca", cert]
    place = ["--address", "127.0.0.1", *tls]
    start("sdc_device", "--type", "monitor", "--port", at, "--serial", "ZV-1", "--control", tmp_path / "m.sock", *place)
    with socket.create_connection(("127.0.0.1", at)):  # says nothing, and keeps nobody waiting
        status = tmp_path / "station.json"
        start("sdc_consumer", "--status", status, "--device", f"127.0.0.1:{at},ZV-1", *place)
        assert tell(tmp_path / "m.sock", "report 2") == "ok"
        assert until(status, lambda s: s["waveforms"] == 2)["devices"] == 1
