"""NTLM: logons to Samba over SMB1 and SMB3 by its own client, in every form that it knows; to Squid, as proxy and as server, by curl."""

from __future__ import annotations

import subprocess
from pathlib import Path

import lan

from goldens.cable import Recorded

PACKAGES = {"smbd": "samba", "smbclient": "smbclient", "smbpasswd": "samba-common-bin", "squid": "squid", "curl": "curl"}
USER, DOMAIN, PASSWORD, WRONG = "zztest-erika", "ZZTEST", "zz-heron-42", "zz-stork-42"
PROXY, SERVER = 3128, 8083
FAKE = "/usr/lib/squid/ntlm_fake_auth"


def _samba() -> Path:
    home = lan.SCRATCH / "logons"
    for name in ("state", "cache", "lock", "pid", "private", "share"):
        (home / name).mkdir(parents=True)
    (home / "users").write_text(f"nobody = {USER}\n")
    conf = home / "smb.conf"
    conf.write_text(
        "[global]\nworkgroup = ZZTEST\nnetbios name = FILES\nserver role = standalone server\nserver min protocol = NT1\n"
        f"lanman auth = yes\nntlm auth = ntlmv1-permitted\nusername map = {home}/users\n"
        f"private dir = {home}/private\nstate directory = {home}/state\n"
        f"cache directory = {home}/cache\nlock directory = {home}/lock\npid directory = {home}/pid\nncalrpc dir = {home}/lock\n"
        f"log file = {home}/log\ndisable spoolss = yes\nload printers = no\nsmb ports = 445\n[zzshare]\npath = {home}/share\n"
    )
    words = ["smbpasswd", "-c", str(conf), "-s", "-a", "nobody"]
    subprocess.run(words, input=f"{PASSWORD}\n{PASSWORD}\n", text=True, check=True, capture_output=True)
    lan.start("server", ["smbd", "-F", "--no-process-group", "-s", str(conf)], ports=[445])
    return conf


def _squid(server: str) -> None:
    home = lan.SCRATCH / "squid"
    home.mkdir()
    home.chmod(0o777)
    errors = home / "errors"
    errors.mkdir()
    for page in Path("/usr/share/squid/errors/templates").iterdir():
        (errors / page.name).write_text("ZZ\n")
    conf = home / "squid.conf"
    conf.write_text(
        f"http_port {PROXY}\nhttp_port {SERVER} accel defaultsite=zz-intranet.hospital.test\nauth_param ntlm program {FAKE}\n"
        f"error_directory {errors}\n"
        "auth_param ntlm children 2\nacl known proxy_auth REQUIRED\nhttp_access allow known\nhttp_access deny all\ncache deny all\n"
        f"pid_filename {home}/pid\naccess_log none\ncache_log {home}/log\nshutdown_lifetime 1 seconds\nvisible_hostname zz-proxy\n"
        f"cache_peer {server} parent 9 0 no-query originserver\npinger_enable off\n"
    )
    lan.start("server", ["squid", "-N", "-f", str(conf)], ports=[PROXY, SERVER])


def logon(conf: Path, server: str, dialect: str, password: str | None, *options: str) -> None:
    who = ["-U", f"{DOMAIN}\\{USER}%{password}"] if password else ["-N"]
    settings = [f"--option={option}" for option in (f"client min protocol={dialect}", f"client max protocol={dialect}", *options)]
    words = ["smbclient", f"//{server}/zzshare", "-s", str(conf), "-n", "ZZTEST-WS7", *who, *settings, "-c", "quit"]
    lan.run("client", words, expect=())


def record(into: Path, server: str, recorded: Recorded) -> None:
    conf = _samba()
    weak, bare, lanman = "client ntlmv2 auth=no", "client use spnego=no", "client lanman auth=yes"
    with recorded(into / "ntlm" / "smb3.pcap", "tcp port 445"):
        logon(conf, server, "SMB3", PASSWORD)
        logon(conf, server, "SMB3", WRONG)
        logon(conf, server, "SMB3", None)
    with recorded(into / "ntlm" / "smb1.pcap", "tcp port 445"):
        logon(conf, server, "NT1", PASSWORD)
        logon(conf, server, "NT1", PASSWORD, weak)
        logon(conf, server, "NT1", PASSWORD, bare)
        logon(conf, server, "NT1", PASSWORD, weak, bare)
        logon(conf, server, "NT1", PASSWORD, weak, bare, lanman)
    _squid(server)
    curl = ["curl", "-s", "-o", "/dev/null", "-m", "5"]
    who = f"{DOMAIN}\\{USER}:{PASSWORD}"
    with recorded(into / "ntlm" / "http.pcap", f"tcp port {PROXY} or tcp port {SERVER}"):
        words = ["-x", f"http://{server}:{PROXY}", "--proxy-ntlm", "-U", who, f"http://{server}:9/"]
        lan.run("client", [*curl, *words], expect=())
        lan.run("client", [*curl, "--ntlm", "-u", who, f"http://{server}:{SERVER}/"], expect=())
