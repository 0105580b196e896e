"""Which fields of Zeek's logs become which columns. Names as Zeek's scripts have them, with `_` for `.`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from asepsis.lake.foreign import logins, smb, words, zeek_remote
from asepsis.lake.foreign.clean import (
    address,
    authority,
    each,
    hexadecimal,
    host,
    integer,
    mac,
    matching,
    moment,
    named,
    one_of,
    seconds,
    stamp,
    terms,
    truth,
    withheld,
    within,
    word,
)  # fmt: skip
from asepsis.lake.foreign.mapping import PART, SAME, Fields, Log
from asepsis.lake.foreign.rows import Pseudonyms, Row

# Zeek's random ids have digits, or else capitals all over; a name has neither, and a record number more digits in a row.
UID = matching(r"(?!.*\d{6})(?=.*\d|(?:.*[A-Z]){4})[CF][A-Za-z0-9]{10,22}")
COMMUNITY = matching(r"1:[A-Za-z0-9+/]{27}=")

# What all logs of connections begin with, and what shippers of logs add.
COMMON: Fields = {
    "ts": ("ts", stamp),
    "uid": ("uid", UID),
    "community_id": ("community_id", COMMUNITY),
    "id_orig_h": ("id_orig_h", address),
    "id_orig_p": ("id_orig_p", within(0, 65535)),
    "id_resp_h": ("id_resp_h", address),
    "id_resp_p": ("id_resp_p", within(0, 65535)),
    "_path": SAME,
    "@stream": SAME,
    "@proc": SAME,
}

CONN: Fields = {
    **COMMON,
    "proto": ("proto", named(words.TRANSPORT, str.lower)),
    "service": ("service", words.service),
    "duration": ("duration", seconds),
    "orig_bytes": ("orig_bytes", integer),
    "resp_bytes": ("resp_bytes", integer),
    "conn_state": ("conn_state", one_of(terms("S0 S1 SF REJ S2 S3 RSTO RSTR RSTOS0 RSTRH SH SHR OTH"))),
    "history": ("history", matching(r"\^?[SsHhAaDdFfRrIiQqTtGgWwCcUuXx^]{1,64}")),
    "missed_bytes": ("missed_bytes", integer),
    "orig_pkts": ("orig_pkts", integer),
    "orig_ip_bytes": ("orig_ip_bytes", integer),
    "resp_pkts": ("resp_pkts", integer),
    "resp_ip_bytes": ("resp_ip_bytes", integer),
    "orig_l2_addr": ("orig_l2_addr", mac),
    "resp_l2_addr": ("resp_l2_addr", mac),
    "vlan": ("vlan", within(0, 4095)),
    "inner_vlan": ("inner_vlan", within(0, 4095)),
    "ip_proto": ("ip_proto", within(0, 255)),
}


def conn(row: Row, values: Mapping[str, Any], keys: Pseudonyms) -> Iterable[Row]:
    """Zeek writes a connection when it is over."""
    return (row | {"interim": False},)


DNS: Fields = {
    **COMMON,
    "proto": ("proto", one_of(("udp", "tcp"))),
    "trans_id": ("trans_id", within(0, 65535)),
    "rtt": ("rtt", seconds),
    "opcode": ("opcode", within(0, 15)),
    "opcode_name": SAME,
    "query": ("query", host),
    "qclass": ("qclass", integer),
    "qclass_name": SAME,
    "qtype": ("qtype", within(0, 65535)),
    "qtype_name": SAME,
    "rcode": ("rcode", within(0, 65535)),
    "rcode_name": SAME,
    "AA": ("aa", truth),
    "TC": ("tc", truth),
    "RD": ("rd", truth),
    "RA": ("ra", truth),
    "rejected": ("rejected", truth),
    "answers": ("answers", each(host, "*")),
    "TTLs": ("ttls", each(lambda value: int(span) if (span := seconds(value)) is not None and 0 <= span < 2**32 else None)),
}

FLAVORS = {53: "dns", 5353: "mdns", 5355: "llmnr", 137: "nbns"}


def dns(row: Row, values: Mapping[str, Any], keys: Pseudonyms) -> Iterable[Row]:
    """Names of numbers as the core writes them, and which protocol of the family it was."""
    if (kind := row.get("qtype")) is not None:
        row["qtype_name"] = words.TYPE_NAMES.get(kind, f"TYPE{kind}")
    row["rcode_name"] = words.CODE_NAMES.get(row.get("rcode", -1))
    row["flavor"] = FLAVORS.get(row.get("id_resp_p", 0), "dns")
    return (row,)


HTTP: Fields = {
    **COMMON,
    "trans_depth": ("trans_depth", integer),
    "method": ("method", words.method),
    "host": ("host", authority),
    "uri": ("uri", withheld),
    "referrer": ("referrer_host", withheld),
    "version": ("version", one_of(("0.9", "1.0", "1.1", "2", "2.0"))),
    "user_agent": ("user_agent", withheld),
    "request_body_len": ("request_body_len", integer),
    "response_body_len": ("response_body_len", integer),
    "status_code": ("status_code", within(0, 999)),
    "status_msg": SAME,
    "username": lambda value, keys: {"username_seen": True, "auth_scheme": "basic"},
    "password": lambda value, keys: {"auth_scheme": "basic"},
    "orig_mime_types": ("content_type", withheld),
    "resp_mime_types": ("resp_mime", withheld),
}


def http(row: Row, values: Mapping[str, Any], keys: Pseudonyms) -> Iterable[Row]:
    """The reason phrase belongs to its status."""
    row["status_msg"] = words.reason(row.get("status_code"), values.get("status_msg"))
    return (row,)


SSL: Fields = {
    **COMMON,
    "version": lambda value, keys: {"version": value, "version_num": number} if (number := words.TLS_VERSIONS.get(word(value))) else None,
    "cipher": ("cipher", words.suite),
    "curve": ("curve", named(words.GROUPS, str.lower)),
    "server_name": ("server_name", host),
    "next_protocol": ("next_protocol", words.alpn),
    "resumed": ("resumed", truth),
    "established": ("established", truth),
    "ja3": ("ja3", hexadecimal(32)),
    "ja3s": ("ja3s", hexadecimal(32)),
    "ja4": ("ja4", matching(r"[tqd][0-9s][0-9][di][0-9]{4}[0-9a-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}")),
    "cert_chain_fps": ("cert_chain_fps", each(hexadecimal(64))),
    "client_cert_chain_fps": ("client_cert_chain_fps", each(hexadecimal(64))),
    "cert_chain_fuids": lambda value, keys: {"cert_count": len(value)} if isinstance(value, list) else None,
    "client_cert_chain_fuids": lambda value, keys: {"client_cert": bool(value)} if isinstance(value, list) else None,
    "sni_matches_cert": ("sni_matches_cert", truth),
    "validation_status": ("validation", one_of(words.VALIDATION)),
    "last_alert": ("last_alert", one_of(words.ALERTS)),
}


def ssl(row: Row, values: Mapping[str, Any], keys: Pseudonyms) -> Iterable[Row]:
    """How many certificates there were, from their fingerprints."""
    if (chain := row.get("cert_chain_fps")) is not None:
        row["cert_count"] = len(chain)
    if (chain := row.get("client_cert_chain_fps")) is not None:
        row["client_cert"] = bool(chain)
    return (row,)


X509: Fields = {
    **COMMON,
    "fingerprint": ("fingerprint", hexadecimal(64)),
    "certificate_version": ("certificate_version", within(0, 9)),
    "certificate_serial": ("certificate_serial", hexadecimal()),
    "certificate_subject": ("certificate_subject", withheld),
    "certificate_issuer": ("certificate_issuer", withheld),
    "certificate_not_valid_before": ("certificate_not_valid_before", moment),
    "certificate_not_valid_after": ("certificate_not_valid_after", moment),
    "certificate_key_alg": ("certificate_key_alg", one_of(words.KEY_ALGORITHMS)),
    "certificate_sig_alg": ("certificate_sig_alg", one_of(words.SIGNATURES)),
    "certificate_key_type": ("certificate_key_type", one_of(terms("rsa dsa ecdsa ed25519 ed448"))),
    "certificate_key_length": ("certificate_key_length", integer),
    "certificate_curve": ("certificate_curve", named(words.GROUPS | {"prime256v1": "secp256r1"}, str.lower)),
    "san_dns": ("san_dns", each(host, "*")),
    "san_ip": ("san_ip", each(address)),
    "basic_constraints_ca": ("basic_constraints_ca", truth),
    "host_cert": ("host_cert", truth),
    "client_cert": ("client_cert", truth),
}


def x509(row: Row, values: Mapping[str, Any], keys: Pseudonyms) -> Iterable[Row]:
    """Whether it vouches for itself: its names are compared, not kept."""
    subject, issuer = values.get("certificate_subject"), values.get("certificate_issuer")
    if isinstance(subject, str) and isinstance(issuer, str):
        row["self_signed"] = subject == issuer
    return (row,)


DHCP: Fields = {
    **COMMON,
    "uids": ("uid", lambda value: UID(value[0]) if isinstance(value, list) and value else None),
    "trans_id": ("trans_id", within(0, 2**32 - 1)),
    "mac": ("mac", mac),
    "client_addr": ("client_addr", address),
    "server_addr": ("server_addr", address),
    "assigned_addr": ("assigned_addr", address),
    "assigned_ip": ("assigned_addr", address),
    "requested_addr": ("requested_addr", address),
    "host_name": ("host_name", host),
    "client_fqdn": ("client_fqdn", host),
    "domain": ("domain", host),
    "lease_time": ("lease_time", lambda value: int(span) if (span := seconds(value)) is not None and 0 <= span < 2**32 else None),
    "msg_types": SAME,
}
_OF_CLIENTS = ("host_name", "client_fqdn", "requested_addr")
_OF_SERVERS = ("assigned_addr", "lease_time", "domain")


def dhcp(row: Row, values: Mapping[str, Any], keys: Pseudonyms) -> Iterable[Row]:
    """Zeek writes a whole conversation, the core one message: a row for each kind of message, with what such messages tell."""
    given = values.get("msg_types")
    kinds = dict.fromkeys(kind for kind in (given if isinstance(given, list) else []) if kind in words.DHCP_TYPES)
    for kind in kinds:
        client = kind in words.DHCP_OF_CLIENTS
        foreign = _OF_SERVERS if client else _OF_CLIENTS
        yield {name: value for name, value in row.items() if name not in foreign} | {"msg_type": kind, "op": 1 if client else 2}
    if not kinds:
        yield row


SMB_MAPPING: Fields = {
    **COMMON,
    "path": smb.share,
    "service": ("service", one_of(("A:", "IPC", "LPT1:", "COMM", "?????"))),
    "native_file_system": ("native_file_system", one_of(("NTFS", "FAT", "FAT32", "exFAT", "ReFS"))),
    "share_type": ("share_type", one_of(words.SHARE_TYPES)),
}

ACTIONS = {
    f"SMB::{place}_{act}": name
    for place in ("FILE", "PIPE", "PRINT")
    for act, name in {
        "OPEN": "open", "READ": "read", "WRITE": "write", "RENAME": "rename", "DELETE": "delete", "CLOSE": "close",
        "SET_ATTRIBUTE": "set_info", "UNKNOWN": None,
    }.items()
    if name
}  # fmt: skip

SMB_FILES: Fields = {
    **COMMON,
    "action": lambda value, keys: (
        {"action": ACTIONS[value], "share_type": "PIPE" if "PIPE" in value else "PRINT" if "PRINT" in value else "DISK"}
        if isinstance(value, str) and value in ACTIONS
        else None
    ),
    "path": smb.share,
    "name": smb.file,
    "prev_name": SAME,
    "size": ("size", integer),
}


def smb_files(row: Row, values: Mapping[str, Any], keys: Pseudonyms) -> Iterable[Row]:
    """Zeek tells of a rename the new name and the one before, the core the one before and the new name."""
    if row.get("action") == "rename" and (before := smb.file(values.get("prev_name"), keys)):
        before.pop(PART, None)
        row |= {"new_name": row.get("name"), "new_folder": row.get("folder"), **before}
    return (row,)


FTP: Fields = {
    **COMMON,
    "user": logins.user,
    "password": SAME,
    "command": logins.command,
    "arg": ("server", withheld),
    "reply_msg": ("server", withheld),
}

FILES: Fields = {
    **COMMON,
    "source": ("source", one_of(terms("SMB HTTP FTP_DATA SMTP SSL IRC_DATA KRB KRB_TCP POP3 IMAP"), str.upper)),
    "is_orig": ("is_orig", truth),
    "mime_type": ("mime_type", one_of(words.FILE_KINDS, str.lower)),
    "filename": smb.named,
    "duration": ("duration", seconds),
    "seen_bytes": ("seen_bytes", integer),
    "total_bytes": ("total_bytes", integer),
    "missing_bytes": ("missing_bytes", integer),
    "overflow_bytes": ("overflow_bytes", integer),
    "sha256": ("sha256", hexadecimal(64)),
}


def files(row: Row, values: Mapping[str, Any], keys: Pseudonyms) -> Iterable[Row]:
    """Certificates have a log of their own. A hash of few bytes, or of what an interface said, is left out, as the core leaves it out."""
    if row.get("source") == "SSL":
        return ()
    kind = row.get("mime_type") or "text/"
    said = row.get("source") == "HTTP" and (kind.startswith("text/") or kind in ("application/json", "application/xml"))
    if said or row.get("seen_bytes", 0) < 64:
        row.pop("sha256", None)
    return (row | {"partial": bool(row.get("missing_bytes") or row.get("overflow_bytes"))},)


LDAP: Fields = {
    **COMMON,
    "proto": SAME,
    "message_id": ("message_id", within(0, 2**31 - 1)),
    "version": ("version", within(1, 9)),
    "opcode": SAME,
    "result": logins.result,
    "object": logins.named,
    "argument": ("mechanism", withheld),
    "diagnostic_message": ("result", withheld),
}

SMTP: Fields = {
    **COMMON,
    "helo": ("helo", host),
    "mailfrom": logins.domains("from_domains"),
    "rcptto": logins.domains("to_domains"),
    "last_reply": logins.reply,
    "tls": ("tls", truth),
    "subject": ("server", withheld),
}

SSH: Fields = {
    **COMMON,
    "version": ("version", within(1, 2)),
    "auth_success": ("auth_success", truth),
    "auth_attempts": ("auth_attempts", integer),
    "client": ("client", withheld),
    "server": ("server", withheld),
    "kex_alg": ("kex_alg", one_of(logins.ALGORITHMS)),
    "host_key_alg": ("host_key_alg", one_of(logins.ALGORITHMS)),
    "cipher_alg": ("cipher_alg", one_of(logins.ALGORITHMS)),
    "mac_alg": ("mac_alg", one_of(logins.ALGORITHMS)),
    "compression_alg": ("compression_alg", one_of(logins.ALGORITHMS)),
}

LOGS = {
    "conn": Log("conn", CONN, conn),
    "dns": Log("dns", DNS, dns),
    "http": Log("http", HTTP, http),
    "ssl": Log("ssl", SSL, ssl),
    "x509": Log("x509", X509, x509),
    "dhcp": Log("dhcp", DHCP, dhcp),
    "smb_mapping": Log("smb_mapping", SMB_MAPPING),
    "smb_files": Log("smb_files", SMB_FILES, smb_files),
    "files": Log("files", FILES, files),
    "ntlm": Log("ntlm", {**COMMON, **zeek_remote.NTLM}, zeek_remote.ntlm),
    "rdp": Log("rdp", {**COMMON, **zeek_remote.RDP}),
    "rfb": Log("rfb", {**COMMON, **zeek_remote.RFB}),
    "snmp": Log("snmp", {**COMMON, **zeek_remote.SNMP}),
    "ftp": Log("ftp", FTP, logins.ftp),
    "ldap": Log("ldap", LDAP, logins.ldap),
    "smtp": Log("smtp", SMTP),
    "ssh": Log("ssh", SSH),
}

# A field that only this log has: JSON of a plain Zeek does not say which log it is.
TELLING = {
    "helo": "smtp",
    "mailfrom": "smtp",
    "conn_state": "conn",
    "qclass": "dns",
    "rejected": "dns",
    "trans_depth": "http",
    "established": "ssl",
    "certificate_version": "x509",
    "certificate_serial": "x509",
    "msg_types": "dhcp",
    "share_type": "smb_mapping",
    "times_modified": "smb_files",
    "prev_name": "smb_files",
    "domainname": "ntlm",
    "server_tree_name": "ntlm",
    "security_protocol": "rdp",
    "keyboard_layout": "rdp",
    "client_major_version": "rfb",
    "share_flag": "rfb",
    "get_bulk_requests": "snmp",
    "seen_bytes": "files",
    "request_type": "kerberos",
    "named_pipe": "dce_rpc",
    "auth_attempts": "ssh",
    "kex_alg": "ssh",
    "data_channel_passive": "ftp",
    "diagnostic_message": "ldap",
    "suppress_for": "notice",
}
