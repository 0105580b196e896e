//! Data connections of FTP before they begin: a control connection in clear announces the end of each (RFC 959 section 4.1.2, RFC 2428).
//!
//! Looked for in packets as they come, before connections are spread over threads, so that it is known in whichever thread a connection is
//! followed. The address is always that of who announces: one that names another's is none that is obeyed (RFC 2577 section 3).

use std::collections::HashMap;

use crate::bytes::be16;
use crate::ip::Datagram;
use crate::limits;

const CONTROL: u16 = 21;
const TCP: u8 = 6;
const SYN: u8 = 2;
const ACK: u8 = 16;

/// Who will be called, at which port, and by whom.
type Call = (u128, u16, u128);

#[derive(Default)]
pub struct Awaited {
    /// With when it was announced, nanoseconds.
    calls: HashMap<Call, i64, ahash::RandomState>,
}

impl Awaited {
    /// Sees a packet; says whether it begins a connection that was announced.
    pub fn begins(&mut self, datagram: &Datagram<'_>, ts: i64) -> bool {
        if datagram.proto != TCP {
            return false;
        }
        self.see(datagram, ts).unwrap_or(false)
    }

    fn see(&mut self, datagram: &Datagram<'_>, ts: i64) -> Option<bool> {
        let head = datagram.payload;
        let (from, to) = (be16(head, 0)?, be16(head, 2)?);
        if from == CONTROL || to == CONTROL {
            let data = head.get(usize::from(head.get(12)? >> 4) * 4..)?;
            let port = if from == CONTROL { answered(data) } else { asked(data) };
            if let Some(port) = port.filter(|port| *port >= 1024) {
                self.announce((datagram.src, port, datagram.dst), ts);
            }
            return None;
        }
        if self.calls.is_empty() || head.get(13)? & (SYN | ACK) != SYN {
            return None;
        }
        let announced = self.calls.get(&(datagram.dst, to, datagram.src))?;
        Some(ts.abs_diff(*announced) <= limits::FTP_AWAITED_AGE.unsigned_abs())
    }

    fn announce(&mut self, call: Call, ts: i64) {
        if self.calls.len() >= limits::FTP_AWAITED {
            self.calls
                .retain(|_, at| ts.abs_diff(*at) <= limits::FTP_AWAITED_AGE.unsigned_abs());
        }
        if self.calls.len() < limits::FTP_AWAITED {
            self.calls.insert(call, ts);
        }
    }
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

    fn see(awaited: &mut Awaited, (src, dst, payload): &(u128, u128, Vec<u8>), ts: i64) -> bool {
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
        awaited.begins(&datagram, ts)
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
        assert!(!see(&mut awaited, &call, 0));
        see(&mut awaited, &packet(server, 21, client, 40_000, 24, b"229 x (|||50000|)\r\n"), 0);
        assert!(see(&mut awaited, &call, 1));
        assert!(!see(&mut awaited, &packet(3, 40_001, server, 50_000, SYN, b""), 1));
        assert!(!see(&mut awaited, &packet(client, 40_001, server, 50_000, SYN | ACK, b""), 1));
        assert!(!see(&mut awaited, &call, limits::FTP_AWAITED_AGE + 1));
        see(&mut awaited, &packet(client, 40_000, server, 21, 24, b"PORT 9,9,9,9,195,80\r\n"), 0);
        assert!(see(&mut awaited, &packet(server, 20, client, 50_000, SYN, b""), 1));
        see(&mut awaited, &packet(server, 21, client, 40_000, 24, b"227 (10,0,0,2,0,80)"), 0);
        assert!(!see(&mut awaited, &packet(client, 40_002, server, 80, SYN, b""), 1));
    }
}
