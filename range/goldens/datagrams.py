"""Protocols of single datagrams as real programs speak them: ICMP, NTP, STUN, syslog, SSDP, TFTP."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import lan

from goldens.cable import Recorded

PACKAGES = {"ping": "iputils-ping", "ptunnel-ng": "ptunnel-ng", "nc": "netcat-openbsd"}
PACKAGES |= {"ntpd": "ntpsec", "ntpdig": "ntpsec-ntpdig", "ntpq": "ntpsec", "nmap": "nmap"}
PACKAGES |= {"turnserver": "coturn", "turnutils_uclient": "coturn", "turnutils_stunclient": "coturn"}
PACKAGES |= {"rsyslogd": "rsyslog", "logger": "bsdutils"}
PACKAGES |= {"upnpc": "miniupnpc", "minidlnad": "minidlna"}
PACKAGES |= {"in.tftpd": "tftpd-hpa", "tftp": "tftp-hpa", "curl": "curl"}
FEW = 60
BEYOND, STRANGER, NOWHERE = "10.77.0.9", "10.66.0.9", "10.79.0.9"


def icmp(into: Path, server: str, recorded: Recorded) -> None:
    """A ping, a large one, one that dies on its way, closed ports, a better gateway, and a shell's path through a tunnel of echoes."""
    for words in ("net.ipv4.ip_forward=1", "net.ipv4.conf.all.send_redirects=1", "net.ipv4.conf.eth0.send_redirects=1"):
        lan.run("server", ["sysctl", "-qw", words])
    lan.ip("-n", "client", "addr", "add", f"{STRANGER}/24", "dev", "eth0")
    lan.ip("-n", "server", "route", "add", "10.77.0.0/24", "via", STRANGER)
    lan.ip("-n", "client", "route", "add", "10.77.0.0/24", "via", server)
    lan.ip("-n", "client", "route", "add", "10.79.0.0/24", "via", server)
    lan.run("client", ["sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.eth0.rp_filter=0"])
    with recorded(into / "icmp" / "messages.pcap", "icmp"):
        lan.run("client", ["ping", "-n", "-c", "2", "-i", "0.2", server])
        lan.run("client", ["ping", "-n", "-c", "1", "-s", "900", server])
        lan.run("client", ["ping", "-n", "-c", "1", "-t", "1", "-W", "1", BEYOND], expect=())
        lan.run("client", ["ping", "-n", "-c", "1", "-W", "1", BEYOND], expect=())
        lan.run("client", ["ping", "-n", "-c", "1", "-W", "1", NOWHERE], expect=())
        for port in ("7", "9"):
            lan.run("client", ["nc", "-u", "-w", "1", server, port], expect=(), stdin="ZZTEST\n")
    lan.start("server", ["nc", "-l", "-p", "2200"], ports=[2200])
    lan.start("server", ["ptunnel-ng", "-r127.0.0.1", "-R2200"])
    lan.start("client", ["ptunnel-ng", f"-p{server}", "-l2201", "-r127.0.0.1", "-R2200"], ports=[2201])
    with recorded(into / "icmp" / "tunnel.pcap", "icmp"):
        lan.run("client", ["nc", "-N", "-w", "2", "127.0.0.1", "2201"], stdin="ZZTEST invented\n", expect=())
        time.sleep(0.5)


def ntp(into: Path, server: str, recorded: Recorded) -> None:
    """A server without a clock of its own; who takes the time from it, with a key and without, asks for its state, and for its callers."""
    conf, keys = lan.SCRATCH / "ntp.conf", lan.SCRATCH / "ntp.keys"
    keys.write_text("7 AES-128 00112233445566778899aabbccddeeff\n")
    conf.write_text(f"server 127.127.1.0\nfudge 127.127.1.0 stratum 5\nkeys {keys}\ntrustedkey 7\nrestrict 10.66.0.0 mask 255.255.255.0\n")
    lan.start("server", ["ntpd", "-n", "-g", "-c", str(conf)], ports=[123], udp=True)
    time.sleep(8)  # until it believes its own clock
    with recorded(into / "ntp" / "messages.pcap", "udp port 123"):
        lan.run("client", ["ntpdig", "-t", "1", server], expect=())
        lan.run("client", ["ntpdig", "-t", "1", "-a", "7", "-k", str(keys), server], expect=())
        lan.run("client", ["ntpq", "-n", "-c", "rv", "-c", "peers", server], expect=())
        lan.run("client", ["nmap", "-n", "-Pn", "-sU", "-p", "123", "--script", "ntp-monlist", server], expect=())


