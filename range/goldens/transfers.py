"""Files on their way as programs of today carry them: FTP, SMB 1 and 3, HTTP, mail, mailboxes. Everything in them is invented."""

from __future__ import annotations

import subprocess
from email.message import EmailMessage
from pathlib import Path

import lan
from accounts import ACCOUNT, PASSWORD, invent_account
from morning import web

from goldens import logins
from goldens.cable import Recorded

PACKAGES = {"vsftpd": "vsftpd", "smbd": "samba", "smbclient": "smbclient", "postfix": "postfix", "swaks": "swaks", "nginx": "nginx-light"}
PACKAGES |= {"dovecot": "dovecot-imapd dovecot-pop3d"}
HOLD = lan.SCRATCH / "transfers"


def invented() -> dict[str, Path]:
    """A program, a report, an image that is an archive too, noise as encryption leaves it, and a note."""
    noise = bytes((n * n // 7 + n * 131) % 256 for n in range(3_000))
    head = b"PK\x03\x04" + bytes(124) + b"DICM"
    contents = {
        "zz-tool.exe": b"MZ\x90\0" + b"ZZ" * 300,
        "zz-report.pdf": b"%PDF-1.7\n" + b"invented words\n" * 100,
        "zz-image.dcm": head + b"\x02\0\0\0UL\x04\0" + noise[:600],
        "zz-report.docx.lockbit": noise,
        "README_FOR_DECRYPT.txt": b"all of this is invented\n" * 5,
    }
    HOLD.mkdir()
    for name, content in contents.items():
        (HOLD / name).write_bytes(content)
    return {Path(name).suffix[1:]: HOLD / name for name in contents}


def ftp(into: Path, server: str, recorded: Recorded, files: dict[str, Path]) -> None:
    """One fetched and one stored at a port of the server, one at a port of the client, and a listing."""
    logins.file_server()
    base, login = f"ftp://{server}", ["-s", "-S", "-u", f"{ACCOUNT}:{PASSWORD}"]
    (lan.SCRATCH / "home" / "zz-tool.exe").write_bytes(files["exe"].read_bytes())
    with recorded(into / "files" / "ftp.pcap", "tcp port 21 or tcp port 20 or tcp portrange 50000-50009"):
        lan.run("client", ["curl", *login, "-o", "/dev/null", f"{base}/zz-tool.exe"])
        lan.run("client", ["curl", *login, "--disable-epsv", "-T", str(files["dcm"]), f"{base}/"])
        lan.run("client", ["curl", *login, "-P", "-", "-T", str(files["txt"]), f"{base}/"])
        lan.run("client", ["curl", *login, "-o", "/dev/null", f"{base}/"])


def smb(into: Path, server: str, recorded: Recorded, files: dict[str, Path]) -> None:
    """Stored and fetched again, in SMB 3.1.1 and in SMB1."""
    home = HOLD / "smb"
    inner = {name: home / name for name in ("private", "state", "cache", "lock", "pid", "share")}
    for path in inner.values():
        path.mkdir(parents=True)
        path.chmod(0o777 if path.name == "share" else 0o755)
    rows = [f"{name} {'dir' if name == 'private' else 'directory'} = {path}" for name, path in inner.items() if name != "share"]
    conf = HOLD / "smb.conf"
    conf.write_text(
        "\n".join(
            [
                *("[global]", "server role = standalone server", "map to guest = Bad User", "disable spoolss = yes", "load printers = no"),
                *(
                    "server min protocol = NT1",
                    "client min protocol = NT1",
                    f"log file = {home}/log",
                    *rows,
                    f"ncalrpc dir = {inner['lock']}",
                ),
                *("[exports]", f"path = {inner['share']}", "guest ok = yes", "read only = no", f"force user = {ACCOUNT}"),
            ]
        )
        + "\n"
    )
    lan.start("server", ["smbd", "-F", "--no-process-group", "-s", str(conf)], ports=[445])
    for dialect, version in (("SMB3", "smb3"), ("NT1", "smb1")):
        told = "; ".join(
            [f"put {file} {version}/{file.name}" for file in (files["lockbit"], files["txt"])]
            + [f"put {files['pdf']} {version}/{files['pdf'].name}", f"get {version}/{files['pdf'].name} /dev/null"]
        )
        words = ["smbclient", f"//{server}/exports", "-N", "-m", dialect, "-s", str(conf), "-c", f"mkdir {version}; {told}"]
        with recorded(into / "files" / f"{version}.pcap", "tcp port 445"):
            lan.run("client", words)


def http(into: Path, server: str, recorded: Recorded, files: dict[str, Path]) -> None:
    """Fetched plain and compressed, a range of one, one put, and one in a form."""
    config = f"server {{ listen 8091; root {HOLD}; gzip on; gzip_types *; gzip_min_length 100; default_type application/octet-stream; "
    config += "location = /in { return 204; } }"
    web.nginx("server", config, [8091])
    base = f"http://{server}:8091"
    asked = [
        [f"{base}/zz-tool.exe"],
        ["--compressed", f"{base}/zz-report.pdf"],
        ["-r", "100-199", f"{base}/zz-report.pdf"],
        ["-T", str(files["dcm"]), f"{base}/in/"],
        ["-F", "user=zztest", "-F", f"f=@{files['lockbit']};type=application/x-zz", f"{base}/in"],
        ["-d", "user=zztest&password=invented-and-longer-than-sixty-four-bytes-so-that-it-would-be-hashed", f"{base}/in"],
    ]
    words: list[str] = []
    for one in asked:
        words += ["--next"] if words else []
        words += ["-s", "-o", "/dev/null", "-H", "Expect:", *one]
    with recorded(into / "files" / "http.pcap", "tcp port 8091"):
        lan.run("client", ["curl", *words])


def mail(into: Path, server: str, recorded: Recorded, files: dict[str, Path]) -> None:
    """A message with two attachments in base 64, and one with words in quoted-printable."""
    logins.mail_server(asks=False)
    sender = ["--from", f"zzservice@ct01.{logins.HOUSE}", "--to", f"zztest@{logins.HOUSE}", "--header", "Subject: ZZTEST"]
    words = ["swaks", "--silent", "3", "--server", server, "--ehlo", f"ct01.{logins.HOUSE}", *sender, "--body", "invented"]
    attached = [word for kind in ("pdf", "exe") for word in ("--attach-type", "application/octet-stream", "--attach", f"@{files[kind]}")]
    quoted = HOLD / "quoted.eml"
    quoted.write_text(
        "Subject: ZZTEST\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=zz\n\n--zz\nContent-Type: text/csv; charset=utf-8\n"
        "Content-Disposition: attachment; filename*=utf-8''zz%20list.csv\nContent-Transfer-Encoding: quoted-printable\n\n"
        + ".dot;gr=C3=BCn;=\n3\n" * 6
        + "--zz--\n"
    )
    with recorded(into / "files" / "mail.pcap", "tcp port 25"):
        lan.run("client", [*words, *attached])
        rest = ["--mail-from", f"zz@ct01.{logins.HOUSE}", "--mail-rcpt", f"zztest@{logins.HOUSE}", "--crlf"]
        lan.run("client", ["curl", "-s", *rest, "-T", str(quoted), f"smtp://{server}/ct01.{logins.HOUSE}"])


def mailboxes(into: Path, server: str, recorded: Recorded, files: dict[str, Path]) -> None:
    """A message with two attachments fetched by POP3 and by IMAP, and stored by IMAP."""
    folder = logins.mailbox_server() / ACCOUNT
    message = EmailMessage()
    message["Subject"] = "ZZTEST"
    message.set_content("invented")
    for file in (files["pdf"], files["exe"]):
        message.add_attachment(file.read_bytes(), maintype="application", subtype="octet-stream", filename=file.name)
    for name in ("cur", "tmp", "new"):
        (folder / name).mkdir(parents=True)
    (folder / "new" / "1.zztest").write_bytes(bytes(message))
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o777)
    stored = HOLD / "stored.eml"
    stored.write_bytes(bytes(message).replace(b"\n", b"\r\n"))
    words = ["curl", "-s", "-S", "-o", "/dev/null", "-u", f"{ACCOUNT}:{PASSWORD}"]
    with recorded(into / "files" / "mailboxes.pcap", "tcp port 110 or tcp port 143"):
        lan.run("client", [*words, f"pop3://{server}/1"])
        lan.run("client", [*words, f"imap://{server}/INBOX;MAILINDEX=1"])
        lan.run("client", [*words, "-T", str(stored), f"imap://{server}/INBOX"])


def record(into: Path, server: str, recorded: Recorded) -> None:
    """`recorded`: what keeps the packets that pass meanwhile."""
    if subprocess.run(["id", ACCOUNT], capture_output=True, check=False).returncode:
        invent_account()
    logins.certificate()
    files = invented()
    for scene in (ftp, smb, http, mail, mailboxes):
        scene(into, server, recorded, files)
