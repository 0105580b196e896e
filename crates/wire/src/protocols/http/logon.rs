//! NTLM inside HTTP, which goes on over the requests of one connection. RFC 4559; MS-NTHT 2.1.

use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;

use super::head::Head;
use crate::context::Context;
use crate::protocols::ntlm::{Carrier, Logon, Outcome};
use crate::protocols::Dir;

/// The authentication that a request goes on with; `open` is the one that waits.
pub fn asked(open: &mut Option<Box<Logon>>, head: &Head<'_>, began: (i64, Dir, u64)) -> Option<Box<Logon>> {
    let to_proxy = head.proxy_authorization.and_then(token_of);
    let (token, carrier) = match to_proxy {
        Some(token) => (token, Carrier::Proxy),
        None => (head.authorization.and_then(token_of)?, Carrier::Http),
    };
    let mut logon = open.take_if(|logon| logon.carrier == carrier).unwrap_or_default();
    logon.carrier = carrier;
    logon.token(&token, began);
    logon.is_begun().then_some(logon)
}

/// The response to a request that went on with one; gives it back if the client is to answer.
pub fn answered(mut logon: Box<Logon>, status: u16, head: &Head<'_>, began: (i64, Dir, u64), cx: &mut Context<'_>) -> Option<Box<Logon>> {
    let refused = matches!(status, 401 | 407);
    if let Some(token) = head.challenge.filter(|_| refused).and_then(token_of) {
        logon.token(&token, began);
        if logon.waits() {
            return Some(logon);
        }
    }
    let outcome = Outcome {
        success: !refused,
        status: i64::from(status),
    };
    logon.tell(Some(outcome), cx);
    None
}

/// The token behind `NTLM` or `Negotiate`.
fn token_of(value: &[u8]) -> Option<Vec<u8>> {
    let at = value.iter().position(|b| *b == b' ')?;
    let (scheme, rest) = value.split_at_checked(at)?;
    let known = [&b"ntlm"[..], b"negotiate"].iter().any(|name| scheme.eq_ignore_ascii_case(name));
    let token = known.then(|| STANDARD.decode(rest.trim_ascii()).ok())?;
    token.filter(|token| !token.is_empty())
}