def stun(into: Path, server: str, recorded: Recorded) -> None:
    """A video visit from end to end; and what two callers exchange through a relay that knows them, or does not."""
    script, folder = str(Path(__file__).with_name("call.py")), lan.SCRATCH / "call"
    folder.mkdir()
    with recorded(into / "stun" / "visit.pcap", "udp"):
        other = subprocess.Popen(lan.command("server", [sys.executable, script, "answer", str(folder)]))
        lan.run("client", [sys.executable, script, "offer", str(folder)])
        other.wait(timeout=30)
    words = ["turnserver", "-n", "--no-tls", "--no-dtls", "--no-cli", "-L", server, "--lt-cred-mech", "-r", "relay.zztest.example"]
    lan.start("server", [*words, "-u", "zztest:zz-invented", "--allow-loopback-peers", "--log-file", "stdout"], ports=[3478], udp=True)
    asked = ["turnutils_uclient", "-n", "2", "-m", "1", "-l", "60", "-y", "-c", "-u", "zztest"]
    whole = lan.SCRATCH / "relay.pcap"
    with recorded(whole, "udp"):
        lan.run("client", ["turnutils_stunclient", server], expect=())
        lan.run("client", [*asked, "-w", "zz-invented", server], expect=())
        lan.run("client", [*asked, "-w", "zz-wrong", server], expect=())
    # Who is refused asks again at once, often.
    words = ["tcpdump", "-r", str(whole), "-c", str(FEW), "-w", str(into / "stun" / "relay.pcap"), "-Z", "root"]
    subprocess.run(words, check=True, capture_output=True)


def syslog(into: Path, server: str, recorded: Recorded) -> None:
    """Messages of both forms to a collector, some of which a defender wants to know; then what a collector hands on."""
    collector, relay = lan.SCRATCH / "collector.conf", lan.SCRATCH / "relay.conf"
    collector.write_text(f'module(load="imudp")\ninput(type="imudp" address="{server}" port="514")\n*.* /dev/null\n')
    lan.start("server", ["rsyslogd", "-n", "-f", str(collector), "-i", str(lan.SCRATCH / "collector.pid")], ports=[514], udp=True)
    target = f'action(type="omfwd" target="{server}" port="514" protocol="udp" template="RSYSLOG_ForwardFormat")'
    relay.write_text(f'module(load="imudp")\ninput(type="imudp" address="127.0.0.1" port="5514")\n*.* {target}\n')
    lan.start("client", ["rsyslogd", "-n", "-f", str(relay), "-i", str(lan.SCRATCH / "relay.pid")], ports=[5514], udp=True)
    told = ["logger", "-d", "-n", server, "-P", "514"]
    with recorded(into / "syslog" / "messages.pcap", "udp port 514"):
        lan.run(
            "client", [*told, "--rfc3164", "-p", "auth.warning", "-t", "sshd", "Failed password for zztest from 10.66.0.9 port 22 ssh2"]
        )
        lan.run("client", [*told, "--rfc3164", "-p", "auth.info", "-t", "sshd", "Accepted password for zztest from 10.66.0.9 port 22 ssh2"])
        lan.run("client", [*told, "--rfc5424", "-p", "daemon.err", "-t", "systemd", "zztest.service: failed"])
        lan.run("client", [*told, "--rfc5424", "-p", "local4.notice", "-t", "zztest", "ZZTEST invented"])
        handed = ["logger", "-d", "-n", "127.0.0.1", "-P", "5514", "--rfc3164", "-p", "kern.crit", "-t", "kernel"]
        lan.run("client", [*handed, "zztest[1]: segfault at 0 ip 0 sp 0"])
        time.sleep(0.5)


def ssdp(into: Path, server: str, recorded: Recorded) -> None:
    """A media server announces itself, is looked for and found, and leaves."""
    media = lan.SCRATCH / "minidlna"
    media.mkdir()
    conf = lan.SCRATCH / "minidlna.conf"
    conf.write_text(f"network_interface=eth0\nmedia_dir={media}\ndb_dir={media}\nlog_dir={media}\nfriendly_name=ZZTEST\nport=8200\n")
    with recorded(into / "ssdp" / "messages.pcap", "udp"):
        lan.start("server", ["minidlnad", "-S", "-f", str(conf), "-P", str(lan.SCRATCH / "minidlna.pid")], ports=[8200])
        lan.run("client", ["upnpc", "-m", "eth0", "-l"], expect=())
        time.sleep(1)


def tftp(into: Path, server: str, recorded: Recorded) -> None:
    """Settings read and written, with larger blocks and without, and two files that nobody may have."""
    files = lan.SCRATCH / "settings"
    files.mkdir()
    (files / "zztest.cfg").write_text("invented\n" * 200)
    (files / "upload.bin").write_text("")
    for path in (files, files / "upload.bin"):
        path.chmod(0o777)
    lan.start("server", ["in.tftpd", "-L", "-a", f"{server}:69", "-s", str(files)], ports=[69], udp=True)
    local = lan.SCRATCH / "local"
    local.mkdir()
    (local / "upload.bin").write_text("invented\n" * 60)
    ask = ["tftp", "-m", "octet", server]
    with recorded(into / "tftp" / "transfers.pcap", "udp"):
        lan.run("client", [*ask, "-c", "get", "zztest.cfg", "/dev/null"])
        lan.run("client", ["curl", "-s", "-S", "-o", "/dev/null", "--tftp-blksize", "1024", f"tftp://{server}/zztest.cfg"])
        lan.run("client", [*ask, "-c", "put", str(local / "upload.bin"), "upload.bin"])
        lan.run("client", [*ask, "-c", "get", "folder/zz-missing.rom", "/dev/null"], expect=())
        lan.run("client", [*ask, "-c", "put", str(local / "upload.bin"), "zz-forbidden.bin"], expect=())


def record(into: Path, server: str, recorded: Recorded) -> None:
    """`recorded`: what keeps the packets that pass meanwhile."""
    for scene in (icmp, ntp, stun, syslog, ssdp, tftp):
        scene(into, server, recorded)
