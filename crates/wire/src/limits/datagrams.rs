//! Bounds of protocols that speak in single datagrams: ICMP, NTP, STUN, syslog, SSDP, TFTP.

/// Echo requests of one conversation that wait for their answers: `ping` has one or two on the way, a flood has any number.
pub const ICMP_WAITING: usize = 64;
/// Different identifiers, sizes, gateways and quoted ends of one conversation that are told apart: more than some are a tunnel's, or a scan's.
pub const ICMP_DIFFERENT: usize = 64;

/// Kinds of messages of one NTP conversation that are summed apart: a manager asks for some, who tries them all has no more rows for it.
pub const NTP_KINDS: usize = 16;
