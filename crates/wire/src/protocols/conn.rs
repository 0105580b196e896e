//! `conn`: one row a connection, with interim rows while it lives.

use crate::stream;

stream! {
    /// One connection: TCP, UDP or ICMP between two ends, in Zeek's terms (conn.log). While it lives it gives an interim row after 60 seconds
    /// and then one an hour, with the same `uid` and counters from its start; the row with the most packets is the whole.
    Conn = "conn" {
        /// Transport: tcp, udp, icmp or the IP protocol number.
        proto: Word,
        /// Protocol recognised by its content, not its port.
        service: Word,
        /// Seconds from the first to the last packet.
        duration: Float,
        /// Payload bytes of the originator (TCP: by sequence numbers).
        orig_bytes: Int,
        /// Payload bytes of the responder.
        resp_bytes: Int,
        /// State as Zeek names it: S0, S1, SF, REJ, S2, S3, RSTO, RSTR, RSTOS0, RSTRH, SH, SHR, OTH.
        conn_state: Word,
        /// What happened, in order, as Zeek writes it: S syn, H syn+ack, A ack, D data, F fin, R rst, I fin+rst, Q syn with either, each once a side; T retransmission, G gap, W window closed, at the first, tenth, hundredth time; upper case by the originator; ^ the ends were turned.
        history: Word,
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
        orig_l2_addr: Word,
        /// Link-layer address before the responder.
        resp_l2_addr: Word,
        /// Outer VLAN id (IEEE 802.1Q).
        vlan: Int,
        /// Inner VLAN id (IEEE 802.1ad).
        inner_vlan: Int,
        /// Hop limit (TTL) of the originator's first packet seen: what it began with, less one for each router before the sensor.
        orig_ttl: Int,
        /// Hop limit of the responder's first packet seen.
        resp_ttl: Int,
        /// The innermost tunnel that the first packet of the originator, else of the responder, came through: ip (IP in IP), gre (a packet in GRE), nvgre (a frame in GRE), pptp, erspan, vxlan, geneve, teredo.
        tunnel: Word,
        /// Who sent that tunnel's packets for the originator.
        tunnel_orig_h: Word,
        /// Who sent them for the responder, or was sent those for it.
        tunnel_resp_h: Word,
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
    pub fin: [bool; 2],
    pub rst: [bool; 2],
}

/// The state of a TCP connection by Zeek's table (base/protocols/conn/main.zeek, conn_state); `silent`: no byte was said. A side without a
/// SYN of its own is what Zeek calls inactive or partial.
pub fn tcp_state(e: &Ending, silent: bool) -> &'static str {
    let [orig_fin, resp_fin] = e.fin;
    let [orig_rst, resp_rst] = e.rst;
    match () {
        () if resp_rst && ((e.syn && !e.syn_ack) || (orig_rst && silent)) => "REJ",
        () if resp_rst => {
            if e.syn {
                "RSTR"
            } else {
                "RSTRH"
            }
        }
        () if orig_rst => {
            if e.syn_ack {
                "RSTO"
            } else {
                "RSTOS0"
            }
        }
        () if orig_fin && resp_fin => "SF",
        () if orig_fin => {
            if e.syn_ack {
                "S2"
            } else {
                "SH"
            }
        }
        () if resp_fin => {
            if e.syn {
                "S3"
            } else {
                "SHR"
            }
        }
        () if e.syn && e.syn_ack => "S1",
        () if e.syn && silent => "S0",
        () => "OTH",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_as_zeek_names_them() {
        let open = Ending {
            syn: true,
            syn_ack: true,
            ..Ending::default()
        };
        let tried = Ending { syn_ack: false, ..open };
        let met = Ending::default();
        let cases = [
            (tried, [false; 2], [false; 2], "S0"),
            (open, [false; 2], [false; 2], "S1"),
            (open, [true, true], [false; 2], "SF"),
            (open, [true, false], [false; 2], "S2"),
            (open, [false, true], [false; 2], "S3"),
            (open, [false; 2], [true, false], "RSTO"),
            (open, [false; 2], [false, true], "RSTR"),
            (open, [false; 2], [true, true], "RSTR"),
            (tried, [false; 2], [false, true], "REJ"),
            (tried, [false; 2], [true, false], "RSTOS0"),
            (tried, [true, false], [false; 2], "SH"),
            (Ending { syn: false, ..open }, [false; 2], [false, true], "RSTRH"),
            (Ending { syn: false, ..open }, [false, true], [false; 2], "SHR"),
            (met, [true, true], [false; 2], "SF"),
            (met, [true, false], [false; 2], "SH"),
            (met, [false, true], [false; 2], "SHR"),
            (met, [false; 2], [false; 2], "OTH"),
        ];
        for (ending, fin, rst, state) in cases {
            let silent = ending.syn && !ending.syn_ack;
            assert_eq!(
                tcp_state(&Ending { fin, rst, ..ending }, silent),
                state,
                "{ending:?} {fin:?} {rst:?}"
            );
        }
    }
}
