//! Data connections of FTP before they begin: a control connection in clear announces the end of each (RFC 959 section 4.1.2, RFC 2428), and
//! names the file that it carries (section 4.1.3).
//!
//! Looked for in packets as they come, before connections are spread over threads, so that it is known in whichever thread a connection is
//! followed. The address is always that of who announces: one that names another's is none that is obeyed (RFC 2577 section 3).
//!
//! Anybody can forge a packet. So lines count only in their order and where each side has acknowledged what the other one said, and what is
//! announced is a guess: a data connection that begins as something else is that.

use crate::bytes::{be16, be32};
use crate::ip::Datagram;
use crate::limits;
use crate::oldest::Oldest;
use crate::protocols::lines::split;
use crate::transfers::{Call, Transfer};

const CONTROL: u16 = 21;
const TCP: u8 = 6;
const SYN: u8 = 2;
const ACK: u8 = 16;

/// What a packet means for data connections.
#[derive(Debug, Default, PartialEq, Eq)]
pub enum Seen {
    #[default]
    Nothing,
    /// It begins one that was announced.
    Begins,
    /// It tells what the one that was announced last carries.
    Tells(Box<Transfer>),
}

/// A control connection: the client, its port, the server.
type Control = (u128, u16, u128);

/// Who says a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Client,
    Server,
}

/// What was announced last on a control connection.
struct Announced {
    call: Call,
    ts: i64,
    /// What it carries was told, and not refused so far.
    asked: bool,
    /// The file is sent from somewhere in its middle (REST, RFC 959 section 4.1.3).
    part: bool,
}

/// What one side has said.
#[derive(Default)]
struct Side {
    /// The number of its next byte.
    next: Option<u32>,
    /// A line of which the end has not come.
    line: Vec<u8>,
}

impl Side {
    /// What is new in `data`, which begins with `seq`; nothing of what is too far from where the side stands to be of it.
    fn fresh<'a>(&mut self, seq: u32, data: &'a [u8]) -> &'a [u8] {
        let len = data.len() as u32;
        let ahead = self.next.map_or(0, |next| seq.wrapping_sub(next));
        let again = ahead.wrapping_neg();
        let new = match () {
            () if ahead == 0 => data,
            () if again <= len => data.get(again as usize..).unwrap_or_default(),
            () if ahead <= limits::FTP_LOST => {
                self.line.clear();
                data
            }
            () => return &[],
        };
        self.next = Some(seq.wrapping_add(len));
        new
    }

    /// Shows each line that is whole now, its end included.
    fn lines(&mut self, data: &[u8], mut show: impl FnMut(&[u8])) {
        for part in data.split_inclusive(|byte| *byte == b'\n').take(limits::FTP_LINES) {
            let ends = part.ends_with(b"\n");
            if ends && self.line.is_empty() {
                show(part);
                continue;
            }
            let room = limits::LINE.saturating_sub(self.line.len()).min(part.len());
            self.line.extend_from_slice(part.get(..room).unwrap_or_default());
            if ends {
                show(&self.line);
                self.line.clear();
            }
        }
    }
}

/// A control connection while it goes on.
#[derive(Default)]
struct Talk {
    client: Side,
    server: Side,
    announced: Option<Announced>,
}

impl Talk {
    fn sides(&mut self, who: Who) -> (&mut Side, &Side) {
        match who {
            Who::Client => (&mut self.client, &self.server),
            Who::Server => (&mut self.server, &self.client),
        }
    }
}

pub struct Awaited {
    /// With when it was announced, nanoseconds.
    calls: Oldest<Call, i64>,
    /// Of which one side was heard only, and of which each has acknowledged what the other one said: who forges many of the first kind takes no
    /// place of the second.
    begun: Oldest<Control, Talk>,
    talks: Oldest<Control, Talk>,
}

impl Default for Awaited {
    fn default() -> Awaited {
        Awaited {
            calls: Oldest::new(limits::FTP_AWAITED),
            begun: Oldest::new(limits::FTP_AWAITED),
            talks: Oldest::new(limits::FTP_AWAITED),
        }
    }
}

