//! Binds: which interfaces a client asks for, how it proves itself, and what the server takes. C706 12.6.4.3 to 12.6.4.5, MS-RPCE 2.2.2.4, 2.2.2.5, 2.2.2.11.

use super::interfaces::{self, Interface};
use super::pdu::{Fields, Head, HEAD};
use crate::limits;

/// MS-RPCE 2.2.4.12: NDR, the transfer syntax in which arguments are read.
const NDR: u128 = 0x8a88_5d04_1ceb_11c9_9fe8_0800_2b10_4860;

/// An interface that calls will name by a number.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    pub id: u16,
    pub interface: Interface,
    uuid: u128,
    /// Arguments are in NDR of 32 bits, if it is taken.
    pub ndr: bool,
}

/// How a client proves itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Auth {
    pub kind: &'static str,
    pub level: &'static str,
}

pub const NO_AUTH: Auth = Auth {
    kind: "none",
    level: "none",
};

/// The interfaces that a bind offers; `None` if its list is not what it says.
pub fn offered(head: &Head, bytes: &[u8]) -> Option<Vec<Context>> {
    let fields = Fields {
        bytes,
        little: head.little,
    };
    let count = usize::from(fields.u8(24)?);
    let mut at = 28usize;
    let mut contexts = Vec::new();
    for _ in 0..count.min(limits::DCE_RPC_CONTEXTS) {
        let (id, transfers) = (fields.u16(at)?, usize::from(fields.u8(at.checked_add(2)?)?));
        let uuid = fields.uuid(at.checked_add(4)?)?;
        let transfer = fields.uuid(at.checked_add(24)?);
        contexts.push(Context {
            id,
            interface: interfaces::interface(uuid),
            uuid,
            ndr: transfer == Some(NDR),
        });
        at = at.checked_add(24)?.checked_add(transfers.checked_mul(20)?)?;
    }
    Some(contexts)
}

/// What proves a bind stands at its end. MS-RPCE 2.2.2.11.
pub fn auth(head: &Head, bytes: &[u8]) -> Option<Auth> {
    if head.auth == 0 {
        return Some(NO_AUTH);
    }
    let at = head.length.checked_sub(head.auth)?.checked_sub(8).filter(|at| *at >= HEAD)?;
    let kind = match bytes.get(at)? {
        0 => "none",
        9 => "negotiate",
        10 => "ntlm",
        14 => "schannel",
        16 => "kerberos",
        68 => "netlogon",
        _ => "{}",
    };
    let level = match bytes.get(at.checked_add(1)?)? {
        1 => "none",
        2 => "connect",
        3 => "call",
        4 => "packet",
        5 => "integrity",
        6 => "privacy",
        _ => "{}",
    };
    Some(Auth { kind, level })
}

/// What a server made of the interfaces offered.
#[derive(Default)]
pub struct Answer {
    pub taken: Vec<Context>,
    /// Those that it takes in no form, and why.
    pub refused: Vec<(Interface, &'static str)>,
}

pub fn answered(head: &Head, bytes: &[u8], offered: &[Context]) -> Option<Answer> {
    let fields = Fields {
        bytes,
        little: head.little,
    };
    let address = usize::from(fields.u16(24)?);
    let list = 26usize.checked_add(address)?.checked_next_multiple_of(4)?;
    let count = usize::from(fields.u8(list)?);
    let mut results = Vec::new();
    for (n, context) in offered.iter().enumerate().take(count) {
        let at = list.checked_add(4)?.checked_add(n.checked_mul(24)?)?;
        results.push((context, fields.u16(at)?, fields.u16(at.checked_add(2)?)?));
    }
    let mut answer = Answer::default();
    for (context, result, reason) in &results {
        let uuid = context.uuid;
        // 3: what is offered only to agree on features (MS-RPCE 2.2.2.14).
        let otherwise = results
            .iter()
            .any(|(other, result, _)| other.uuid == uuid && matches!(result, 0 | 3));
        match result {
            0 => answer.taken.push(**context),
            _ if otherwise || answer.refused.iter().any(|(interface, _)| *interface == context.interface) => {}
            _ => answer.refused.push((context.interface, reason_of(*reason))),
        }
    }
    Some(answer)
}

/// C706 12.6.3.1 p_provider_reason_t.
fn reason_of(reason: u16) -> &'static str {
    match reason {
        1 => "abstract_syntax",
        2 => "transfer_syntax",
        3 => "limit",
        _ => "{}",
    }
}

/// Why a server refuses all of a bind. C706 12.6.3.1 p_reject_reason_t, MS-RPCE 2.2.2.5.
pub fn rejected(head: &Head, bytes: &[u8]) -> &'static str {
    let fields = Fields {
        bytes,
        little: head.little,
    };
    match fields.u16(HEAD) {
        Some(1 | 2) => "limit",
        Some(4) => "version",
        Some(8 | 9) => "authentication",
        _ => "{}",
    }
}
