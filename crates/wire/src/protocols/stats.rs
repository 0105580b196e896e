//! `stats`: what the sensor heard and what it could not, a row a minute. The name and the first columns are those of Zeek's stats.log.

use crate::context::Output;
use crate::limits;
use crate::stream;

stream! {
    /// What the sensor heard in about a minute, and how well: what a mirror port leaves out, doubles or spoils. It belongs to no connection.
    /// Of captures its minutes are those of what was read together: read one by one, each has rows of its own.
    Stats = "stats" {
        /// Interface that was listened to; null for captures.
        interface: Word,
        /// Seconds that the row tells of.
        duration: Float,
        /// Packets.
        pkts_proc: Int,
        /// Bytes of them on the wire.
        bytes_recv: Int,
        /// Packets that came faster than they were read; null for captures, which do not tell.
        pkts_dropped: Int,
        /// Packets to one machine: a port that is no mirror shows next to none.
        unicast: Int,
        /// Packets of which the capture kept the beginning only.
        truncated: Int,
        /// Packets larger than any network carries: a network card has put them together, or cuts them after they were captured.
        giants: Int,
        /// Packets that came twice, and were counted once.
        copies: Int,
        /// The same with another hop limit: both sides of a router are mirrored.
        routed_copies: Int,
        /// Packets that came more than a second after later ones.
        late: Int,
        /// Packets whose time could not be: they count at the time of the packet before.
        wrong_stamps: Int,
        /// How often the clock was set back by more than an hour.
        clock_steps: Int,
        /// Checksums of TCP and UDP that were looked at: those of one packet in 64.
        checksums: Int,
        /// Those of them that did not hold.
        wrong_checksums: Int,
        /// Packets whose headers could not be read, and fragments that were never put together.
        undecoded: Int,
        /// Frames that hold neither IP nor ARP.
        other: Int,
        /// TCP connections that ended.
        conns: Int,
        /// Those of them of which only one side was seen, though the other one answered.
        one_way: Int,
        /// Those that began while the sensor listened, but without a handshake.
        midstream: Int,
        /// Those with another VLAN on the way back.
        vlan_one_way: Int,
        /// Bytes that were lost in them.
        missed_bytes: Int,
        /// Bytes that they carried, as far as that is known.
        conn_bytes: Int,
        /// Connections that had to be given up because there were too many.
        evicted: Int,
        /// Files that were read no further because too many were open: of more than their beginning nothing is known.
        files_given_up: Int,
    }
}

/// Counters since the sensor began; a row tells what has come since the row before.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counted {
    pub packets: u64,
    pub bytes: u64,
    pub dropped: Option<u64>,
    pub unicast: u64,
    pub truncated: u64,
    pub giants: u64,
    pub copies: u64,
    pub routed_copies: u64,
    pub late: u64,
    pub wrong_stamps: u64,
    pub clock_steps: u64,
    pub checksums: u64,
    pub wrong_checksums: u64,
    pub undecoded: u64,
    pub other: u64,
    pub conns: u64,
    pub one_way: u64,
    pub midstream: u64,
    pub vlan_one_way: u64,
    pub missed_bytes: u64,
    pub conn_bytes: u64,
    pub evicted: u64,
    pub files_given_up: u64,
}

/// When rows are due.
#[derive(Debug, Default)]
pub struct Minutes {
    pub interface: Option<String>,
    since: Option<i64>,
    told: Counted,
}

impl Minutes {
    /// Whether a row is due at `ts` (nanoseconds); the first packet begins the first minute.
    pub fn due(&mut self, ts: i64) -> bool {
        ts.saturating_sub(*self.since.get_or_insert(ts)) >= limits::STATS_EVERY
    }

    /// Writes the row of the time until `ts`, if anything is to be told.
    pub fn tell(&mut self, ts: i64, now: &Counted, out: &mut Output) {
        let Some(since) = self.since.replace(ts) else { return };
        let told = std::mem::replace(&mut self.told, *now);
        let new = |field: fn(&Counted) -> u64| i64::try_from(field(now).saturating_sub(field(&told))).ok();
        let row = Stats {
            interface: self.interface.as_deref(),
            duration: Some(ts.saturating_sub(since).max(0) as f64 / 1e9),
            pkts_proc: new(|c| c.packets),
            bytes_recv: new(|c| c.bytes),
            pkts_dropped: now.dropped.and_then(|_| new(|c| c.dropped.unwrap_or(0))),
            unicast: new(|c| c.unicast),
            truncated: new(|c| c.truncated),
            giants: new(|c| c.giants),
            copies: new(|c| c.copies),
            routed_copies: new(|c| c.routed_copies),
            late: new(|c| c.late),
            wrong_stamps: new(|c| c.wrong_stamps),
            clock_steps: new(|c| c.clock_steps),
            checksums: new(|c| c.checksums),
            wrong_checksums: new(|c| c.wrong_checksums),
            undecoded: new(|c| c.undecoded),
            other: new(|c| c.other),
            conns: new(|c| c.conns),
            one_way: new(|c| c.one_way),
            midstream: new(|c| c.midstream),
            vlan_one_way: new(|c| c.vlan_one_way),
            missed_bytes: new(|c| c.missed_bytes),
            conn_bytes: new(|c| c.conn_bytes),
            evicted: new(|c| c.evicted),
            files_given_up: new(|c| c.files_given_up),
            ..Stats::default()
        };
        out.emit_alone(since, now.packets.wrapping_add(now.bytes.rotate_left(32)), &row);
    }
}
