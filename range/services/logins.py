"""Where engineers and jobs log in: OpenSSH, and FTP in clear on a scanner that its maker reaches from outside."""

from __future__ import annotations

import subprocess
from pathlib import Path

from lan import SCRATCH, start
from state import Hospital
from topology import Host

PACKAGES = {"sshd": "openssh-server", "ssh": "openssh-client", "sshpass": "sshpass", "vsftpd": "vsftpd"}


def ftp(hospital: Hospital, one: Host) -> None:
    folder = hospital.folder(one.name)
    conf, empty = folder / "vsftpd.conf", folder / "empty"
    empty.mkdir()
    options = ["listen=YES", "listen_ipv6=NO", "background=NO", "local_enable=YES", "write_enable=YES", "anonymous_enable=NO"]
    options += ["seccomp_sandbox=NO", f"secure_chroot_dir={empty}", "pam_service_name=vsftpd", "use_localtime=YES"]
    conf.write_text("\n".join(options) + "\n")
    (SCRATCH / "home" / "service.log").write_text("coil ok\n" * 200)
    start(one.name, ["vsftpd", conf], ports=[21])


def ssh(hospital: Hospital, one: Host) -> None:
    folder = hospital.folder(one.name)
    key = folder / "host.key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True, capture_output=True)
    lines = ["Port 22", f"HostKey {key}", f"PidFile {folder}/sshd.pid", "UsePAM no", "PasswordAuthentication yes", "StrictModes no"]
    lines += ["MaxStartups 64", "UseDNS no", f"Subsystem sftp {sftp_server()}"]
    conf = folder / "sshd.conf"
    conf.write_text("\n".join(lines) + "\n")
    start(one.name, ["/usr/sbin/sshd", "-D", "-e", "-f", conf], ports=[22])


def sftp_server() -> str:
    return next((str(path) for path in Path("/usr/lib").glob("*/sftp-server")), "internal-sftp")
