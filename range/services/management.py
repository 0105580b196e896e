"""How machines are watched: SNMP with the community that everybody knows, and a syslog server."""

from __future__ import annotations

from lan import start
from state import Hospital
from topology import Host

PACKAGES = {"nmap": "nmap", "snmpd": "snmpd", "snmpget": "snmp", "rsyslogd": "rsyslog", "logger": "bsdutils"}


def snmp(hospital: Hospital, one: Host) -> None:
    """Net-SNMP under a printer's description (RFC 3418)."""
    folder = hospital.folder(one.name)
    conf = folder / "snmpd.conf"
    conf.write_text(
        f"agentaddress udp:{one.address}:161\nrocommunity public\nsysName {one.name}\nsysDescr {one.maker} Laser MFP, firmware 1.24\n"
    )
    env = {"SNMP_PERSISTENT_DIR": str(folder / "snmp")}
    start(one.name, ["snmpd", "-f", "-C", "-c", conf, "-Lf", "/dev/null", "-I", "-ifTable,interface"], ports=[161], udp=True, env=env)


def syslog(hospital: Hospital, one: Host) -> None:
    """rsyslog over UDP (RFC 5424); what comes is counted by nobody and kept nowhere."""
    folder = hospital.folder(one.name)
    conf = folder / "rsyslog.conf"
    conf.write_text(f'module(load="imudp")\ninput(type="imudp" address="{one.address}" port="514")\n*.* /dev/null\n')
    start(one.name, ["rsyslogd", "-n", "-f", conf, "-i", f"{folder}/rsyslog.pid"], ports=[514], udp=True)
