"""Words of protocols that both sensors write: what is in these lists may be kept."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from asepsis.lake.foreign.clean import one_of, terms, word
from asepsis.lake.foreign.rows import PROTOCOLS

TRANSPORT = {name: name for name in ("tcp", "udp", "icmp")} | {"ipv6-icmp": "icmp", "icmp6": "icmp"}
TRANSPORT |= {name: str(number) for name, number in PROTOCOLS.items() if name not in TRANSPORT}

# Protocols as the core names them, by how others name them. Those that only carry another stand last where several are named.
SERVICES = {
    name: name
    for name in terms("""
    ssl http dns smb dhcp ssh ftp telnet rdp rfb smtp pop3 imap ldap krb krb_tcp ntp snmp sip radius syslog modbus dnp3 mysql postgresql
    socks irc quic mqtt tftp websocket bittorrent-dht nfs enip ike pgsql dce_rpc gssapi ntlm spnego
    tds tns mongodb rlogin rsh
    """)
} | {
    "tls": "ssl",
    "http2": "http",
    "krb5": "krb",
    "krb5_tcp": "krb_tcp",
    "krb5_udp": "krb",
    "dcerpc_tcp": "dce_rpc",
    "dcerpc_udp": "dce_rpc",
    "ldap_tcp": "ldap",
    "ldap_udp": "ldap",
    "dcerpc": "dce_rpc",
    "ntlmssp": "ntlm",
    "pgsql": "postgresql",
    "ikev2": "ike",
}
_CARRIERS = ("dce_rpc", "krb", "krb_tcp", "gssapi", "ntlm", "spnego")


def service(value: Any) -> str | None:
    """The protocol recognised: of several the one that says most."""
    names = value if isinstance(value, list) else value.split(",") if isinstance(value, str) and len(value) <= 256 else []
    known = [SERVICES[name] for name in (word(name).strip().lstrip("-").lower() for name in names[:16]) if name in SERVICES]
    return next((name for name in known if name not in _CARRIERS), known[0] if known else None)


# IANA Domain Name System Parameters.
RECORD_TYPES = {
    "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "NULL": 10, "WKS": 11, "PTR": 12, "HINFO": 13, "MX": 15, "TXT": 16, "RP": 17, "AFSDB": 18,
    "SIG": 24, "KEY": 25, "AAAA": 28, "LOC": 29, "SRV": 33, "NAPTR": 35, "CERT": 37, "DNAME": 39, "OPT": 41, "DS": 43, "SSHFP": 44,
    "IPSECKEY": 45, "RRSIG": 46, "NSEC": 47, "DNSKEY": 48, "NSEC3": 50, "NSEC3PARAM": 51, "TLSA": 52, "CDS": 59, "CDNSKEY": 60, "SVCB": 64,
    "HTTPS": 65, "SPF": 99, "TKEY": 249, "TSIG": 250, "IXFR": 251, "AXFR": 252, "ANY": 255, "URI": 256, "CAA": 257,
}  # fmt: skip
RESPONSE_CODES = {
    "NOERROR": 0, "FORMERR": 1, "SERVFAIL": 2, "NXDOMAIN": 3, "NOTIMP": 4, "REFUSED": 5, "YXDOMAIN": 6, "YXRRSET": 7, "NXRRSET": 8,
    "NOTAUTH": 9, "NOTZONE": 10, "BADVERS": 16, "BADKEY": 17, "BADTIME": 18, "BADTRUNC": 22, "BADCOOKIE": 23,
}  # fmt: skip
TYPE_NAMES = {number: name for name, number in RECORD_TYPES.items()}
CODE_NAMES = {number: name for name, number in RESPONSE_CODES.items()}


def record_type(name: Any) -> int | None:
    """The number of a record type that has a name."""
    return RECORD_TYPES.get(name) if isinstance(name, str) else None


def response_code(name: Any) -> int | None:
    """The number of a response code that has a name."""
    return RESPONSE_CODES.get(name) if isinstance(name, str) else None


# RFC 9110 9.3, RFC 5789, RFC 4918 and its family, Microsoft's BITS.
method = one_of(
    terms("""
    GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK REPORT SEARCH ACL BIND UNBIND
    REBIND MERGE CHECKOUT MKACTIVITY M-SEARCH NOTIFY SUBSCRIBE UNSUBSCRIBE BITS_POST CCM_POST RPC_IN_DATA RPC_OUT_DATA PRI
    """)
)


def reason(status: Any, phrase: Any) -> str | None:
    """The reason phrase, if it is the registered one."""
    try:
        known = HTTPStatus(status).phrase
    except ValueError:
        return None
    return known if isinstance(phrase, str) and phrase.lower() == known.lower() else None


TLS_VERSIONS = {"SSLv2": 2, "SSLv3": 0x300, "TLSv10": 0x301, "TLSv11": 0x302, "TLSv12": 0x303, "TLSv13": 0x304}

_SUITE = terms("""
    TLS SSL NULL RSA DH DHE ECDH ECDHE DSS ECDSA ANON anon KRB5 PSK SRP SHA WITH EXPORT EXPORT1024 FORTEZZA KEA RC2 RC4 IDEA DES DES40 3DES
    EDE AES ARIA CAMELLIA SEED CHACHA20 POLY1305 CBC CBC40 GCM CCM OCB CTR 8 40 42 56 64 128 192 256 MD5 SHA1 SHA256 SHA384 SHA512 EMPTY
    RENEGOTIATION INFO SCSV FALLBACK ECCPWD GOSTR341112 KUZNYECHIK MAGMA OMAC S L SM3 SM4 CK FIPS MGM GOST R3411 28147 CNT IMIT
    """)


def suite(value: Any) -> str | None:
    """A cipher suite: IANA's names are made of few words."""
    return value if isinstance(value, str) and len(value) <= 64 and "_" in value and _SUITE.issuperset(value.split("_")) else None


