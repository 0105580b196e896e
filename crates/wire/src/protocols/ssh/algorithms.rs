//! What both sides offer, and what follows from it. RFC 4253 section 7.1.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use crate::limits;

type Names = HashSet<&'static str, ahash::RandomState>;

static KNOWN: LazyLock<Names> = LazyLock::new(|| words(include_str!("../../../data/ssh_algorithms.txt")));
static WEAK: LazyLock<Names> = LazyLock::new(|| words(include_str!("../../../data/ssh_weak.txt")));

fn words(text: &'static str) -> Names {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(str::split_ascii_whitespace).collect()
}

/// Key exchange, host key, and from client to server cipher, integrity and compression; each list as it was sent.
#[derive(Debug, Default)]
pub struct Offer([Vec<u8>; 5]);

impl Offer {
    pub fn held(&self) -> usize {
        self.0.iter().map(Vec::capacity).fold(0, usize::saturating_add)
    }
}

/// Places of these among the ten lists of SSH_MSG_KEXINIT.
const PLACES: [usize; 5] = [0, 1, 2, 4, 6];

/// Kex, host key, cipher, integrity, compression.
pub type Agreed = [Option<&'static str>; 5];

/// The offer in the payload of SSH_MSG_KEXINIT behind its number and cookie.
pub fn offer(payload: &[u8]) -> Option<Offer> {
    let (mut offer, mut rest) = (Offer::default(), payload.get(17..)?);
    for place in 0..10 {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (list, after) = after.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        if let Some(kept) = PLACES.iter().position(|wanted| *wanted == place).and_then(|n| offer.0.get_mut(n)) {
            *kept = list.to_vec();
        }
        rest = after;
    }
    Some(offer)
}

/// What client and server agree on: of each kind the first of the client's that the server has too.
pub fn agreed(client: &Offer, server: &Offer) -> Agreed {
    let mut all = [None; 5];
    for (to, (asked, had)) in all.iter_mut().zip(client.0.iter().zip(&server.0)) {
        let has: HashSet<&[u8], ahash::RandomState> = names(had).collect();
        *to = names(asked).find(|name| has.contains(name) && !is_signal(name)).map(known);
    }
    let [_, _, cipher, integrity, _] = &mut all;
    if cipher.is_some_and(|cipher| cipher.contains("gcm") || cipher.contains("GCM") || cipher.contains("poly1305")) {
        *integrity = None;
    }
    all
}

/// Weak ones of an offer, each once.
pub fn weak(offer: &Offer) -> Vec<Cow<'static, str>> {
    let weak = offer.0.iter().flat_map(|list| names(list)).filter_map(|name| listed(&WEAK, name));
    weak.take(limits::SSH_WEAK).map(Cow::Borrowed).collect()
}

/// Names that say what the sender can do beside (RFC 8308 section 2.1; OpenSSH PROTOCOL 1.10): nobody agrees on them.
fn is_signal(name: &[u8]) -> bool {
    name.starts_with(b"ext-info-") || name.starts_with(b"kex-strict-")
}

fn known(name: &[u8]) -> &'static str {
    listed(&KNOWN, name).or_else(|| listed(&WEAK, name)).unwrap_or("{}")
}

fn listed(names: &Names, name: &[u8]) -> Option<&'static str> {
    names.get(std::str::from_utf8(name).ok()?).copied()
}

fn names(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|b| *b == b',').filter(|name| !name.is_empty())
}
