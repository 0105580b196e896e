"""Logins as servers and clients of today speak them: FTP, LDAP, SMTP, POP3, IMAP, SSH, HTTP. Accounts and certificates are invented."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import lan
from accounts import ACCOUNT, PASSWORD, invent_account
from morning import web

from goldens.cable import Recorded

PACKAGES = {
    "vsftpd": "vsftpd",
    "slapd": "slapd",
    "ldapsearch": "ldap-utils",
    "postfix": "postfix",
    "swaks": "swaks",
    "dovecot": "dovecot-imapd dovecot-pop3d",
    "sshd": "openssh-server",
    "ssh": "openssh-client",
    "openssl": "openssl",
}
HOUSE = "zztest.example"
KEY, CERT = lan.SCRATCH / "login.key", lan.SCRATCH / "login.crt"
# Exit codes: curl, ssh, ldapsearch and swaks say that somebody was not let in.
FAILED_LOGIN, FAILED_SSH, FAILED_BIND, FAILED_AUTH = 67, 255, 49, 28


SUFFIX = "dc=zztest,dc=example"
AUTH_PORT = 12345
PORTS = {"ed25519": "22", "rsa": "2222"}


def certificate() -> None:
    if CERT.exists():
        return
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650"]
    words += ["-subj", f"/O=ZZ Example Hospital/CN=logins.{HOUSE}", "-keyout", str(KEY), "-out", str(CERT)]
    subprocess.run(words, check=True, capture_output=True)
    KEY.chmod(0o644)  # invented, and in nobody's sight


def _curl(*words: str) -> list[str]:
    return ["curl", "-s", "-S", "-k", "-o", "/dev/null", *words]


def file_server() -> None:
    """An FTP server, once."""
    conf, empty = lan.SCRATCH / "ftp.conf", lan.SCRATCH / "ftp-empty"
    if conf.exists():
        return
    empty.mkdir()
    options = ["listen=YES", "listen_ipv6=NO", "background=NO", "local_enable=YES", "write_enable=YES", "anonymous_enable=YES"]
    options += ["seccomp_sandbox=NO", f"secure_chroot_dir={empty}", f"anon_root={empty}", "pam_service_name=vsftpd", "ssl_enable=YES"]
    options += ["force_local_logins_ssl=NO", "force_local_data_ssl=NO", f"rsa_cert_file={CERT}", f"rsa_private_key_file={KEY}"]
    options += ["pasv_min_port=50000", "pasv_max_port=50009", "connect_from_port_20=YES"]
    conf.write_text("\n".join(options) + "\n")
    lan.start("server", ["vsftpd", str(conf)], ports=[21])


def ftp(into: Path, server: str, recorded: Recorded) -> None:
    """A file fetched and one stored, a guess of what products come with, a guest, and a login that goes on in TLS."""
    file_server()
    (lan.SCRATCH / "home" / "zztest.log").write_text("coil ok\n")
    file, base = lan.SCRATCH / "zztest-upload.txt", f"ftp://{server}"
    file.write_text("invented\n")
    with recorded(into / "ftp" / "logins.pcap", "tcp port 21"):
        both = [f"{base}/zztest.log", f"{base}/zztest-upload.txt", "-T", "", "-T", str(file)]
        lan.run("client", _curl("-u", f"{ACCOUNT}:{PASSWORD}", *both))
        lan.run("client", _curl("-u", "admin:admin", f"{base}/"), expect=(FAILED_LOGIN,))
        lan.run("client", _curl(f"{base}/"))
        lan.run("client", _curl("--ssl-reqd", "-u", f"{ACCOUNT}:{PASSWORD}", "-I", f"{base}/zztest.log"))


def ldap(into: Path, server: str, recorded: Recorded) -> None:
    """A guest who searches, a right and a wrong password in clear, what a maker documents, and a bind behind StartTLS."""
    home, conf = lan.SCRATCH / "ldap", lan.SCRATCH / "slapd.conf"
    home.mkdir()
    conf.write_text(
        "include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\n"
        f"TLSCertificateFile {CERT}\nTLSCertificateKeyFile {KEY}\n"
        f'database mdb\nsuffix "{SUFFIX}"\nrootdn "cn=admin,{SUFFIX}"\nrootpw admin\ndirectory {home}\n'
    )
    entry = lan.SCRATCH / "entry.ldif"
    entry.write_text(
        f"dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: zztest\no: ZZTEST\n\n"
        f"dn: cn=zzservice,{SUFFIX}\nobjectClass: person\ncn: zzservice\nsn: ZZTEST\nuserPassword: {PASSWORD}\n"
    )
    subprocess.run(["slapadd", "-f", str(conf), "-l", str(entry)], check=True, capture_output=True)
    lan.start("server", ["slapd", "-f", str(conf), "-h", "ldap://0.0.0.0", "-d", "0"], ports=[389])
    search = ["ldapsearch", "-x", "-H", f"ldap://{server}", "-b", SUFFIX]
    bound = [*search, "-D", f"cn=zzservice,{SUFFIX}", "-w"]
    env = {"LDAPTLS_REQCERT": "never"}
    with recorded(into / "ldap" / "binds.pcap", "tcp port 389"):
        lan.run("client", [*search, "(sn=ZZTEST)"])
        lan.run("client", [*bound, PASSWORD, "(objectClass=person)", "cn"])
        lan.run("client", [*bound, "zz-wrong"], expect=(FAILED_BIND,))
        lan.run("client", [*search, "-D", f"cn=admin,{SUFFIX}", "-w", "admin", "-s", "base"])
        lan.run("client", [*bound, PASSWORD, "-ZZ", "-s", "base"], env=env)


def mail_server(*, asks: bool = True) -> None:
    """Postfix, once; `asks`: who logs in is asked of Dovecot, which runs."""
    home = lan.SCRATCH / "postfix"
    if home.exists():
        return
    for folder in ("etc", "queue", "data"):
        (home / folder).mkdir(parents=True)
    subprocess.run(["chown", "postfix", str(home / "data")], check=True)
    (home / "etc" / "master.cf").write_text(
        "smtp inet n - n - - smtpd\npickup unix n - n 60 1 pickup\ncleanup unix n - n - 0 cleanup\nqmgr unix n - n 300 1 qmgr\n"
        "rewrite unix - - n - - trivial-rewrite\nbounce unix - - n - 0 bounce\ndefer unix - - n - 0 bounce\nsmtp unix - - n - - smtp\n"
        "tlsmgr unix - - n 1000? 1 tlsmgr\npostlog unix-dgram n - n - 1 postlogd\n"
        "error unix - - n - - error\nretry unix - - n - - error\ndiscard unix - - n - - discard\nanvil unix - - n - 1 anvil\n"
    )
    options = {
        "queue_directory": home / "queue",
        "data_directory": home / "data",
        "myhostname": f"mail.{HOUSE}",
        "mydestination": HOUSE,
        "mynetworks": "10.66.0.0/24",
        "local_recipient_maps": "",
        "default_transport": "discard",
        "local_transport": "discard",
        "smtpd_banner": "$myhostname ESMTP $mail_name",
        "smtpd_tls_cert_file": CERT,
        "smtpd_tls_key_file": KEY,
        "smtpd_tls_security_level": "may",
        "smtpd_sasl_auth_enable": "yes" if asks else "no",
        "smtpd_sasl_type": "dovecot",
        "smtpd_sasl_path": f"inet:127.0.0.1:{AUTH_PORT}",
        "inet_protocols": "ipv4",
        "compatibility_level": "3.6",
        "maillog_file": "/dev/stdout",
        "maillog_file_prefixes": "/dev/stdout",
    }
    (home / "etc" / "main.cf").write_text("".join(f"{name} = {value}\n" for name, value in options.items()))
    lan.start("server", ["postfix", "-c", str(home / "etc"), "start-fg"], ports=[25])


def mailbox_server() -> Path:
    """Dovecot, once: any user with one password. Says where mailboxes are, which are empty."""
    home, conf = lan.SCRATCH / "dovecot", lan.SCRATCH / "dovecot.conf"
    if conf.exists():
        return home / "mail"
    (home / "mail").mkdir(parents=True)
    (home / "mail").chmod(0o777)
    conf.write_text(
        f"base_dir = {home}/run\nstate_dir = {home}/state\nlog_path = {home}/log\nprotocols = imap pop3\nlisten = 0.0.0.0\n"
        f"ssl = yes\nssl_cert = <{CERT}\nssl_key = <{KEY}\ndisable_plaintext_auth = no\nauth_mechanisms = plain login cram-md5\n"
        f"mail_location = maildir:{home}/mail/%u\nfirst_valid_uid = 1\ndefault_internal_user = dovecot\n"
        f"passdb {{\n driver = static\n args = password={PASSWORD}\n}}\n"
        "userdb {\n driver = static\n args = uid=mail gid=mail home=/nonexistent\n}\n"
        f"service auth {{\n inet_listener {{\n  port = {AUTH_PORT}\n  address = 127.0.0.1\n }}\n}}\n"
    )
    lan.start("server", ["dovecot", "-F", "-c", str(conf)], ports=[143, 110, AUTH_PORT])
    return home / "mail"


def smtp(into: Path, server: str, recorded: Recorded) -> None:
    """A device that sends a report without asking, one that logs in so that anybody can read it, one that is refused, and one in TLS."""
    mail_server()
    body = ["--header", "Subject: ZZTEST", "--body", "invented"]
    sender = ["--from", f"zzservice@ct01.{HOUSE}", "--to", f"zztest@{HOUSE},zzother@lab.example"]
    words = ["swaks", "--silent", "3", "--server", server, "--ehlo", f"ct01.{HOUSE}", *sender, *body]
    login = ["--auth-user", ACCOUNT, "--auth-password", PASSWORD]
    guess = ["--auth-user", "admin", "--auth-password", "admin"]
    report = lan.SCRATCH / "report.eml"
    report.write_text("Subject: ZZTEST\n\ninvented\n")
    secured = ["--ssl-reqd", "-u", f"{ACCOUNT}:{PASSWORD}", "--mail-from", f"zz@ct01.{HOUSE}", "--mail-rcpt", f"zztest@{HOUSE}"]
    with recorded(into / "smtp" / "mail.pcap", "tcp port 25"):
        lan.run("client", [*words, "--pipeline"])
        lan.run("client", [*words, "--auth", "LOGIN", *login])
        lan.run("client", [*words, "--auth", "PLAIN", *guess], expect=(FAILED_AUTH,))
        lan.run("client", _curl(*secured, "-T", str(report), f"smtp://{server}/ct01.{HOUSE}"))


# The oldest ways, which curl does not take where there are others: USER and PASS, LOGIN.
OLD = {
    "pop3": "import poplib, sys; to = poplib.POP3(sys.argv[1]); to.user(sys.argv[2]); to.pass_(sys.argv[3]); to.quit()",
    "imap": "import imaplib, sys; to = imaplib.IMAP4(sys.argv[1]); to.login(*sys.argv[2:]); to.logout()",
}


def mailboxes(into: Path, server: str, recorded: Recorded) -> None:
    """POP3 and IMAP: passwords in clear, a challenge, a guess, and logins behind STARTTLS."""
    login, guess = ["-u", f"{ACCOUNT}:{PASSWORD}"], ["-u", "admin:admin"]
    with recorded(into / "login" / "mailboxes.pcap", "tcp port 110 or tcp port 143"):
        for scheme, mechanism in (("pop3", "PLAIN"), ("imap", "CRAM-MD5")):
            lan.run("client", _curl(*login, "--login-options", f"AUTH={mechanism}", f"{scheme}://{server}/"))
            lan.run("client", [sys.executable, "-c", OLD[scheme], server, ACCOUNT, PASSWORD])
        lan.run("client", _curl(*guess, f"imap://{server}/"), expect=(FAILED_LOGIN,))
        lan.run("client", _curl(*login, "--ssl-reqd", f"imap://{server}/"))


def ssh(into: Path, server: str, recorded: Recorded) -> None:
    """A server as it comes, and one that still takes what is weak, asked for it."""
    Path("/run/sshd").mkdir()
    options = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes"]
    weak = {"KexAlgorithms": "diffie-hellman-group14-sha1", "Ciphers": "aes128-cbc", "MACs": "hmac-sha1"}
    sshd = subprocess.run(["which", "sshd"], check=True, capture_output=True, text=True).stdout.strip()
    for kind in ("ed25519", "rsa"):
        key = lan.SCRATCH / f"host_{kind}"
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(key)], check=True)
        more = [f"-o{name}=+{value}" for name, value in (weak | {"HostKeyAlgorithms": "ssh-rsa"}).items()] if kind == "rsa" else []
        lan.start("server", [sshd, "-D", "-f", "/dev/null", "-h", str(key), "-p", PORTS[kind], *more], ports=[int(PORTS[kind])])
    with recorded(into / "ssh" / "openings.pcap", "tcp port 22 or tcp port 2222"):
        lan.run("client", ["ssh", *options, f"zztest@{server}", "true"], expect=(FAILED_SSH,))
        asked = [f"-o{name}={value}" for name, value in (weak | {"HostKeyAlgorithms": "ssh-rsa"}).items()]
        lan.run("client", ["ssh", *options, *asked, "-p", PORTS["rsa"], f"zztest@{server}", "true"], expect=(FAILED_SSH,))


def basic(into: Path, server: str, recorded: Recorded) -> None:
    """A page behind Basic, asked for with what its maker documents and with something else."""
    secret = lan.SCRATCH / "htpasswd"
    secret.write_text("admin:{PLAIN}admin\n")
    web.nginx("server", f"server {{ listen 8090; location / {{ auth_basic zz; auth_basic_user_file {secret}; }} }}", [8090])
    with recorded(into / "http" / "basic.pcap", "tcp port 8090"):
        lan.run(
            "client",
            _curl("-u", "admin:admin", f"http://{server}:8090/", "--next", *_curl("-u", "zztest:zz", f"http://{server}:8090/")[1:]),
        )


def record(into: Path, server: str, recorded: Recorded) -> None:
    """`recorded`: what keeps the packets that pass meanwhile."""
    invent_account()
    certificate()
    mailbox_server()
    for scene in (ftp, ldap, smtp, mailboxes, ssh, basic):
        scene(into, server, recorded)
