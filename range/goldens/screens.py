"""Screens that others take over: VNC of TigerVNC and x11vnc, RDP of xrdp; with and without a password, a wrong one, and under TLS."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import lan

from goldens.cable import Recorded

PACKAGES = {
    "Xtigervnc": "tigervnc-standalone-server",
    "xtigervncviewer": "tigervnc-viewer",
    "tigervncpasswd": "tigervnc-tools",
    "x11vnc": "x11vnc",
    "Xvfb": "xvfb",
    "xrdp": "xrdp",
    "xfreerdp": "freerdp2-x11",
}
PASSWORD, WRONG, USER = "zz-quay", "zz-mole", "ZZTEST-user"
DISPLAY = {"DISPLAY": ":9"}
NONE, VNC, TLS, OLD, RDP, RDP_TLS = 5901, 5902, 5903, 5904, 3389, 3390


def serve(space: str) -> None:
    """Small screens: what is shown on them fills no capture."""
    sockets = Path("/tmp/.X11-unix")
    sockets.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(sockets)], check=True)  # ours alone, as /run is
    for password in (PASSWORD, WRONG):
        hidden = subprocess.run(["tigervncpasswd", "-f"], input=password.encode(), capture_output=True, check=True).stdout
        (lan.SCRATCH / password).write_bytes(hidden)
    common = ["-nolock", "-geometry", "64x48", "-depth", "16", "-desktop", "ZZTEST Erika", "-PasswordFile", str(lan.SCRATCH / PASSWORD)]
    for number, (port, types) in enumerate(((NONE, "None,VncAuth"), (VNC, "VncAuth"), (TLS, "TLSVnc,VncAuth"))):
        words = ["Xtigervnc", f":{21 + number}", "-rfbport", str(port), "-SecurityTypes", types, *common]
        lan.start(space, words, ports=[port])
    shown = ["-display", ":21", "-rfbport", str(OLD), "-rfbversion", "3.3", "-rfbauth", str(lan.SCRATCH / PASSWORD)]
    lan.start(space, ["x11vnc", "-forever", "-quiet", "-noipv6", *shown], ports=[OLD])
    settings = Path("/etc/xrdp/xrdp.ini").read_text()
    for port, layer in ((RDP, "negotiate"), (RDP_TLS, "tls")):
        conf = lan.SCRATCH / f"xrdp-{layer}.ini"
        conf.write_text(settings.replace("\nport=3389", f"\nport={port}").replace("=negotiate", f"={layer}"))
        lan.start(space, ["xrdp", "--nodaemon", "--config", str(conf)], ports=[port])


def view(server: str, port: int, password: str, seconds: str = "1.5") -> None:
    """A viewer that is closed when it has seen a picture, or been refused."""
    words = ["timeout", seconds, "xtigervncviewer", "-Shared", "-passwd", str(lan.SCRATCH / password), f"{server}::{port}"]
    lan.run("client", words, env=DISPLAY, expect=())


def desktop(server: str, security: str) -> None:
    who = [f"/v:{server}", f"/u:{USER}", f"/p:{PASSWORD}", "/client-hostname:ZZTEST-WS7"]
    words = ["timeout", "3", "xfreerdp", *who, f"/sec:{security}", "/cert:ignore", "/size:320x200"]
    lan.run("client", words, env=DISPLAY | {"HOME": str(lan.SCRATCH)}, expect=())


def refused(server: str) -> None:
    """A client that can do without TLS only, as no client of today is: a server that demands it says so."""
    request = b"\x03\0\0\x2f\x2a\xe0\0\0\0\0\0Cookie: mstshash=ZZTEST\r\n\x01\0\x08\0\0\0\0\0"
    request = b"\x03\0\0" + bytes([len(request), len(request) - 5]) + request[5:]
    program = f"import socket; s = socket.create_connection(({server!r}, {RDP_TLS})); s.sendall({request!r}); s.recv(99); s.close()"
    lan.run("client", [sys.executable, "-c", program])


def record(into: Path, server: str, recorded: Recorded) -> None:
    serve("server")
    lan.start("client", ["Xvfb", DISPLAY["DISPLAY"], "-nolock", "-screen", "0", "800x600x24"])
    with recorded(into / "rfb" / "tigervnc.pcap", f"tcp portrange {NONE}-{TLS}"):
        view(server, NONE, PASSWORD)
        view(server, VNC, PASSWORD)
        view(server, VNC, WRONG)
        view(server, TLS, PASSWORD)
    with recorded(into / "rfb" / "version_3_3.pcap", f"tcp port {OLD}"):
        view(server, OLD, PASSWORD)
        view(server, OLD, WRONG)
    (into / "rdp").mkdir(exist_ok=True)
    for name, security in (("own", "rdp"), ("tls", "nla")):
        whole = lan.SCRATCH / f"{name}.pcap"
        with recorded(whole, f"tcp port {RDP}"):
            desktop(server, security)
        # The beginning: what is drawn later is encrypted.
        words = ["tcpdump", "-r", str(whole), "-w", str(into / "rdp" / f"{name}.pcap"), "-Z", "root", "-c", "40"]
        subprocess.run(words, check=True, capture_output=True)
    with recorded(into / "rdp" / "refused.pcap", f"tcp port {RDP_TLS}"):
        refused(server)
