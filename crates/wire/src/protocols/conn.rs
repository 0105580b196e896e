//! `conn`: one row a connection, with interim rows while it lives.

use crate::stream;

stream! {
    /// One connection: TCP, UDP or ICMP between two ends, in Zeek's terms (conn.log). While it lives it gives an interim row after 60 seconds
    /// and then one an hour, with the same `uid` and counters from its start; the row with the most packets is the whole.
    Conn = "conn" {
        /// Transport: tcp, udp, icmp or the IP protocol number.
        proto: Text,
        /// Protocol recognised by its content, not its port.
        service: Text,
        /// Seconds from the first to the last packet.
        duration: Float,
        /// Payload bytes of the originator (TCP: by sequence numbers).
        orig_bytes: Int,
        /// Payload bytes of the responder.
        resp_bytes: Int,
        /// State as Zeek names it: S0, S1, SF, REJ, S2, S3, RSTO, RSTR, RSTOS0, RSTRH, SH, SHR, OTH.
        conn_state: Text,
        /// What happened, in order, as Zeek writes it: S syn, H syn+ack, A ack, D data, F fin, R rst, T retransmission, G gap; upper case by the originator; ^ the ends were turned.
        history: Text,
        /// Bytes that the capture lost inside the streams.
        missed_bytes: Int,
        /// Packets of the originator.
        orig_pkts: Int,
        /// Bytes of the originator with IP headers.
        orig_ip_bytes: Int,
        /// Packets of the responder.
        resp_pkts: Int,
        /// Bytes of the responder with IP headers.
        resp_ip_bytes: Int,
        /// Link-layer address before the originator: its own, or the router's or adapter's.
        orig_l2_addr: Text,
        /// Link-layer address before the responder.
        resp_l2_addr: Text,
        /// Outer VLAN id (IEEE 802.1Q).
        vlan: Int,
        /// Inner VLAN id (IEEE 802.1ad).
        inner_vlan: Int,
        /// IP protocol number.
        ip_proto: Int,
        /// The connection goes on: a later row of the same `uid` replaces this one.
        interim: Bool,
        /// The capture does not hold its beginning.
        midstream: Bool,
        /// The input ended before the connection did.
        partial: Bool,
        /// Retransmitted or overlapping bytes that disagreed with what was seen first; the first was kept.
        disagreements: Int,
    }
}

/// What conn_state needs to know of a TCP connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ending {
    pub syn: bool,
    pub syn_ack: bool,
    /// Data or an acknowledgement of the originator after the responder's SYN.
    pub established: bool,
    pub fin: [bool; 2],
    pub rst: [bool; 2],
}

/// The state of a TCP connection by Zeek's table (base/protocols/conn/main.zeek, conn_state).
pub fn tcp_state(e: &Ending) -> &'static str {
    let [orig_fin, resp_fin] = e.fin;
    let [orig_rst, resp_rst] = e.rst;
    if e.established || (e.syn && e.syn_ack) {
        return match () {
            () if orig_rst => "RSTO",
            () if resp_rst => "RSTR",
            () if orig_fin && resp_fin => "SF",
            () if orig_fin => "S2",
            () if resp_fin => "S3",
            () => "S1",
        };
    }
    match (e.syn, e.syn_ack) {
        (true, false) if resp_rst => "REJ",
        (true, false) if orig_rst => "RSTOS0",
        (true, false) if orig_fin => "SH",
        (true, false) => "S0",
        (false, true) if resp_rst => "RSTRH",
        (false, true) if resp_fin => "SHR",
        _ => "OTH",
    }
}
