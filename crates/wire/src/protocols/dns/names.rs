//! Numbers of the DNS registries and their names (IANA Domain Name System Parameters; NetBIOS: RFC 1002 4.2).

use std::borrow::Cow;

pub const A: u16 = 1;
pub const NS: u16 = 2;
pub const CNAME: u16 = 5;
pub const SOA: u16 = 6;
pub const PTR: u16 = 12;
pub const MX: u16 = 15;
pub const AAAA: u16 = 28;
pub const SRV: u16 = 33;
pub const DNAME: u16 = 39;
pub const OPT: u16 = 41;
/// NetBIOS general name service; RFC 1002 4.2.1.3.
pub const NB: u16 = 32;
/// NetBIOS node status; the number that DNS uses for SRV.
pub const NBSTAT: u16 = 33;

/// The name of a record type; one without is `TYPE` and its number, RFC 3597 section 5.
pub fn record_type(value: u16, netbios: bool) -> Cow<'static, str> {
    Cow::Borrowed(match value {
        NB if netbios => "NB",
        NBSTAT if netbios => "NBSTAT",
        A => "A",
        NS => "NS",
        CNAME => "CNAME",
        SOA => "SOA",
        10 => "NULL",
        11 => "WKS",
        PTR => "PTR",
        13 => "HINFO",
        MX => "MX",
        16 => "TXT",
        17 => "RP",
        18 => "AFSDB",
        24 => "SIG",
        25 => "KEY",
        AAAA => "AAAA",
        29 => "LOC",
        SRV => "SRV",
        35 => "NAPTR",
        37 => "CERT",
        DNAME => "DNAME",
        OPT => "OPT",
        43 => "DS",
        44 => "SSHFP",
        45 => "IPSECKEY",
        46 => "RRSIG",
        47 => "NSEC",
        48 => "DNSKEY",
        50 => "NSEC3",
        51 => "NSEC3PARAM",
        52 => "TLSA",
        59 => "CDS",
        60 => "CDNSKEY",
        64 => "SVCB",
        65 => "HTTPS",
        99 => "SPF",
        249 => "TKEY",
        250 => "TSIG",
        251 => "IXFR",
        252 => "AXFR",
        255 => "ANY",
        256 => "URI",
        257 => "CAA",
        _ => return Cow::Owned(format!("TYPE{value}")),
    })
}

/// The name of a response code. RFC 6895 2.3; NetBIOS: RFC 1002 4.2.
pub fn response_code(value: u16, netbios: bool) -> Option<&'static str> {
    Some(match value {
        0 => "NOERROR",
        1 => "FORMERR",
        2 => "SERVFAIL",
        3 => "NXDOMAIN",
        4 => "NOTIMP",
        5 => "REFUSED",
        6 if netbios => "ACT_ERR",
        7 if netbios => "CFT_ERR",
        6 => "YXDOMAIN",
        7 => "YXRRSET",
        8 => "NXRRSET",
        9 => "NOTAUTH",
        10 => "NOTZONE",
        16 => "BADVERS",
        17 => "BADKEY",
        18 => "BADTIME",
        22 => "BADTRUNC",
        23 => "BADCOOKIE",
        _ => return None,
    })
}