impl Awaited {
    /// Sees a packet.
    pub fn see(&mut self, datagram: &Datagram<'_>, ts: i64) -> Seen {
        if datagram.proto != TCP {
            return Seen::Nothing;
        }
        self.segment(datagram, ts).unwrap_or_default()
    }

    fn segment(&mut self, datagram: &Datagram<'_>, ts: i64) -> Option<Seen> {
        let head = datagram.payload;
        let (from, to) = (be16(head, 0)?, be16(head, 2)?);
        if from == CONTROL || to == CONTROL {
            let (who, control) = match from {
                CONTROL => (Who::Server, (datagram.dst, to, datagram.src)),
                _ => (Who::Client, (datagram.src, from, datagram.dst)),
            };
            let told = self.control(who, control, head, ts)?;
            return Some(Seen::Tells(Box::new(told)));
        }
        if self.calls.is_empty() || head.get(13)? & (SYN | ACK) != SYN {
            return None;
        }
        let announced = self.calls.get(&(datagram.dst, to, datagram.src))?;
        is_young(*announced, ts).then_some(Seen::Begins)
    }

    /// A segment of a control connection.
    fn control(&mut self, who: Who, control: Control, head: &[u8], ts: i64) -> Option<Transfer> {
        let data = head.get(usize::from(head.get(12)? >> 4) * 4..)?;
        let (seq, ack, flags) = (be32(head, 4)?, be32(head, 8)?, *head.get(13)?);
        if flags & SYN != 0 {
            // Both ends agree on another connection.
            if flags & ACK != 0 {
                self.talks.remove(&control);
                self.begun.remove(&control);
            }
            return None;
        }
        if self.talks.get(&control).is_none() {
            self.meet(who, control, (seq, ack), data)?;
        }
        let Awaited { calls, talks, .. } = self;
        let talk = talks.get_mut(&control)?;
        let (mut side, mut told) = (std::mem::take(talk.sides(who).0), None);
        let new = side.fresh(seq, data);
        side.lines(new, |line| {
            let said = match who {
                Who::Client => talk.command(control, line, ts, calls),
                Who::Server => talk.answer(control, line, ts, calls),
            };
            told = said.or(told.take());
        });
        *talk.sides(who).0 = side;
        told
    }

    /// A connection that is not known as one of which both sides agree: whether they do now.
    fn meet(&mut self, who: Who, control: Control, (seq, ack): (u32, u32), data: &[u8]) -> Option<()> {
        let agreed = self.begun.get_mut(&control).map(|talk| talk.sides(who).1.next == Some(ack));
        match agreed {
            Some(true) => {
                let talk = self.begun.remove(&control)?;
                self.talks.insert(control, talk);
                return Some(());
            }
            None if data.is_empty() => return None,
            None => self.begun.insert(control, Talk::default()),
            Some(false) => {}
        }
        let (side, _) = self.begun.get_mut(&control)?.sides(who);
        if !data.is_empty() {
            side.next = Some(seq.wrapping_add(data.len() as u32));
        }
        None
    }
}

impl Talk {
    fn announce(&mut self, call: Call, ts: i64, calls: &mut Oldest<Call, i64>) {
        let (asked, part) = (false, false);
        let before = self.announced.replace(Announced { call, ts, asked, part });
        // One control connection has one data connection at a time.
        if let Some(before) = before {
            calls.remove(&before.call);
        }
        calls.insert(call, ts);
    }

    /// A line of the server. One that refuses what was asked leaves the data connection to what is asked next.
    fn answer(&mut self, (client, _, server): Control, line: &[u8], ts: i64, calls: &mut Oldest<Call, i64>) -> Option<Transfer> {
        if let Some(port) = answered(line).filter(|port| *port >= 1024) {
            self.announce((server, port, client), ts, calls);
            return None;
        }
        let (grade, _) = line.split_first()?;
        let announced = self.announced.as_mut().filter(|announced| announced.asked)?;
        match grade {
            b'1' => {
                self.announced = None;
                None
            }
            b'4' | b'5' => {
                (announced.asked, announced.part) = (false, false);
                Some(Transfer::unnamed(announced.call, ts))
            }
            _ => None,
        }
    }

