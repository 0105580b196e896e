//! Every bound on what the wire can make the sensor hold or do, each with its reason.

/// Bytes of one direction that are looked at before a connection is called unknown. All probes decide within the first message head; a TLS
/// record head is 5 bytes, an A-ASSOCIATE-RQ head 74, an HTTP request line rarely above 2 kB.
pub const PROBE_BYTES: usize = 4096;

/// Bytes that a parser may ask to stand together (`Step::Need`). HL7 messages with embedded documents are the largest thing that is read
/// whole; 1 MiB holds all but those, and what is larger is read in pieces by its parser.
pub const PENDING: usize = 1 << 20;

/// Pending bytes over all connections; above it, parsers that wait are told that there is a gap.
pub const PENDING_ALL: usize = 24 << 20;

/// Out-of-order bytes held for one direction of one connection: a 10 Gbit/s burst reordered by 200 microseconds.
pub const REORDER: usize = 256 << 10;

/// Out-of-order segments held for one direction: insertion stays cheap under a storm of one-byte segments.
pub const REORDER_SEGMENTS: usize = 256;

/// Out-of-order bytes held over all connections.
pub const REORDER_ALL: usize = 8 << 20;

/// A hole that the receiver has acknowledged and that is older than this (nanoseconds) was lost by the mirror, not by the network.
pub const HOLE_AGE: i64 = 1_000_000_000;

/// Connections remembered at once. A flood of one-packet connections must not take the memory of the box; the longest idle goes first.
pub const FLOWS: usize = 1 << 17;

/// IPv4/IPv6 fragments: datagrams being put together at once, and bytes of each (RFC 791: 65,535).
pub const FRAGMENTED: usize = 1024;
pub const FRAGMENT_BYTES: usize = 65_535;
/// Pieces of one datagram: 65,535 / 1,480 is 45; four times that for small path MTUs.
pub const FRAGMENT_PIECES: usize = 192;
/// Nanoseconds until an incomplete datagram is given up (RFC 791 and RFC 8200 say 60 s at the most).
pub const FRAGMENT_AGE: i64 = 30_000_000_000;

/// Nanoseconds of silence that end a connection: established TCP (interface engines pause for a whole night shift: an hour is Linux's order
/// of keep-alive), TCP that is half open or closed, UDP and ICMP (Zeek's defaults: 1 minute).
pub const IDLE_TCP: i64 = 3_600_000_000_000;
pub const IDLE_HALF_OPEN: i64 = 60_000_000_000;
pub const IDLE_CLOSED: i64 = 5_000_000_000;
pub const IDLE_OTHER: i64 = 60_000_000_000;

/// A connection that lives gives an interim row after the first of these, then one every second of these (nanoseconds).
pub const INTERIM_FIRST: i64 = 60_000_000_000;
pub const INTERIM_EVERY: i64 = 3_600_000_000_000;

/// Largest packet taken from a capture: libpcap's MAXIMUM_SNAPLEN.
pub const PACKET: usize = 262_144;

/// Largest pcapng block: a packet and its options.
pub const BLOCK: usize = 1 << 20;

/// Interfaces in one pcapng section.
pub const INTERFACES: usize = 4096;

/// Rows of one stream before they leave as a batch, and bytes of them.
pub const BATCH_ROWS: usize = 16_384;
pub const BATCH_BYTES: usize = 4 << 20;

/// Characters of any one text cell: what identifies equipment is short; longer is an attack or a mistake.
pub const TEXT: usize = 256;

/// Entries of any one list cell.
pub const LIST: usize = 256;

/// Characters that a pseudonym is made of.
pub const PSEUDONYM_INPUT: usize = 1024;

/// Nested encapsulations (VLAN tags, tunnels, extension headers) followed in one packet.
pub const NESTING: usize = 16;

// TLS.
/// Bytes of one handshake message that is put together from records: a chain of a few certificates with ML-DSA keys and signatures is 30 kB.
pub const TLS_HANDSHAKE: usize = 64 << 10;
/// Certificates of one chain that give rows: OpenSSL's default depth is 100, real chains have 2 to 5.
pub const TLS_CHAIN: usize = 16;
/// Bytes of one certificate that is taken apart: some thousand subjectAltNames.
pub const TLS_CERTIFICATE: usize = 32 << 10;

// DNS.
/// Queries of one conversation that wait for an answer; more are given as unanswered, the oldest first. A stub resolver asks a handful at once.
pub const DNS_WAITING: usize = 64;
/// Names of one message that are looked at for service types: a query that waits holds them, and a host offers a few.
pub const DNS_SERVICES: usize = 32;
