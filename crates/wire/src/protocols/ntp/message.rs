//! One message, taken apart. RFC 5905 7.3, RFC 9327 2, RFC 7822 3.

use crate::bytes::{be16, be32};
use crate::protocols::Probe;

/// Seconds from 1900 to 1970, and of one era. RFC 5905 section 6.
const TO_1970: i64 = 2_208_988_800;
const ERA: i64 = 1 << 32;
/// RFC 8915 5.6: the field that holds the authenticator.
const NTS_AUTHENTICATOR: u16 = 0x0404;
/// Longest digest with its key's number, and shortest field behind which none stands. RFC 7822 section 3.
const LONGEST_DIGEST: usize = 24;

pub const CONTROL: u8 = 6;
pub const PRIVATE: u8 = 7;

/// What kind of message it is: rows are summed by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    pub version: u8,
    pub mode: u8,
    /// Of control and private messages: what is asked for, and whether this is an answer.
    pub request: Option<(u8, bool)>,
}

#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    pub key: Key,
    bytes: &'a [u8],
}

/// So little proof needs the port too.
pub fn probe(port: u16, payload: &[u8]) -> Probe {
    let good = read(payload).is_some_and(|message| message.stratum().is_none_or(|stratum| stratum <= 16));
    let aligned = payload.len() & 3 == 0 || read(payload).is_some_and(|message| message.key.mode >= CONTROL);
    if port == 123 && good && aligned {
        Probe::Certain
    } else {
        Probe::Never
    }
}

/// The message that a datagram is; `None` if it has no whole head.
pub fn read(payload: &[u8]) -> Option<Message<'_>> {
    let first = *payload.first()?;
    let (version, mode) = (first >> 3 & 7, first & 7);
    let (shortest, request) = match mode {
        1..=5 => (48, None),
        CONTROL => (12, payload.get(1).map(|byte| (byte & 0x1f, byte & 0x80 != 0))),
        PRIVATE => (8, payload.get(3).map(|code| (*code, first & 0x80 != 0))),
        _ => return None,
    };
    let known = if mode == PRIVATE {
        version == 2
    } else {
        (1..=4).contains(&version)
    };
    (known && payload.len() >= shortest).then_some(Message {
        key: Key { version, mode, request },
        bytes: payload,
    })
}

/// Names of what is asked for. RFC 9327 2; `ntp_request.h`.
pub fn request_name(mode: u8, code: u8) -> Option<&'static str> {
    Some(match (mode, code) {
        (CONTROL, 1) => "read_status",
        (CONTROL, 2) => "read_variables",
        (CONTROL, 3) => "write_variables",
        (CONTROL, 4) => "read_clock",
        (CONTROL, 5) => "write_clock",
        (CONTROL, 6) => "set_trap",
        (CONTROL, 8) => "configure",
        (CONTROL, 9) => "save_configuration",
        (CONTROL, 10) => "read_mru",
        (CONTROL, 11) => "read_ordered_list",
        (CONTROL, 12) => "request_nonce",
        (CONTROL, 31) => "unset_trap",
        (PRIVATE, 0 | 1) => "peer_list",
        (PRIVATE, 4) => "system_info",
        (PRIVATE, 10 | 11) => "configure",
        (PRIVATE, 16) => "get_restrict",
        (PRIVATE, 17..=19) => "change_restrict",
        (PRIVATE, 20 | 42) => "monlist",
        _ => return None,
    })
}

/// Clocks and codes of RFC 5905 (figures 12 and 13), of IANA's registry and of ntpd's reference clocks.
const REFERENCES: &[&str] = &[
    "ACST", "ACTS", "AUTH", "AUTO", "BCST", "CHU", "CRYP", "DCF", "DCFa", "DCFp", "DENY", "DROP", "FREE", "GAL", "GLON", "GNSS", "GOES",
    "GPS", "GPSD", "HBG", "INIT", "IRIG", "JJY", "LCL", "LOCL", "LORC", "MBGh", "MCST", "MRS", "MSF", "NIST", "NKEY", "NMEA", "NTSN",
    "OMEG", "PHC", "PHC0", "PPS", "PPS0", "PTB", "PTP", "RATE", "RMOT", "RSTR", "SHM", "SOCK", "STEP", "TDF", "USNO", "WWV", "WWVB",
    "WWVH", "XFAC",
];

impl<'a> Message<'a> {
    fn is_time(&self) -> bool {
        self.key.mode < CONTROL
    }