    /// A line of the client.
    fn command(&mut self, (client, _, server): Control, line: &[u8], ts: i64, calls: &mut Oldest<Call, i64>) -> Option<Transfer> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let (verb, argument) = split(line);
        let is = |known: &[u8]| verb.eq_ignore_ascii_case(known);
        if let Some(port) = asked(line).filter(|port| *port >= 1024) {
            self.announce((client, port, server), ts, calls);
            return None;
        }
        let announced = self.announced.as_mut()?;
        if announced.asked || !is_young(announced.ts, ts) {
            return None;
        }
        // What is appended to a file is not all of it.
        let part = announced.part || is(b"APPE");
        match () {
            () if is(b"REST") => {
                announced.part = argument.iter().any(|digit| *digit != b'0');
                return None;
            }
            () if is(b"RETR") || is(b"STOR") || is(b"STOU") || is(b"APPE") => {}
            () if is(b"LIST") || is(b"NLST") || is(b"MLSD") => {
                announced.asked = true;
                return Some(Transfer::unnamed(announced.call, ts));
            }
            () => return None,
        }
        announced.asked = true;
        let path = argument.get(..limits::PSEUDONYM_INPUT).unwrap_or(argument).into();
        Some(Transfer {
            call: announced.call,
            ts,
            path: Some(path),
            part,
        })
    }
}

fn is_young(at: i64, ts: i64) -> bool {
    ts.abs_diff(at) <= limits::FTP_AWAITED_AGE.unsigned_abs()
}

/// The port that a server opens: `227 Entering Passive Mode (h1,h2,h3,h4,p1,p2)`, `229 Entering Extended Passive Mode (|||port|)`.
fn answered(line: &[u8]) -> Option<u16> {
    match line.first_chunk()? {
        b"227 " => six(line.get(4..)?.trim_ascii()),
        b"229 " => {
            let line = line.get(..limits::LINE).unwrap_or(line);
            let within = line.split(|byte| *byte == b'(').nth(1)?;
            bounded(within, 3)
        }
        _ => None,
    }
}

/// The port that a client opens: `PORT h1,h2,h3,h4,p1,p2`, `EPRT |1|address|port|`.
fn asked(line: &[u8]) -> Option<u16> {
    let (verb, rest) = line.split_first_chunk::<5>()?;
    match () {
        () if verb.eq_ignore_ascii_case(b"PORT ") => six(rest),
        () if verb.eq_ignore_ascii_case(b"EPRT ") => bounded(rest, 3),
        () => None,
    }
}

/// Six numbers, of which the last two are the port; words may stand around them.
fn six(text: &[u8]) -> Option<u16> {
    let text = text.get(..limits::PRODUCT_WORD).unwrap_or(text);
    let begin = text.iter().position(u8::is_ascii_digit)?;
    let numbers = text.get(begin..)?.split(|byte| !byte.is_ascii_digit());
    let mut port = numbers.skip(4).map(|digits| std::str::from_utf8(digits).ok()?.parse::<u8>().ok());
    Some(u16::from_be_bytes([port.next()??, port.next()??]))
}

