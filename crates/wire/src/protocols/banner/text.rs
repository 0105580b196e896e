//! Protocols that greet in lines of text.

use crate::protocols::{Dir, Probe};

/// Longest line of these protocols: RFC 5321 4.5.3.1.5 (SMTP: 512 bytes), RFC 4253 4.2 (SSH: 255).
const LINE: usize = 512;

/// Identification string. RFC 4253 4.2 and 5.1.
pub fn ssh(_dir: Dir, bytes: &[u8]) -> Probe {
    start(bytes, &[b"SSH-2.0-", b"SSH-1.99-", b"SSH-1.5-"])
}

/// RFC 959, RFC 2228 (AUTH), RFC 2389 (FEAT), RFC 2428 (EPSV).
pub fn ftp(dir: Dir, bytes: &[u8]) -> Probe {
    const VERBS: &[&[u8]] = &[
        b"FEAT\r\n",
        b"SYST\r\n",
        b"PASV\r\n",
        b"EPSV\r\n",
        b"AUTH TLS\r\n",
        b"AUTH SSL\r\n",
        b"TYPE I\r\n",
        b"TYPE A\r\n",
        b"OPTS UTF8 ",
    ];
    const REPLIES: &[&[u8]] = &[b"331 ", b"227 Entering Passive Mode (", b"229 Entering Extended Passive Mode ("];
    if dir == Dir::Orig {
        return either(start(bytes, VERBS), user(bytes));
    }
    either(start(bytes, REPLIES), greeting(bytes, b"220", &[b"ftp"]))
}

/// RFC 5321.
pub fn smtp(dir: Dir, bytes: &[u8]) -> Probe {
    if dir == Dir::Orig {
        return start(bytes, &[b"EHLO ", b"HELO ", b"MAIL FROM:", b"RCPT TO:"]);
    }
    either(start(bytes, &[b"354 "]), greeting(bytes, b"220", &[b"smtp"]))
}

/// RFC 1939, RFC 2449 (CAPA), RFC 2595 (STLS).
pub fn pop3(dir: Dir, bytes: &[u8]) -> Probe {
    if dir == Dir::Orig {
        return start(bytes, &[b"CAPA\r\n", b"APOP ", b"STLS\r\n", b"STAT\r\n", b"UIDL\r\n"]);
    }
    greeting(bytes, b"+OK", &[b"pop", b"ready", b"@"])
}

/// A tag and one of the first commands, or the greeting. RFC 9051.
pub fn imap(dir: Dir, bytes: &[u8]) -> Probe {
    if dir == Dir::Resp {
        return greeting(bytes, b"* OK", &[b"imap"]);
    }
    let tag = bytes.iter().take(16).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    match bytes.get(tag..) {
        Some([b' ', command @ ..]) if tag > 0 => {
            start(command, &[b"CAPABILITY\r\n", b"LOGIN ", b"AUTHENTICATE ", b"STARTTLS\r\n", b"ID ("])
        }
        Some([]) if tag < 16 => Probe::Unsure,
        _ => Probe::Never,
    }
}

/// `USER` with exactly one argument: IRC's has four.
fn user(bytes: &[u8]) -> Probe {
    let found = start(bytes, &[b"USER "]);
    if found != Probe::Certain {
        return found;
    }
    let argument = bytes.get(5..).unwrap_or_default();
    match argument.iter().take(LINE).position(|&byte| byte == b'\n') {
        None if argument.len() < LINE => Probe::Unsure,
        Some(end)
            if end > 1
                && argument
                    .get(..end)
                    .is_some_and(|line| line.ends_with(b"\r") && !line.contains(&b' ')) =>
        {
            Probe::Certain
        }
        _ => Probe::Never,
    }
}

/// A first line that begins with `code` and has one of `words` in it; without, some other protocol of the kind may speak.
fn greeting(bytes: &[u8], code: &[u8], words: &[&[u8]]) -> Probe {
    let found = start(bytes, &[code]);
    if found != Probe::Certain {
        return found;
    }
    let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    match () {
        () if !line.get(code.len()).is_none_or(|byte| matches!(byte, b' ' | b'-')) => Probe::Never,
        () if line.len() > LINE => Probe::Never,
        () => {
            let holds = |word: &&[u8]| line.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
            if words.iter().any(holds) {
                Probe::Certain
            } else {
                Probe::Unsure
            }
        }
    }
}

/// Whether `bytes` begin with one of `wanted`, in either case.
pub fn start(bytes: &[u8], wanted: &[&[u8]]) -> Probe {
    let mut found = Probe::Never;
    for word in wanted {
        let common = word.len().min(bytes.len());
        if bytes
            .get(..common)
            .zip(word.get(..common))
            .is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
        {
            if common == word.len() {
                return Probe::Certain;
            }
            found = Probe::Unsure;
        }
    }
    found
}

fn either(a: Probe, b: Probe) -> Probe {
    match (a, b) {
        (Probe::Certain, _) | (_, Probe::Certain) => Probe::Certain,
        (Probe::Unsure, _) | (_, Probe::Unsure) => Probe::Unsure,
        _ => Probe::Never,
    }
}