# IANA TLS Supported Groups, as the core writes them.
GROUPS = {
    name.lower(): name
    for name in terms("""
    sect163k1 sect163r1 sect163r2 sect193r1 sect193r2 sect233k1 sect233r1 sect239k1 sect283k1 sect283r1 sect409k1 sect409r1 sect571k1
    sect571r1 secp160k1 secp160r1 secp160r2 secp192k1 secp192r1 secp224k1 secp224r1 secp256k1 secp256r1 secp384r1 secp521r1
    brainpoolP256r1 brainpoolP384r1 brainpoolP512r1 x25519 x448 ffdhe2048 ffdhe3072 ffdhe4096 ffdhe6144 ffdhe8192 MLKEM512 MLKEM768
    MLKEM1024 SecP256r1MLKEM768 X25519MLKEM768 SecP384r1MLKEM1024 X25519Kyber768Draft00 curveSM2
    """)
}
# IANA ALPN protocol IDs.
ALPN = terms(
    "http/0.9 http/1.0 http/1.1 spdy/1 spdy/2 spdy/3 h2 h2c h3 ftp imap pop3 managesieve coap xmpp-client xmpp-server acme-tls/1 mqtt dot"
    " ntske/1 smb irc doq"
)


def alpn(value: Any) -> str:
    """An application protocol that IANA names; `{}` for another, as the core writes it."""
    return value if isinstance(value, str) and value in ALPN else "{}"


# RFC 8446 6 and before.
ALERTS = terms("""
    close_notify unexpected_message bad_record_mac decryption_failed record_overflow decompression_failure handshake_failure no_certificate
    bad_certificate unsupported_certificate certificate_revoked certificate_expired certificate_unknown illegal_parameter unknown_ca
    access_denied decode_error decrypt_error export_restriction protocol_version insufficient_security internal_error
    inappropriate_fallback user_canceled no_renegotiation missing_extension unsupported_extension certificate_unobtainable
    unrecognized_name bad_certificate_status_response bad_certificate_hash_value unknown_psk_identity certificate_required
    no_application_protocol
    """)
