"""What is administered from afar: a Windows machine's RPC, as far as calls to it need an answer, and a remote desktop (xrdp)."""

from __future__ import annotations

import subprocess
import sys

from accounts import ACCOUNT, PASSWORD
from lan import start
from state import Hospital
from topology import Host

from services.clinical import DAEMONS

PACKAGES = {"xrdp": "xrdp"}
RDP_PORT = 3389


def remote_calls(hospital: Hospital, one: Host) -> None:
    disk = hospital.folder(one.name) / "disk"
    words = ["--address", one.address, "--disk", disk, "--user", ACCOUNT, "--password", PASSWORD]
    start(one.name, [sys.executable, DAEMONS / "windows_host.py", *words], ports=[135, 445, 49666])


def desktop(hospital: Hospital, one: Host) -> None:
    """RDP (MS-RDPBCGR) over TLS or with its own encryption; there is no session behind it, whoever logs in is told so."""
    folder = hospital.folder(one.name)
    key, certificate = folder / "rdp.key", folder / "rdp.crt"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "180", "-subj", f"/CN={one.name}"]
    subprocess.run([*words, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    lines = ["[Globals]", "ini_version=1", f"port=tcp://{one.address}:{RDP_PORT}", "security_layer=negotiate", "crypt_level=high"]
    lines += [f"certificate={certificate}", f"key_file={key}", "ssl_protocols=TLSv1.2, TLSv1.3"]
    lines += ["max_bpp=16", "autorun=none", "fork=true", "[Logging]", f"LogFile={folder}/xrdp.log", "LogLevel=INFO"]
    lines += ["[none]", "name=none", "lib=libvnc.so", "username=ask", "password=ask", "ip=127.0.0.1", "port=5900"]
    conf = folder / "xrdp.ini"
    conf.write_text("\n".join(lines) + "\n")
    start(one.name, ["xrdp", "-n", "-c", conf], ports=[RDP_PORT])
