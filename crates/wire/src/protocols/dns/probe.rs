//! How DNS and its kin are known. Their header has no magic number, so the whole message must hold together.

use super::message::{labels, Head, Message, HEAD};
use super::{names, netbios};
use crate::protocols::{Dir, Probe};

const MULTICAST: u16 = 5353;
const NAME_SERVICE: u16 = 137;
const PORTS: [u16; 3] = [53, MULTICAST, 5355];

/// Enough of a long message over TCP to judge it by its start.
const ENOUGH: usize = 512;

pub fn dns(port: u16, payload: &[u8]) -> Probe {
    let Some(message) = Message::parse(payload) else {
        return Probe::Never;
    };
    let expected = PORTS.contains(&port);
    let whole = message.malformed.is_none() && message.length == payload.len();
    let asks = message.head.questions > 0 && !message.questions.is_empty();
    let multicast = port == MULTICAST && message.head.is_response() && message.head.answers > 0;
    let good = header(&message.head)
        && (asks || multicast)
        && questions(&message)
        && if expected {
            whole || message.malformed != Some("question")
        } else {
            whole && message.head.questions == 1
        };
    // What is broken or cut behind a header like any other shall not be silent.
    certain(good || expected && plain(&message.head))
}

pub fn netbios(port: u16, payload: &[u8]) -> Probe {
    let Some(head) = Head::parse(payload) else { return Probe::Never };
    let Some(message) = Message::parse(payload) else {
        return Probe::Never;
    };
    let named = |at: usize| labels(payload, at).is_some_and(|found| found.first().is_some_and(|first| netbios::decode(first).is_some()));
    let kind = message
        .questions
        .first()
        .map(|q| (q.name, q.kind))
        .or(message.answers.first().map(|a| (a.name, a.kind)));
    let few = [head.questions, head.answers, head.authorities, head.additional]
        .iter()
        .all(|&n| n <= 8);
    let good = few && kind.is_some_and(|(at, kind)| matches!(kind, names::NB | names::NBSTAT | 10) && named(at));
    certain(good || few && port == NAME_SERVICE && head.flags & 0x000f <= 7 && head.questions.saturating_add(head.answers) == 1)
}

/// Over TCP two bytes of length stand in front. RFC 1035 4.2.2.
pub fn stream(_dir: Dir, bytes: &[u8]) -> Probe {
    let Some((length, rest)) = bytes.split_first_chunk() else {
        return Probe::Unsure;
    };
    let length = usize::from(u16::from_be_bytes(*length));
    if length <= HEAD {
        return Probe::Never;
    }
    let shown = rest.get(..length).unwrap_or(rest);
    let Some(message) = Message::parse(shown) else {
        return if plausible_start(shown) { Probe::Unsure } else { Probe::Never };
    };
    let (plain, sound) = (plain(&message.head), questions(&message));
    if !header(&message.head) || message.head.questions != 1 || !(plain || sound) {
        return Probe::Never;
    }
    if sound && message.malformed.is_none() {
        return certain(message.length == length);
    }
    if shown.len() == length {
        // Broken, but between heads as they should be.
        let next = rest.get(length..).and_then(|rest| rest.get(2..)).and_then(Head::parse);
        return certain(plain && next.is_none_or(|head| self::plain(&head)));
    }
    match message.questions.is_empty() {
        false if shown.len() >= ENOUGH => Probe::Certain,
        true if shown.len() >= ENOUGH => Probe::Never,
        _ => Probe::Likely,
    }
}

/// What can be said of the first bytes of a header: opcode, the reserved bit, one question.
fn plausible_start(shown: &[u8]) -> bool {
    let flags_good = shown.get(2).is_none_or(|flags| matches!(flags >> 3 & 15, 0 | 2 | 4 | 5));
    flags_good
        && shown.get(3).is_none_or(|flags| flags & 0x40 == 0)
        && shown.get(4).is_none_or(|&n| n == 0)
        && shown.get(5).is_none_or(|&n| n == 1)
}

/// Opcodes in use (RFC 6895 2.2), the reserved bit zero, counts that a message can hold; a query carries no answers.
fn header(head: &Head) -> bool {
    let counts = [head.questions, head.answers, head.authorities, head.additional];
    let query = head.is_response() || head.opcode() != 0 || (head.flags & 15 == 0 && head.questions > 0);
    matches!(head.opcode(), 0 | 2 | 4 | 5) && head.flags & 0x40 == 0 && query && counts.iter().all(|&n| n <= 4096)
}

/// A header as resolvers and servers write it: one question, no flags of a server in a query, few records.
fn plain(head: &Head) -> bool {
    const OF_A_QUERY: u16 = 0x0130;
    const OF_AN_ANSWER: u16 = 0x87bf;
    let few = |n: u16, most: u16| n <= most;
    head.questions == 1
        && if head.is_response() {
            head.flags & !OF_AN_ANSWER == 0
                && head.flags & 15 <= 10
                && few(head.answers, 256)
                && few(head.authorities, 64)
                && few(head.additional, 64)
        } else {
            head.flags & !OF_A_QUERY == 0 && head.answers == 0 && head.authorities == 0 && few(head.additional, 2)
        }
}

/// Classes in use (the top bit asks for unicast: RFC 6762 5.4), names that can be followed, and no NetBIOS.
fn questions(message: &Message<'_>) -> bool {
    message.questions.iter().all(|question| {
        let class = matches!(question.class & 0x7fff, 1 | 3 | 4 | 254 | 255);
        let kind = question.kind != 0 && (question.kind <= 300 || question.kind >= 0x8000);
        let name = labels(message.bytes, question.name);
        let netbios = name
            .as_ref()
            .is_some_and(|found| found.len() == 1 && found.first().is_some_and(|label| netbios::decode(label).is_some()));
        class && kind && name.is_some() && !(netbios && matches!(question.kind, names::NB | names::NBSTAT))
    })
}

fn certain(good: bool) -> Probe {
    if good {
        Probe::Certain
    } else {
        Probe::Never
    }
}
