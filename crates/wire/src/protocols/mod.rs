//! The protocols that the sensor speaks: one file (or folder) a protocol, one line here.
//!
//! A parser sees the bytes of a connection in order, as a record layer would, and turns them into rows. It never sees a port, never keeps
//! what it need not, and never panics: indexing, unwrap and unchecked arithmetic are denied here by clippy.
#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation
)]
#![cfg_attr(
    test,
    allow(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation
    )
)]

pub mod arp;
pub mod astm;
pub mod banner;
pub mod conn;
pub mod database;
pub mod dce_rpc;
pub mod dhcp;
pub mod dicom;
pub mod dicomweb;
pub mod dns;
pub mod fhir;
pub mod files;
pub mod ftp;
pub mod hl7;
pub mod http;
pub mod icmp;
pub mod kerberos;
pub mod ldap;
pub mod lines;
pub mod login;
pub mod mysql;
pub mod ntlm;
pub mod ntp;
mod personal;
pub mod poct1;
pub mod postgresql;
pub mod rdp;
pub mod rfb;
pub mod sasl;
pub mod sdc;
pub mod smb;
pub mod smtp;
pub mod snmp;
pub mod ssdp;
pub mod ssh;
pub mod stats;
pub mod stun;
pub mod syslog;
pub mod tds;
pub mod telnet;
pub mod tftp;
pub mod tls;

use crate::context::Context;
use crate::records::{Row, StreamSpec};

/// Which way bytes went: from the originator of the connection or from the responder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dir {
    Orig,
    Resp,
}

impl Dir {
    pub fn other(self) -> Dir {
        match self {
            Dir::Orig => Dir::Resp,
            Dir::Resp => Dir::Orig,
        }
    }
}

/// What a probe says of the first bytes of one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// These bytes are this protocol.
    Certain,
    /// They may be; show more.
    Unsure,
    /// The same, but if no more comes, because the capture lost it or ended, they are taken for it.
    Likely,
    /// They are not.
    Never,
}

/// What a parser did with the bytes it was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Used this many bytes (at least 1, at most all that were shown); show what follows.
    Took(usize),
    /// Used nothing; show these bytes again when this many stand together (more than were shown, at most [`limits::PENDING`](crate::limits::PENDING)).
    Need(usize),
    /// Wants to see nothing of the next so many bytes, counted from the first byte shown; may go beyond what was shown. They are never copied.
    Skip(u64),
    /// Wants to see nothing more of this direction.
    Done,
    /// Used this many bytes; from the next one on, in both directions, the connection speaks something else: a tunnel begins, or TLS.
    Turn(usize),
}

/// A session of a protocol over TCP. Made when its probe said certain; sees both directions.
pub trait Session: Send {
    /// Whether it looks at every byte of small messages: then its segments are better shown some at a time than each between those of others.
    fn in_batches(&self) -> bool {
        false
    }

