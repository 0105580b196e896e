//! Where a secure channel of Netlogon begins: eight bytes that a client chooses or computes. All zero they are what CVE-2020-1472 (ZeroLogon) tries
//! until the server's own happen to fit. MS-NRPC 3.5.4.4.1 to 3.5.4.4.5; arguments in NDR (C706 14.3).

use super::pdu::Fields;

/// What a call to Netlogon bears, by its number and arguments.
pub fn mark(opnum: u16, arguments: &[u8]) -> Option<&'static str> {
    let mut rest = Arguments { bytes: arguments, at: 0 };
    let (mark, chosen) = match opnum {
        4 => ("null-client-challenge", rest.challenge()?),
        5 | 15 | 26 => ("null-client-credential", rest.credential()?),
        _ => return None,
    };
    (chosen == [0; 8]).then_some(mark)
}

struct Arguments<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Arguments<'_> {
    /// NetrServerReqChallenge: name of the server, or none; name of the client; its challenge.
    fn challenge(&mut self) -> Option<[u8; 8]> {
        self.optional()?;
        self.text()?;
        self.eight()
    }

    /// NetrServerAuthenticate: name of the server, or none; of the account; kind of channel; name of the client; its credential.
    fn credential(&mut self) -> Option<[u8; 8]> {
        self.optional()?;
        self.text()?;
        self.at = self.at.checked_next_multiple_of(2)?.checked_add(2)?;
        self.text()?;
        self.eight()
    }

    fn optional(&mut self) -> Option<()> {
        match self.number()? {
            0 => Some(()),
            _ => self.text(),
        }
    }

    /// Room, offset and length in characters of 16 bits, and so many of them.
    fn text(&mut self) -> Option<()> {
        let (_, _, length) = (self.number()?, self.number()?, self.number()?);
        self.at = self.at.checked_add(usize::try_from(length).ok()?.checked_mul(2)?)?;
        Some(())
    }

    fn number(&mut self) -> Option<u32> {
        let at = self.at.checked_next_multiple_of(4)?;
        self.at = at.checked_add(4)?;
        self.fields().u32(at)
    }

    fn eight(&self) -> Option<[u8; 8]> {
        self.fields().array(self.at)
    }

    fn fields(&self) -> Fields<'_> {
        Fields {
            bytes: self.bytes,
            little: true,
        }
    }
}
