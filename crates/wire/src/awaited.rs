//! Data connections of FTP before they begin: a control connection in clear announces the end of each (RFC 959 section 4.1.2, RFC 2428), and
//! names the file that it carries (section 4.1.3).
//!
//! Looked for in packets as they come, before connections are spread over threads, so that it is known in whichever thread a connection is
//! followed. The address is always that of who announces: one that names another's is none that is obeyed (RFC 2577 section 3).

use std::collections::HashMap;

use crate::bytes::be16;
use crate::ip::Datagram;
use crate::limits;
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

/// What was announced last on a control connection.
struct Announced {
    call: Call,
    ts: i64,
    /// What it carries was told, and not refused so far.
    asked: bool,
    /// The file is sent from somewhere in its middle (REST, RFC 959 section 4.1.3).
    part: bool,
}

#[derive(Default)]
pub struct Awaited {
    /// With when it was announced, nanoseconds.
    calls: HashMap<Call, i64, ahash::RandomState>,
    controls: HashMap<Control, Announced, ahash::RandomState>,
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
            let data = head.get(usize::from(head.get(12)? >> 4) * 4..)?;
            let lines = data.split(|byte| *byte == b'\n').take(limits::FTP_LINES);
            let seen = lines.filter_map(|line| match from {
                CONTROL => self.answer((datagram.dst, to, datagram.src), line, ts),
                _ => self.command((datagram.src, from, datagram.dst), line, ts),
            });
            return seen.last().map(|told| Seen::Tells(Box::new(told)));
        }
        if self.calls.is_empty() || head.get(13)? & (SYN | ACK) != SYN {
            return None;
        }
        let announced = self.calls.get(&(datagram.dst, to, datagram.src))?;
        is_young(*announced, ts).then_some(Seen::Begins)
    }

    fn announce(&mut self, control: Control, call: Call, ts: i64) {
        if self.calls.len() >= limits::FTP_AWAITED {
            self.calls.retain(|_, at| is_young(*at, ts));
        }
        if self.controls.len() >= limits::FTP_AWAITED {
            self.controls.retain(|_, announced| is_young(announced.ts, ts));
        }
        if self.calls.len() < limits::FTP_AWAITED && self.controls.len() < limits::FTP_AWAITED {
            let (asked, part) = (false, false);
            self.calls.insert(call, ts);
            self.controls.insert(control, Announced { call, ts, asked, part });
        }
    }

    /// A line of the server. One that refuses what was asked leaves the data connection to what is asked next.
    fn answer(&mut self, control: Control, line: &[u8], ts: i64) -> Option<Transfer> {
        if let Some(port) = answered(line).filter(|port| *port >= 1024) {
            let (client, _, server) = control;
            self.announce(control, (server, port, client), ts);
            return None;
        }
        let (grade, _) = line.split_first()?;
        let announced = self.controls.get_mut(&control).filter(|announced| announced.asked)?;
        match grade {
            b'1' => {
                self.controls.remove(&control);
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
    fn command(&mut self, control: Control, line: &[u8], ts: i64) -> Option<Transfer> {
        let (verb, argument) = split(line.strip_suffix(b"\r").unwrap_or(line));
        let is = |known: &[u8]| verb.eq_ignore_ascii_case(known);
        if let Some(port) = asked(line).filter(|port| *port >= 1024) {
            let (client, _, server) = control;
            self.announce(control, (client, port, server), ts);
            return None;
        }
        let announced = self.controls.get_mut(&control)?;
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

    fn packet(src: u128, sport: u16, dst: u128, dport: u16, flags: u8, data: &[u8]) -> (u128, u128, Vec<u8>) {
        let mut head = vec![0; 20];
        head[..2].copy_from_slice(&sport.to_be_bytes());
        head[2..4].copy_from_slice(&dport.to_be_bytes());
        (head[12], head[13]) = (0x50, flags);
        (src, dst, [&head, data].concat())
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

    #[test]
    fn only_who_was_told_is_awaited_and_not_for_ever() {
        let mut awaited = Awaited::default();
        let (client, server) = (1, 2);
        let call = packet(client, 40_001, server, 50_000, SYN, b"");
        assert_eq!(see(&mut awaited, &call, 0), Seen::Nothing);
        see(&mut awaited, &packet(server, 21, client, 40_000, 24, b"229 x (|||50000|)\r\n"), 0);
        assert_eq!(see(&mut awaited, &call, 1), Seen::Begins);
        assert_eq!(see(&mut awaited, &packet(3, 40_001, server, 50_000, SYN, b""), 1), Seen::Nothing);
        assert_eq!(
            see(&mut awaited, &packet(client, 40_001, server, 50_000, SYN | ACK, b""), 1),
            Seen::Nothing
        );
        assert_eq!(see(&mut awaited, &call, limits::FTP_AWAITED_AGE + 1), Seen::Nothing);
        see(&mut awaited, &packet(client, 40_000, server, 21, 24, b"PORT 9,9,9,9,195,80\r\n"), 0);
        assert_eq!(see(&mut awaited, &packet(server, 20, client, 50_000, SYN, b""), 1), Seen::Begins);
        see(&mut awaited, &packet(server, 21, client, 40_000, 24, b"227 (10,0,0,2,0,80)"), 0);
        assert_eq!(see(&mut awaited, &packet(client, 40_002, server, 80, SYN, b""), 1), Seen::Nothing);
    }
    /// What a line says, of the client, of the server.
    struct Talk(Awaited);

    impl Talk {
        fn client(&mut self, said: &str) -> Option<(String, bool)> {
            told(see(&mut self.0, &packet(1, 40_000, 2, 21, 24, said.as_bytes()), 0))
        }

        fn server(&mut self, said: &str) -> Option<(String, bool)> {
            told(see(&mut self.0, &packet(2, 21, 1, 40_000, 24, said.as_bytes()), 0))
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
    fn the_next_transfer_names_what_was_announced() {
        let mut talk = Talk(Awaited::default());
        assert_eq!(talk.client("RETR early\r\n"), None);
        talk.server(PASSIVE);
        assert_eq!(talk.client("TYPE I\r\nRETR /a/b c.dcm\r\n"), Some(("/a/b c.dcm".into(), false)));
        assert_eq!(talk.client("RETR other\r\n"), None);
        // Refused: another may follow.
        assert_eq!(talk.server("550 no\r\n"), Some((String::new(), false)));
        assert_eq!(talk.client("stor d\r\n"), Some(("d".into(), false)));
        assert_eq!(talk.server("150 go\r\n226 done\r\n"), None);
        assert_eq!(talk.client("RETR e\r\n"), None);
        assert_eq!(talk.client("PORT 9,9,9,9,195,80\r\nRETR f"), Some(("f".into(), false)));
        talk.server("150 go\r\n");
        talk.server(PASSIVE);
        assert_eq!(talk.client("LIST\r\n"), Some((String::new(), false)));
    }

    #[test]
    fn what_is_sent_in_part_is_known() {
        let mut talk = Talk(Awaited::default());
        for (said, path, part) in [
            ("REST 9", "", false),
            ("RETR a", "a", true),
            ("APPE b", "b", true),
            ("STOU", "", false),
        ] {
            if said != "RETR a" {
                talk.server(PASSIVE);
            }
            let told = talk.client(said);
            assert_eq!(told, Some((path.to_owned(), part)).filter(|_| said != "REST 9"), "{said}");
        }
        talk.server(PASSIVE);
        talk.client("REST 0\r\n");
        assert_eq!(talk.client("RETR a\r\n"), Some(("a".into(), false)));
    }
}