    /// Bytes of direction `dir`, in order; `cx.offset` is the position of the first of them in that direction. Never empty.
    /// Called again with what was not used, until `Need` or all is used.
    fn data(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step;

    /// `bytes` are what [`data`](Self::data) was shown last and waits to see more of (`Need`); more will not come, because what follows was
    /// lost or the connection or the input ended. `gap` or `end` is called next. `cx.ts` is the time of the first of them.
    fn cut(&mut self, _dir: Dir, _bytes: &[u8], _cx: &mut Context<'_>) {}

    /// The end of `dir` in order: its sender closed it, and all bytes were shown. Called before `end`.
    fn closed(&mut self, _dir: Dir, _cx: &mut Context<'_>) {}

    /// `missing` bytes of `dir` were lost by the capture (or nobody knows how many: 0); what comes next may begin anywhere.
    /// What a parser skipped of its own will is not a gap.
    fn gap(&mut self, dir: Dir, missing: u64, cx: &mut Context<'_>);

    /// The connection or the input ended: give rows for what is still open, marked `partial`.
    fn end(&mut self, cx: &mut Context<'_>);

    /// Bytes that it holds, where a stranger can make that many: they count towards [`limits::HELD_ALL`](crate::limits::HELD_ALL).
    fn held(&self) -> usize {
        0
    }
}

/// Position of the first byte that surely begins a message.
pub type Find = fn(&[u8]) -> Option<usize>;

/// A protocol over TCP.
pub struct Protocol {
    /// What `conn.service` says (Zeek's names where Zeek has one).
    pub name: &'static str,
    /// Where it usually lives: only decides which probe is asked first.
    pub ports: &'static [u16],
    pub probe: fn(Dir, &[u8]) -> Probe,
    /// Where in the middle of a stream a message surely begins; none for protocols whose later messages do not show what they are.
    pub find: Option<Find>,
    pub session: fn() -> Box<dyn Session>,
}

/// A conversation of a protocol over UDP: the datagrams between two ends. Made when a probe said certain.
pub trait Conversation: Send {
    /// One datagram of direction `dir`. `cx.offset` tells it from the others.
    fn datagram(&mut self, dir: Dir, payload: &[u8], cx: &mut Context<'_>);

    /// The same of a datagram of which the capture kept only this much.
    fn cut(&mut self, dir: Dir, payload: &[u8], cx: &mut Context<'_>) {
        self.datagram(dir, payload, cx);
    }

    /// Too much is held over all: give rows for what was summed up so far, marked `interim`, and begin anew.
    fn relieve(&mut self, _cx: &mut Context<'_>) {}

    /// Nothing more comes: give rows for what is still open, marked `partial`.
    fn end(&mut self, cx: &mut Context<'_>);

    /// Bytes that it holds, where a stranger can make that many: they count towards [`limits::TALLIES`](crate::limits::TALLIES).
    fn held(&self) -> usize {
        0
    }
}

/// A protocol over UDP.
pub struct Datagrams {
    pub name: &'static str,
    pub ports: &'static [u16],
    /// Whether the payload is this protocol. `port` is the responder's: single datagrams carry less proof than streams, so it may count.
    pub probe: fn(port: u16, payload: &[u8]) -> Probe,
    pub conversation: fn() -> Box<dyn Conversation>,
}

/// Protocols over TCP in the order in which unsure probes are asked.
pub static TCP: &[&Protocol] = &[
    &tls::PROTOCOL,
    &http::PROTOCOL,
    &dicom::PROTOCOL,
    &hl7::PROTOCOL,
    &astm::PROTOCOL,
    &poct1::PROTOCOL,
    &smb::PROTOCOL,
    &dns::OVER_TCP,
    &ssh::PROTOCOL,
    &ftp::PROTOCOL,
    &ftp::DATA,
    &telnet::PROTOCOL,
    &rdp::PROTOCOL,
    &rfb::PROTOCOL,
    &smtp::PROTOCOL,
    &login::POP3,
    &login::IMAP,
    &ldap::PROTOCOL,
    &dce_rpc::PROTOCOL,
    &kerberos::PROTOCOL,
    &banner::MODBUS,
    &banner::SOCKS,
    &banner::RLOGIN,
    &banner::RSH,
    &mysql::PROTOCOL,
    &postgresql::PROTOCOL,
    &tds::PROTOCOL,
    &banner::TDS_TLS,
    &banner::MONGODB,
    &banner::TNS,
];

/// Protocols over UDP.
pub static UDP: &[&Datagrams] = &[
    &dns::DNS,
    &dns::NETBIOS,
    &dhcp::PROTOCOL,
    &sdc::DISCOVERY,
    &ntp::PROTOCOL,
    &snmp::PROTOCOL,
    &banner::CLDAP,
    &kerberos::OVER_UDP,
    &banner::BACNET,
    &banner::RADIUS,
    &banner::SIP,
    &stun::PROTOCOL,
    &syslog::PROTOCOL,
    &ssdp::PROTOCOL,
    &tftp::PROTOCOL,
];

/// Every stream; the order is that of [`STREAMS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StreamId {
    Conn,
    Arp,
    Dhcp,
    Dns,
    Http,
    Fhir,
    Ssl,
    X509,
    SmbMapping,
    SmbFiles,
    DicomAssociation,
    DicomMessage,
    Hl7,
    Sdc,
    Dicomweb,
    Astm,
    Poct1,
    Ntlm,
    Rdp,
    Rfb,
    Snmp,
    Ftp,
    Ldap,
    Smtp,
    Login,
    Ssh,
    Icmp,
    Ntp,
    Stun,
    Syslog,
    Ssdp,
    Tftp,
    DceRpc,
    Kerberos,
    Telnet,
    Mysql,
    Postgresql,
    Tds,
    Files,
    Stats,
}

/// The schema of every stream.
pub static STREAMS: &[&StreamSpec] = &[
    conn::Conn::SPEC,
    arp::Arp::SPEC,
    dhcp::Dhcp::SPEC,
    dns::Dns::SPEC,
    http::Http::SPEC,
    fhir::Fhir::SPEC,
    tls::Ssl::SPEC,
    tls::X509::SPEC,
    smb::SmbMapping::SPEC,
    smb::SmbFiles::SPEC,
    dicom::DicomAssociation::SPEC,
    dicom::DicomMessage::SPEC,
    hl7::Hl7::SPEC,
    sdc::Sdc::SPEC,
    dicomweb::Dicomweb::SPEC,
    astm::Astm::SPEC,
    poct1::Poct1::SPEC,
    ntlm::Ntlm::SPEC,
    rdp::Rdp::SPEC,
    rfb::Rfb::SPEC,
    snmp::Snmp::SPEC,
    ftp::Ftp::SPEC,
    ldap::Ldap::SPEC,
    smtp::Smtp::SPEC,
    login::Login::SPEC,
    ssh::Ssh::SPEC,
    icmp::Icmp::SPEC,
    ntp::Ntp::SPEC,
    stun::Stun::SPEC,
    syslog::Syslog::SPEC,
    ssdp::Ssdp::SPEC,
    tftp::Tftp::SPEC,
    dce_rpc::DceRpc::SPEC,
    kerberos::Kerberos::SPEC,
    telnet::Telnet::SPEC,
    mysql::Mysql::SPEC,
    postgresql::Postgresql::SPEC,
    tds::Tds::SPEC,
    files::Files::SPEC,
    stats::Stats::SPEC,
];