/// What stands between separators, after so many of them, the first of which is any character.
fn bounded(text: &[u8], nth: usize) -> Option<u16> {
    let text = text.get(..limits::PRODUCT_WORD).unwrap_or(text);
    let (separator, rest) = text.split_first()?;
    let port = rest.split(|byte| byte == separator).nth(nth.checked_sub(1)?)?;
    std::str::from_utf8(port).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: u128 = 1;
    const SERVER: u128 = 2;

    fn packet(src: u128, sport: u16, dst: u128, dport: u16, flags: u8, data: &[u8]) -> (u128, u128, Vec<u8>) {
        numbered((src, sport), (dst, dport), (0, 0), flags, data)
    }

    fn numbered(from: (u128, u16), to: (u128, u16), (seq, ack): (u32, u32), flags: u8, data: &[u8]) -> (u128, u128, Vec<u8>) {
        let mut head = vec![0; 20];
        head[..2].copy_from_slice(&from.1.to_be_bytes());
        head[2..4].copy_from_slice(&to.1.to_be_bytes());
        head[4..8].copy_from_slice(&seq.to_be_bytes());
        head[8..12].copy_from_slice(&ack.to_be_bytes());
        (head[12], head[13]) = (0x50, flags);
        (from.0, to.0, [&head, data].concat())
    }

    fn see(awaited: &mut Awaited, (src, dst, payload): &(u128, u128, Vec<u8>), ts: i64) -> Seen {
        let datagram = Datagram {
            src: *src,
            dst: *dst,
            proto: TCP,
            id: 0,
            hops: 64,
            ip_len: 20 + payload.len(),
            payload,
            cut: 0,
            fragment: None,
        };
        awaited.see(&datagram, ts)
    }

    #[test]
    fn every_way_to_announce_a_port() {
        for (line, port) in [
            (&b"227 Entering Passive Mode (10,0,0,2,195,80).\r\n"[..], Some(50_000)),
            (b"227 =10,0,0,2,195,80\r\n", Some(50_000)),
            (b"229 Entering Extended Passive Mode (|||50000|)\r\n", Some(50_000)),
            (b"227 Entering Passive Mode (10,0,0,2,195)\r\n", None),
            (b"230 (|||50000|)", None),
        ] {
            assert_eq!(answered(line), port);
        }
        assert_eq!(asked(b"PORT 10,0,0,1,195,80\r\n"), Some(50_000));
        assert_eq!(asked(b"eprt |2|fe80::1|50000|\r\n"), Some(50_000));
        assert_eq!(asked(b"PORT 10,0,0,1,300,80\r\n"), None);
    }

    /// What a line says, of the client, of the server.
    struct Said {
        awaited: Awaited,
        client: (u128, u16),
        next: [u32; 2],
        ts: i64,
    }

    impl Said {
        /// A control connection on which each side has spoken.
        fn new() -> Said {
            Said::of(Awaited::default(), CLIENT)
        }

        fn of(awaited: Awaited, client: u128) -> Said {
            let mut said = Said {
                awaited,
                client: (client, 40_000),
                next: [7, u32::MAX - 2],
                ts: 0,
            };
            said.server("220 hello\r\n");
            said.client("NOOP\r\n");
            said.server("200 well\r\n");
            said
        }

        fn segment(&mut self, from_server: bool, text: &str) -> Seen {
            let [client, server] = self.next;
            let to = (SERVER, 21);
            let packet = match from_server {
                true => numbered(to, self.client, (server, client), 24, text.as_bytes()),
                false => numbered(self.client, to, (client, server), 24, text.as_bytes()),
            };
            let next = &mut self.next[usize::from(from_server)];
            *next = next.wrapping_add(text.len() as u32);
            see(&mut self.awaited, &packet, self.ts)
        }

        fn client(&mut self, text: &str) -> Option<(String, bool)> {
            told(self.segment(false, text))
        }

        fn server(&mut self, text: &str) -> Option<(String, bool)> {
            told(self.segment(true, text))
        }

        fn begins(&mut self, from: u128, to: u128, flags: u8, ts: i64) -> bool {
            see(&mut self.awaited, &packet(from, 40_001, to, 50_000, flags, b""), ts) == Seen::Begins
        }
    }

    fn told(seen: Seen) -> Option<(String, bool)> {
        let Seen::Tells(told) = seen else { return None };
        let Transfer { call, path, part, .. } = *told;
        assert!([(2, 50_000, 1), (1, 50_000, 2)].contains(&call));
        Some((String::from_utf8(path.unwrap_or_default().into()).unwrap(), part))
    }

    const PASSIVE: &str = "229 x (|||50000|)\r\n";

    #[test]
    fn only_who_was_told_is_awaited_and_not_for_ever() {
        let mut said = Said::new();
        assert!(!said.begins(CLIENT, SERVER, SYN, 0));
        said.server(PASSIVE);
        assert!(said.begins(CLIENT, SERVER, SYN, 1));
        assert!(!said.begins(3, SERVER, SYN, 1));
        assert!(!said.begins(CLIENT, SERVER, SYN | ACK, 1));
        assert!(!said.begins(CLIENT, SERVER, SYN, limits::FTP_AWAITED_AGE + 1));
        said.client("PORT 9,9,9,9,195,80\r\n");
        assert!(said.begins(SERVER, CLIENT, SYN, 1));
        assert!(!said.begins(CLIENT, SERVER, SYN, 1), "one at a time");
        said.server("227 (10,0,0,2,0,80)\r\n");
        let low = packet(CLIENT, 40_002, SERVER, 80, SYN, b"");
        assert_eq!(see(&mut said.awaited, &low, 1), Seen::Nothing);
    }

    #[test]
    fn a_forged_packet_announces_nothing() {
        let announcement = packet(SERVER, 21, CLIENT, 40_000, 24, PASSIVE.as_bytes());
        let mut awaited = Awaited::default();
        see(&mut awaited, &announcement, 0);
        see(&mut awaited, &announcement, 0);
        let mut said = Said { awaited, ..Said::new() };
        assert!(!said.begins(CLIENT, SERVER, SYN, 1));
        // Nor where there is a connection, unless it knows where that stands.
        let mut said = Said::new();
        see(
            &mut said.awaited,
            &numbered((SERVER, 21), (CLIENT, 40_000), (1 << 30, 0), 24, PASSIVE.as_bytes()),
            0,
        );
        assert!(!said.begins(CLIENT, SERVER, SYN, 1));
        said.server(PASSIVE);
        assert!(said.begins(CLIENT, SERVER, SYN, 1));
    }

    #[test]
    fn many_forged_ones_take_nobodys_place() {
        let mut said = Said::new();
        for n in 0..3 * limits::FTP_AWAITED as u128 {
            see(
                &mut said.awaited,
                &packet(100 + n, 40_000, SERVER, 21, 24, b"PORT 1,1,1,1,200,1\r\n"),
                0,
            );
        }
        said.server(PASSIVE);
        assert_eq!(said.client("RETR a\r\n"), Some(("a".into(), false)));
        assert!(said.begins(CLIENT, SERVER, SYN, 1));
    }

    #[test]
    fn a_line_may_come_in_parts_or_again() {
        let mut said = Said::new();
        said.server("227 Entering Passive Mo");
        said.server("de (10,0,0,2,195,80)");
        let before = said.next;
        said.server(".\r\n");
        assert!(said.begins(CLIENT, SERVER, SYN, 1));
        said.next = before;
        said.server(".\r\n");
        assert_eq!(said.client("RETR a"), None);
        assert_eq!(said.client("b\r\n"), Some(("ab".into(), false)));
        said.server("550 no\r\n");
        // Of a line that is lost in part nothing is made.
        said.client("RETR ");
        said.next[0] += 5;
        assert_eq!(said.client("c\r\n"), None);
        assert_eq!(said.client("RETR d\r\n"), Some(("d".into(), false)));
    }

    #[test]
    fn the_next_transfer_names_what_was_announced() {
        let mut talk = Said::new();
        assert_eq!(talk.client("RETR early\r\n"), None);
        talk.server(PASSIVE);
        assert_eq!(talk.client("TYPE I\r\nRETR /a/b c.dcm\r\n"), Some(("/a/b c.dcm".into(), false)));
        assert_eq!(talk.client("RETR other\r\n"), None);
        // Refused: another may follow.
        assert_eq!(talk.server("550 no\r\n"), Some((String::new(), false)));
        assert_eq!(talk.client("stor d\r\n"), Some(("d".into(), false)));
        assert_eq!(talk.server("150 go\r\n226 done\r\n"), None);
        assert_eq!(talk.client("RETR e\r\n"), None);
        assert_eq!(talk.client("PORT 9,9,9,9,195,80\r\nRETR f\n"), Some(("f".into(), false)));
        talk.server("150 go\r\n");
        talk.server(PASSIVE);
        assert_eq!(talk.client("LIST\r\n"), Some((String::new(), false)));
    }

    #[test]
    fn what_is_sent_in_part_is_known() {
        let mut talk = Said::new();
        for (said, path, part) in [
            ("REST 9\r\n", "", false),
            ("RETR a\r\n", "a", true),
            ("APPE b\r\n", "b", true),
            ("STOU\r\n", "", false),
        ] {
            if !said.starts_with("RETR a") {
                talk.server(PASSIVE);
            }
            let told = talk.client(said);
            assert_eq!(told, Some((path.to_owned(), part)).filter(|_| said != "REST 9\r\n"), "{said}");
        }
        talk.server(PASSIVE);
        talk.client("REST 0\r\n");
        assert_eq!(talk.client("RETR a\r\n"), Some(("a".into(), false)));
    }
}
