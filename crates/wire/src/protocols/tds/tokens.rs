//! What the server says of a login. MS-TDS 2.2.7.

use crate::limits;

const RETURN_STATUS: u8 = 0x79;
const ERROR: u8 = 0xaa;
const INFO: u8 = 0xab;
const ACKNOWLEDGED: u8 = 0xad;
const FEATURES: u8 = 0xae;
const CHANGE: u8 = 0xe3;
const STATE: u8 = 0xe4;
const SSPI: u8 = 0xed;
const FEDERATED: u8 = 0xee;
const DONE: u8 = 0xfd;

/// What came of it: nothing yet where it goes on.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    pub acknowledged: bool,
    /// Number of the first error.
    pub error: Option<i64>,
}

/// `None` if it holds something else than tokens.
pub fn read(mut message: &[u8]) -> Option<Verdict> {
    let mut verdict = Verdict::default();
    for _ in 0..limits::TDS_TOKENS {
        let Some((&kind, rest)) = message.split_first() else { break };
        let (body, after) = match kind {
            ERROR | INFO | ACKNOWLEDGED | CHANGE | SSPI => counted(rest)?,
            STATE | FEDERATED => long_counted(rest)?,
            RETURN_STATUS => rest.split_at_checked(4)?,
            FEATURES => (&[][..], features(rest)?),
            DONE => break,
            _ => return None,
        };
        match kind {
            ACKNOWLEDGED => {
                verdict.acknowledged = true;
                break;
            }
            ERROR => {
                let number = i64::from(i32::from_le_bytes(*body.first_chunk()?));
                verdict.error.get_or_insert(number);
            }
            _ => {}
        }
        message = after;
    }
    Some(verdict)
}

fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))
}

fn long_counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
}

/// What follows a list of features. MS-TDS 2.2.7.11.
fn features(mut bytes: &[u8]) -> Option<&[u8]> {
    for _ in 0..limits::TDS_OPTIONS {
        let (&kind, rest) = bytes.split_first()?;
        if kind == 0xff {
            return Some(rest);
        }
        (_, bytes) = long_counted(rest)?;
    }
    None
}
