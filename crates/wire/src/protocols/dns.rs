//! Names asked for and answered: DNS over UDP and TCP (RFC 1035), multicast DNS (RFC 6762), LLMNR (RFC 4795), NetBIOS names (RFC 1002).

use crate::protocols::{Datagrams, Protocol};
use crate::stream;

mod exchange;
mod message;
mod names;
mod netbios;
mod probe;
mod record;
#[cfg(test)]
mod tests;

stream! {
    /// One name look-up: the query with its answer, or either alone; multicast DNS: one question, or one answer. Columns as Zeek's dns.log where it has them.
    Dns = "dns" {
        /// Transport: udp or tcp.
        proto: Word,
        /// Identifier that pairs query and answer. RFC 1035 4.1.1.
        trans_id: Int,
        /// Kind of request: 0 query, 4 notify, 5 update (NetBIOS: registration), 6 release. IANA DNS OpCodes, RFC 1002 4.2.1.1.
        opcode: Int,
        /// Name asked for; NetBIOS names with their suffix, `PACS<20>`. The instance part of a DNS-SD name, and the owner in the name of somebody's machine, are written `*`.
        query: Text,
        /// Class of the question. RFC 1035 3.2.4.
        qclass: Int,
        /// Type of the question. IANA Resource Record TYPEs.
        qtype: Int,
        /// The same as its name.
        qtype_name: Word,
        /// Result. RFC 1035 4.1.1, RFC 6895 2.3; null where no answer was seen.
        rcode: Int,
        /// The same as its name.
        rcode_name: Word,
        /// The answer is from an authority.
        aa: Bool,
        /// The message was cut to fit.
        tc: Bool,
        /// The query asked for recursion.
        rd: Bool,
        /// The server offers recursion.
        ra: Bool,
        /// The server refused. RFC 1035 4.1.1: RCODE 5.
        rejected: Bool,
        /// Answers: addresses and names as text, MX and SRV as their standards write them; of all else type and length only.
        answers: Texts,
        /// Seconds that each answer may be kept.
        ttls: Ints,
        /// Seconds from query to answer.
        rtt: Float,
        /// Which protocol of the family: dns, mdns, llmnr or nbns.
        flavor: Word,
        /// Service types that were asked for or offered: `_dicom._tcp`. RFC 6763 section 7.
        services: Texts,
        /// Bytes of the conversation were lost.
        partial: Bool,
        /// What was not built as the standard says.
        malformed: Word,
    }
}

pub static DNS: Datagrams = Datagrams {
    name: "dns",
    ports: &[53, 5353, 5355],
    probe: probe::dns,
    conversation: || Box::new(exchange::Exchange::dns()),
};

pub static NETBIOS: Datagrams = Datagrams {
    name: "netbios-ns",
    ports: &[137],
    probe: probe::netbios,
    conversation: || Box::new(exchange::Exchange::netbios()),
};

pub static OVER_TCP: Protocol = Protocol {
    name: "dns",
    ports: &[53],
    probe: probe::stream,
    find: None,
    session: || Box::new(exchange::OverTcp::default()),
};
