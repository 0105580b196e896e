//! What both sides offer, and what follows from it. RFC 4253 section 7.1.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use md5::{Digest as _, Md5};

use crate::limits;
use crate::protocols::tls::fingerprint::hex;
use crate::protocols::Dir;

type Names = HashSet<&'static str, ahash::RandomState>;

static KNOWN: LazyLock<Names> = LazyLock::new(|| words(include_str!("../../../data/ssh_algorithms.txt")));
static WEAK: LazyLock<Names> = LazyLock::new(|| words(include_str!("../../../data/ssh_weak.txt")));

fn words(text: &'static str) -> Names {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(str::split_ascii_whitespace).collect()
}

/// Key exchange and host key; cipher, integrity and compression, each from client to server, then back. Each list as it was sent.
#[derive(Debug, Default)]
pub struct Offer([Vec<u8>; LISTS]);

/// Lists that are kept, the first of the ten of SSH_MSG_KEXINIT; languages follow.
const LISTS: usize = 8;

impl Offer {
    fn list(&self, place: usize) -> &[u8] {
        self.0.get(place).map(Vec::as_slice).unwrap_or_default()
    }

    pub fn held(&self) -> usize {
        self.0.iter().map(Vec::capacity).fold(0, usize::saturating_add)
    }
}

/// Places of key exchange, host key, cipher, integrity and compression in an offer, by the direction in which they hold.
const TO_SERVER: [usize; 5] = [0, 1, 2, 4, 6];
const TO_CLIENT: [usize; 5] = [0, 1, 3, 5, 7];

/// Kex, host key, cipher, integrity, compression.
pub type Agreed = [Option<&'static str>; 5];

/// The offer in the payload of SSH_MSG_KEXINIT behind its number and cookie.
pub fn offer(payload: &[u8]) -> Option<Offer> {
    let (mut offer, mut rest) = (Offer::default(), payload.get(17..)?);
    for place in 0..10 {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (list, after) = after.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        if let Some(kept) = offer.0.get_mut(place) {
            *kept = list.to_vec();
        }
        rest = after;
    }
    Some(offer)
}

fn places(towards: Dir) -> [usize; 5] {
    match towards {
        Dir::Orig => TO_CLIENT,
        Dir::Resp => TO_SERVER,
    }
}

/// What client and server agree on for one direction: of each kind the first of the client's that the server has too.
pub fn agreed(client: &Offer, server: &Offer, towards: Dir) -> Agreed {
    let mut all = [None; 5];
    for (to, place) in all.iter_mut().zip(places(towards)) {
        let (asked, had) = (client.list(place), server.list(place));
        let has: HashSet<&[u8], ahash::RandomState> = names(had).collect();
        *to = names(asked).find(|name| has.contains(name) && !is_signal(name)).map(known);
    }
    let [_, _, cipher, integrity, _] = &mut all;
    if cipher.is_some_and(|cipher| cipher.contains("gcm") || cipher.contains("GCM") || cipher.contains("poly1305")) {
        *integrity = None;
    }
    all
}

/// The fingerprint of who made an offer for the direction in which it sends: hassh of a client, hasshServer of a server (README of
/// salesforce/hassh).
pub fn fingerprint(offer: &Offer, towards: Dir) -> String {
    let [kex, _, rest @ ..] = places(towards);
    let mut digest = Md5::new();
    for (n, place) in std::iter::once(kex).chain(rest).enumerate() {
        if n > 0 {
            digest.update(b";");
        }
        digest.update(offer.list(place));
    }
    hex(&digest.finalize())
}

/// Weak ones of an offer, each once.
pub fn weak(offer: &Offer) -> Vec<Cow<'static, str>> {
    let lists = TO_SERVER.iter().map(|place| offer.list(*place));
    let weak = lists.flat_map(names).filter_map(|name| listed(&WEAK, name));
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
