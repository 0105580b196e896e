//! Bounds of protocols that speak in single datagrams: ICMP, NTP, STUN, syslog, SSDP, TFTP.

/// Echo requests of one conversation that wait for their answers: `ping` has one or two on the way, a flood has any number.
pub const ICMP_WAITING: usize = 64;
/// Different identifiers, sizes, gateways and quoted ends of one conversation that are told apart: more than some are a tunnel's, or a scan's.
pub const ICMP_DIFFERENT: usize = 64;

/// Kinds of messages of one NTP conversation that are summed apart: a manager asks for some, who tries them all has no more rows for it.
pub const NTP_KINDS: usize = 16;

/// Attributes of one STUN message that are looked at: a message of a call has a dozen.
pub const STUN_ATTRIBUTES: usize = 64;
/// Different methods and peers of one session that are told apart: the standards have seven methods, a visit has one or two peers, and who looks
/// for what stands behind a relay has as many as there are.
pub const STUN_METHODS: usize = 16;
pub const STUN_PEERS: usize = 64;
/// Records of DTLS in one datagram: a handshake's have six or seven.
pub const DTLS_RECORDS: usize = 32;

/// Bytes over all conversations of what is summed up of each; above it, those that began first tell it early. It is room for some ten thousand that
/// say little at once.
pub const TALLIES: usize = 24 << 20;

/// Names of programs and hosts of one facility that are told apart: a server has a dozen that write, a collector hands on what many hosts say.
pub const SYSLOG_APPS: usize = 16;
pub const SYSLOG_HOSTS: usize = 64;
/// Bytes of one message that are looked at for signs: what everybody must take is 480, what everybody should 2,048 (RFC 5424 6.1).
pub const SYSLOG_TEXT: usize = 2048;

/// Fields of one SSDP message that are looked at: stacks write a dozen.
pub const SSDP_FIELDS: usize = 32;
/// Targets of one conversation that have rows: a router announces some twenty, and devices that are told apart by their names.
pub const SSDP_TARGETS: usize = 32;
pub const SSDP_DEVICES: usize = 64;

/// Requests of one TFTP connection that give rows: a client asks from a new port each time; who asks for all names there are is known by so many.
pub const TFTP_ROWS: usize = 64;