    /// A field of the head that messages of time have.
    fn field<T>(&self, read: impl FnOnce(&'a [u8]) -> Option<T>) -> Option<T> {
        self.is_time().then(|| read(self.bytes)).flatten()
    }

    pub fn stratum(&self) -> Option<u8> {
        self.field(|bytes| bytes.get(1).copied())
    }

    pub fn leap(&self) -> Option<u8> {
        self.field(|bytes| bytes.first().map(|first| first >> 6))
    }

    /// Two to the power of what stands there.
    fn power(&self, at: usize) -> Option<f64> {
        self.field(|bytes| bytes.get(at).map(|byte| 2f64.powi(i32::from(byte.cast_signed()))))
    }

    pub fn poll(&self) -> Option<f64> {
        self.power(2)
    }

    pub fn precision(&self) -> Option<f64> {
        self.power(3)
    }

    pub fn root_delay(&self) -> Option<f64> {
        self.field(|bytes| be32(bytes, 4).map(|bits| f64::from(bits) / 65_536.0))
    }

    pub fn root_dispersion(&self) -> Option<f64> {
        self.field(|bytes| be32(bytes, 8).map(|bits| f64::from(bits) / 65_536.0))
    }

    /// What the sender takes its time from.
    pub fn reference(&self) -> Option<String> {
        let bytes = self.field(|bytes| bytes.get(12..16)).filter(|bytes| **bytes != [0; 4])?;
        let &[a, b, c, d] = bytes else { return None };
        if self.stratum()? >= 2 {
            return Some(format!("{a}.{b}.{c}.{d}"));
        }
        let text = bytes.split(|byte| *byte == 0 || *byte == b' ').next()?;
        let known = REFERENCES.iter().find(|known| known.as_bytes() == text);
        Some((*known.unwrap_or(&"*")).to_owned())
    }

    /// A time, microseconds since 1970; seconds without their highest bit are of the era that begins in 2036.
    fn time(&self, at: usize) -> Option<i64> {
        let seconds = self.field(|bytes| be32(bytes, at))?;
        let fraction = self.field(|bytes| be32(bytes, at.checked_add(4)?))?;
        let era = if seconds >> 31 == 0 { ERA } else { 0 };
        let since = i64::from(seconds).checked_add(era)?.checked_sub(TO_1970)?;
        let micros = since
            .checked_mul(1_000_000)?
            .checked_add(i64::from(fraction).checked_mul(1_000_000)? >> 32)?;
        (seconds | fraction != 0).then_some(micros)
    }

    pub fn times(&self) -> [Option<i64>; 4] {
        [16, 24, 32, 40].map(|at| self.time(at))
    }

    /// Extension fields behind the head, whether one of them is the authenticator of NTS, and whether a digest stands at the end.
    pub fn extensions(&self) -> Option<(usize, bool, bool)> {
        let mut rest = self.field(|bytes| bytes.get(48..))?;
        let (mut count, mut nts) = (0_usize, false);
        while let (Some(kind), Some(length)) = (be16(rest, 0), be16(rest, 2)) {
            let length = usize::from(length);
            // What is no longer than a digest is one, unless NTS has been: then there is none.
            let digest = rest.len() <= LONGEST_DIGEST && matches!(rest.len(), 4 | 20 | 24) && length != rest.len();
            match rest.get(length..) {
                Some(after) if !digest && length >= 16 && length & 3 == 0 => {
                    count = count.saturating_add(1);
                    nts |= kind == NTS_AUTHENTICATOR;
                    rest = after;
                }
                _ => break,
            }
        }
        Some((count, nts, matches!(rest.len(), 20 | 24)))
    }

    pub fn is_kiss(&self) -> bool {
        matches!(self.key.mode, 4 | 2) && self.stratum() == Some(0)
    }

    /// What a server says of itself in an answer to who reads its variables: the value of a name, up to a quote.
    pub fn variable(&self, name: &[u8]) -> Option<&'a [u8]> {
        let data = self.bytes.get(12..).filter(|_| {
            self.key
                == Key {
                    request: Some((2, true)),
                    ..self.key
                }
                && self.key.mode == CONTROL
        })?;
        let at = data.windows(name.len()).position(|part| part == name)?;
        let value = data.get(at.checked_add(name.len())?..)?;
        value.split(|byte| *byte == b'"').next()
    }
}
