//! What connections tell of the mirror: sides that are not shown, handshakes that were missed, bytes that were lost.

use std::ops::Add;

use crate::limits;

use super::flow::{Flow, Transport};

/// Counted over all TCP connections that have ended or lived for a minute.
#[derive(Clone, Copy, Debug, Default)]
pub struct Census {
    pub conns: u64,
    pub one_way: u64,
    pub midstream: u64,
    pub vlan_one_way: u64,
    pub missed_bytes: u64,
    pub bytes: u64,
}

/// What connections tell, and what could not be told of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Heard {
    pub census: Census,
    /// Connections that had to go before their time.
    pub evicted: u64,
    /// Segments whose TCP or UDP header could not be read.
    pub malformed: u64,
    /// Files that were read no further because too many were.
    pub files_given_up: u64,
}

impl Add for Heard {
    type Output = Heard;

    fn add(self, other: Heard) -> Heard {
        let (a, b) = (self.census, other.census);
        let census = Census {
            conns: a.conns + b.conns,
            one_way: a.one_way + b.one_way,
            midstream: a.midstream + b.midstream,
            vlan_one_way: a.vlan_one_way + b.vlan_one_way,
            missed_bytes: a.missed_bytes + b.missed_bytes,
            bytes: a.bytes + b.bytes,
        };
        Heard {
            census,
            evicted: self.evicted + other.evicted,
            malformed: self.malformed + other.malformed,
            files_given_up: self.files_given_up + other.files_given_up,
        }
    }
}

/// What was counted of one connection already.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    missed: u64,
    bytes: u64,
}

impl Census {
    /// Counts a connection of one segment without data: nothing can be said of it.
    pub fn opened(&mut self) {
        self.conns += 1;
    }

    /// Counts a connection, or what is new of it. `began`: when the sensor did.
    pub fn take(&mut self, flow: &mut Flow, began: i64) {
        let (counters, first_ts) = (flow.counters, flow.first_ts);
        let Transport::Tcp(tcp) = &mut flow.transport else { return };
        let sides = &tcp.sides;
        let (missed, bytes) = sides
            .iter()
            .fold((0, 0), |(missed, bytes), side| (missed + side.missed, bytes + side.stream));
        let before = tcp.told.replace(Told { missed, bytes });
        self.missed_bytes += missed - before.map_or(0, |told| told.missed);
        self.bytes += bytes - before.map_or(0, |told| told.bytes);
        if before.is_some() {
            return;
        }
        self.conns += 1;
        let [orig, resp] = &counters;
        let silent = |c: &super::flow::Counters| c.packets == 0;
        let spoke =
            |c: &super::flow::Counters, n: usize| c.packets >= limits::ONE_WAY_PACKETS && sides.get(n).is_some_and(|side| side.stream > 0);
        self.one_way += u64::from((silent(resp) && spoke(orig, 0)) || (silent(orig) && spoke(resp, 1)));
        let late = first_ts.saturating_sub(began) > limits::HANDSHAKE_AFTER;
        self.midstream += u64::from(late && !tcp.ending.syn && !tcp.ending.syn_ack && bytes > 0);
        self.vlan_one_way += u64::from(!silent(orig) && !silent(resp) && orig.vlan != resp.vlan);
    }
}