# X509_verify_cert_error_string of OpenSSL, which Zeek repeats.
VALIDATION = frozenset(
    {
        "ok",
        "self signed certificate",
        "self-signed certificate",
        "self signed certificate in certificate chain",
        "self-signed certificate in certificate chain",
        "unable to get issuer certificate",
        "unable to get local issuer certificate",
        "unable to verify the first certificate",
        "certificate has expired",
        "certificate is not yet valid",
        "certificate signature failure",
        "certificate revoked",
        "certificate chain too long",
        "invalid CA certificate",
        "unsupported certificate purpose",
        "certificate not trusted",
        "certificate rejected",
    }
)
KEY_ALGORITHMS = terms("rsaEncryption rsassaPss dsaEncryption id-ecPublicKey ED25519 ED448 X25519 X448 ML-DSA-44 ML-DSA-65 ML-DSA-87")
SIGNATURES = terms("""
    md2WithRSAEncryption md5WithRSAEncryption sha1WithRSAEncryption sha224WithRSAEncryption sha256WithRSAEncryption
    sha384WithRSAEncryption sha512WithRSAEncryption rsassaPss dsaWithSHA1 dsa_with_SHA256 ecdsa-with-SHA1 ecdsa-with-SHA224
    ecdsa-with-SHA256 ecdsa-with-SHA384 ecdsa-with-SHA512 ED25519 ED448 ML-DSA-44 ML-DSA-65 ML-DSA-87
    """)
# RFC 2132 9.6, RFC 3203, RFC 4388.
DHCP_TYPES = terms("DISCOVER OFFER REQUEST DECLINE ACK NAK RELEASE INFORM FORCERENEW LEASEQUERY LEASEUNASSIGNED LEASEUNKNOWN LEASEACTIVE")
DHCP_OF_CLIENTS = frozenset({"DISCOVER", "REQUEST", "DECLINE", "RELEASE", "INFORM"})

# Shares that Windows and Samba make themselves (MS-SRVS 3.1.1.1; MS-ADTS), as the core writes them.
_SHARES = {name.lower(): name for name in ("ADMIN$", "IPC$", "print$", "FAX$", "SYSVOL", "NETLOGON")}
SHARE_TYPES = frozenset({"DISK", "PIPE", "PRINT"})
_DRIVE = re.compile(r"[A-Za-z]\$")


def windows_share(name: str) -> str | None:
    """A share of Windows itself, in clear."""
    return name.upper() if _DRIVE.fullmatch(name) else _SHARES.get(name.lower())


# What Zeek's signatures call files by their first bytes (scripts/base/frameworks/files/magic).
FILE_KINDS = terms("""
    application/dicom application/json application/java-archive application/msword application/ocsp-response application/ogg
    application/pdf application/postscript application/vnd.ms-cab-compressed application/vnd.ms-excel application/vnd.ms-powerpoint
    application/vnd.openxmlformats-officedocument application/vnd.openxmlformats-officedocument.presentationml.presentation
    application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
    application/vnd.openxmlformats-officedocument.wordprocessingml.document application/x-7z-compressed application/x-bzip2
    application/x-compress application/x-cpio application/x-dosexec application/x-executable application/x-gzip application/x-java-applet
    application/x-lzma application/x-mach-o-executable application/x-rar application/x-rpm application/x-shockwave-flash application/x-tar
    application/x-xz application/xml application/zip audio/mpeg audio/x-wav font/woff font/woff2 image/gif image/jp2 image/jpeg image/png
    image/tiff image/webp image/x-icon image/x-ms-bmp text/html text/json text/plain text/rtf text/x-shellscript video/mp4 video/mpeg
    video/x-matroska video/x-msvideo
    """)
