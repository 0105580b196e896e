//! Principals as they may be kept. RFC 4120 6.2; names of services: MS-KILE 3.1.5.11, and those that makers register (`setspn`).

use super::message::Name;
use crate::context::Context;
use crate::hostname;
use crate::limits;

/// Classes of services by the names that their makers register: any other may say anything.
const CLASSES: &[&str] = &[
    "krbtgt",
    "kadmin",
    "host",
    "cifs",
    "ldap",
    "GC",
    "DNS",
    "HTTP",
    "RPC",
    "RPCSS",
    "RestrictedKrbHost",
    "TERMSRV",
    "TERMSERV",
    "WSMAN",
    "MSSQLSvc",
    "MSOLAPSvc.3",
    "MSOLAPDisco.3",
    "MSServerCluster",
    "MSServerClusterMgmtAPI",
    "MSClusterVirtualServer",
    "exchangeMDB",
    "exchangeRFR",
    "exchangeAB",
    "SMTP",
    "SMTPSVC",
    "IMAP",
    "IMAP4",
    "POP",
    "POP3",
    "FTP",
    "nfs",
    "afpserver",
    "vnc",
    "sip",
    "xmpp",
    "STS",
    "TAPINSRV",
    "SAPService",
    "SAP",
    "oracle",
    "postgres",
    "mongodb",
    "kafka",
    "hdfs",
    "hive",
    "yarn",
    "zookeeper",
    "tapinego",
    "iSCSITarget",
    "Hyper-V Replica Service",
    "Microsoft Virtual Console Service",
    "Microsoft Virtual System Migration Service",
    "Dfsr-12F9A27C-BF97-4787-9364-D31B6C55EB04",
    "NtFrs-88f5d2bd-b646-11d2-a6d3-00c04fc9b232",
    "E3514235-4B06-11D1-AB04-00C04FC2DCD2",
    "AgpmServer",
    "OfficeWebApps",
    "MSCRMAsyncService",
    "MSCRMSandboxService",
    "vmrc",
    "wsman",
    "pcast",
    "SoftGrid",
    "CmRcService",
    "DHCPServer",
    "CESREMOTE",
    "HDB",
];

/// A service, as far as it is readable.
#[derive(Debug, Default)]
pub struct Service {
    pub class: Option<&'static str>,
    pub host: Option<String>,
    pub name: Option<String>,
}

/// `class/host`, `class/host:port`, `class/host/domain`, or the name of an account.
pub fn service(name: Name<'_>, realm: &[u8], cx: &Context<'_>) -> Service {
    let mut parts = name.parts();
    let (Some(first), second) = (parts.next(), parts.next()) else {
        return Service::default();
    };
    // Windows gives it in one part where a user typed it so.
    let (first, second) = match (first.iter().position(|b| *b == b'/'), second) {
        (Some(at), None) => (first.get(..at).unwrap_or_default(), first.get(at.saturating_add(1)..)),
        (_, second) => (first, second),
    };
    let class = second.map(|_| class(first));
    let host = match second {
        // What stands behind it is a realm.
        Some(_) if class == Some("krbtgt") => None,
        Some(second) => host(second.split(|b| matches!(b, b':' | b'/')).next().unwrap_or_default()),
        None => machine(first),
    };
    Service {
        class,
        host,
        name: whole(name, realm, cx),
    }
}

fn class(name: &[u8]) -> &'static str {
    let known = CLASSES.iter().find(|class| class.as_bytes().eq_ignore_ascii_case(name));
    known.copied().unwrap_or("{}")
}

/// The pseudonym of `name@REALM`.
pub fn whole(name: Name<'_>, realm: &[u8], cx: &Context<'_>) -> Option<String> {
    if name.is_empty() {
        return None;
    }
    let mut text: Vec<u8> = Vec::new();
    for part in name.parts() {
        if !text.is_empty() {
            text.push(b'/');
        }
        text.extend(part.get(..limits::KERBEROS_NAME).unwrap_or(part));
    }
    text.push(b'@');
    text.extend(realm.get(..limits::KERBEROS_NAME).unwrap_or(realm));
    cx.pseudonym(&text)
}

/// The machine whose account a client is: `WS7$`, or `host/ws7.hospital.example`.
pub fn of_machine(name: Name<'_>) -> Option<String> {
    let mut parts = name.parts();
    match (parts.next()?, parts.next()) {
        (first, Some(second)) if first.eq_ignore_ascii_case(b"host") => host(second),
        (first, None) => machine(first),
        _ => None,
    }
}

fn machine(account: &[u8]) -> Option<String> {
    host(account.strip_suffix(b"$")?)
}

/// A name that is built as a host's.
pub fn host(name: &[u8]) -> Option<String> {
    let name = hostname::valid(std::str::from_utf8(name).ok()?)?;
    hostname::host(name.as_bytes())
}

/// A realm that is named as a domain is, and not as a person: of such a name nothing is left, for the rest of it may be the family's.
pub fn realm(realm: &[u8]) -> Option<String> {
    let known = || host(realm).filter(|name| !name.contains('*')).unwrap_or_else(|| "{}".to_owned());
    (!realm.is_empty()).then(known)
}
