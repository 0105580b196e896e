//! Session setup as far as it carries NTLM. MS-SMB2 2.2.5 and 2.2.6; MS-CIFS 2.2.4.53, MS-SMB 2.2.4.6.

use crate::context::Context;
use crate::protocols::ntlm::{Logon, Outcome};
use crate::protocols::smb::smb1::{Block, Header};
use crate::protocols::smb::state::{Ask, Request, Start};
use crate::protocols::smb::talk::Talk;
use crate::protocols::smb::view::{Fault, View};

/// MS-ERREF 2.3.1: the server waits for the next token.
const STATUS_MORE_PROCESSING_REQUIRED: u32 = 0xC000_0016;

/// The token whose offset and length (16 bits each) stand at `at`. MS-SMB2 2.2.5 and 2.2.6.
fn token<'a>(m: &View<'a>, at: usize) -> Result<&'a [u8], Fault> {
    let (offset, length) = (usize::from(m.u16(at)?), usize::from(m.u16(at.saturating_add(2))?));
    m.take(offset, length)
}

/// The authentication that a request of SMB2 belongs to; `None` if it is not NTLM.
pub fn asked(talk: &mut Talk, m: &View<'_>, session: u64, start: Start) -> Result<Option<Ask>, Fault> {
    let token = m.known(token(m, 76))?;
    Ok(goes_on(talk, session, start, |logon, began| {
        logon.token(token.unwrap_or_default(), began)
    }))
}

/// The same of SMB1, with extended security or with the answers themselves.
pub fn asked1(talk: &mut Talk, block: &Block<'_>, header: &Header, start: Start) -> Result<Option<Ask>, Fault> {
    match block.word_count {
        12 => {
            let length = block.known(block.u16(14))?.map_or(0, usize::from);
            let token = block.message().some(block.data, length)?;
            Ok(goes_on(talk, header.uid, start, |logon, began| logon.token(token, began)))
        }
        13 => Ok(block.known(answers(block, header))?.and_then(|(lengths, user, domain)| {
            goes_on(talk, header.uid, start, |logon, began| logon.bare(lengths, (&domain, &user), began))
        })),
        _ => Ok(None),
    }
}

/// Lengths of the two answers, user and domain. MS-CIFS 2.2.4.53.1.
fn answers(block: &Block<'_>, header: &Header) -> Result<((usize, usize), String, String), Fault> {
    let (lm, nt) = (usize::from(block.u16(14)?), usize::from(block.u16(16)?));
    let (user, next) = block.text(block.data.saturating_add(lm).saturating_add(nt), header.unicode)?;
    let (domain, _) = block.text(next, header.unicode)?;
    Ok(((lm, nt), user, domain))
}

fn goes_on(talk: &mut Talk, session: u64, start: Start, read: impl FnOnce(&mut Logon, (i64, crate::protocols::Dir, u64))) -> Option<Ask> {
    let mut logon = talk.logons.remove(&session).unwrap_or_default();
    read(&mut logon, (start.ts, start.dir, start.at));
    logon.is_begun().then_some(Ask::Logon(logon))
}

/// The answer of a server of SMB2.
pub fn answered(
    talk: &mut Talk,
    m: &View<'_>,
    key: u64,
    (session, status): (u64, u32),
    start: Start,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let more = status == STATUS_MORE_PROCESSING_REQUIRED;
    let token = if more { m.known(token(m, 68))? } else { None };
    settle(talk, key, (session, status), token.unwrap_or_default(), start, cx);
    Ok(())
}

/// The same of SMB1.
pub fn answered1(talk: &mut Talk, block: &Block<'_>, key: u64, header: &Header, start: Start, cx: &mut Context<'_>) -> Result<(), Fault> {
    let more = header.status == STATUS_MORE_PROCESSING_REQUIRED && block.word_count == 4;
    let length = if more {
        block.known(block.u16(6))?.map_or(0, usize::from)
    } else {
        0
    };
    let token = block.message().some(block.data, length)?;
    settle(talk, key, (header.uid, header.status), token, start, cx);
    Ok(())
}

fn settle(talk: &mut Talk, key: u64, (session, status): (u64, u32), token: &[u8], start: Start, cx: &mut Context<'_>) {
    let mut logon = match talk.asked(key, start) {
        Some(Request {
            ask: Ask::Logon(logon), ..
        }) => logon,
        _ => Box::default(),
    };
    logon.token(token, (start.ts, start.dir, start.at));
    if !logon.is_begun() {
        return;
    }
    if status != STATUS_MORE_PROCESSING_REQUIRED {
        let outcome = Outcome {
            success: status == 0,
            status: i64::from(status),
        };
        return logon.tell(Some(outcome), cx);
    }
    if let Some(given_up) = talk.logons.insert(session, logon) {
        given_up.tell(None, cx);
    }
}
