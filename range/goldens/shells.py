"""Who is let in by SSH: right passwords, wrong ones, a key, under several ciphers; only sizes are seen of it. The account is invented."""

from __future__ import annotations

import subprocess
from pathlib import Path

import lan
from accounts import ACCOUNT, PASSWORD, invent_account

from goldens.cable import Recorded

PACKAGES = {"sshd": "openssh-server", "ssh": "openssh-client", "ssh-keygen": "openssh-client"}
FAILED = 255
OPTIONS = {"StrictHostKeyChecking": "no", "UserKnownHostsFile": "/dev/null", "IdentityAgent": "none"}
BY_PASSWORD = {"PubkeyAuthentication": "no", "NumberOfPasswordPrompts": "3"}


def _key(name: str) -> Path:
    path = lan.SCRATCH / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True)
    return path


def _server() -> None:
    """One server that lets the account in by password and by `shell_key`, and greets nobody."""
    Path("/run/sshd").mkdir(exist_ok=True)
    allowed = lan.SCRATCH / "shell_allowed"
    allowed.write_text(_key("shell_key").with_suffix(".pub").read_text())
    options = {"AuthorizedKeysFile": str(allowed), "StrictModes": "no", "HostKey": str(_key("shell_host")), "PrintMotd": "no"}
    sshd = subprocess.run(["which", "sshd"], check=True, capture_output=True, text=True).stdout.strip()
    lan.start("server", [sshd, "-D", "-f", "/dev/null", *_options(options)], ports=[22])


def _options(values: dict[str, str]) -> list[str]:
    return [f"-o{name}={value}" for name, value in values.items()]


def _answers(*passwords: str) -> dict[str, str]:
    """What makes the client ask a program for passwords, which gives one after the other."""
    program, left = lan.SCRATCH / "askpass", lan.SCRATCH / "askpass.left"
    left.write_text("".join(f"{password}\n" for password in passwords))
    program.write_text(f"#!/bin/sh\nhead -n 1 {left}\nsed -i 1d {left}\n")
    program.chmod(0o755)
    return {"SSH_ASKPASS": str(program), "SSH_ASKPASS_REQUIRE": "force"}


def record(into: Path, server: str, recorded: Recorded) -> None:
    invent_account()
    _server()

    def enter(expect: int, passwords: tuple[str, ...], **options: str) -> None:
        words = ["ssh", "-F", "/dev/null", *_options(OPTIONS | options), f"{ACCOUNT}@{server}", "true"]
        lan.run("client", words, env=_answers(*passwords), expect=(expect,))

    key = {"IdentityFile": str(lan.SCRATCH / "shell_key"), "PasswordAuthentication": "no"}
    with recorded(into / "ssh" / "logins.pcap", "tcp port 22"):
        enter(0, (PASSWORD,), **BY_PASSWORD)
        enter(FAILED, ("zz-1", "zz-2", "zz-3"), **BY_PASSWORD)
        enter(0, (), **key)
        enter(0, ("zz-1", PASSWORD), **BY_PASSWORD, Ciphers="aes128-ctr", MACs="hmac-sha2-256")
        enter(0, (), **key, Ciphers="aes256-ctr", MACs="umac-64-etm@openssh.com", Compression="yes")
