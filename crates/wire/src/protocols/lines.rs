//! Protocols that speak in lines of text (Telnet's network virtual terminal, RFC 854), one direction of a connection.

use std::collections::VecDeque;

use crate::limits;
use crate::protocols::Step;
use crate::text;

/// Where a direction stands.
#[derive(Default)]
pub struct Lines {
    /// What comes is the rest of a line of which the beginning was shown or lost.
    within: bool,
}

impl Lines {
    /// The next line without its end, and how many bytes it takes; else what to do with the bytes. Of a line that is longer than
    /// [`limits::LINE`] the beginning stands for all.
    pub fn next<'a>(&mut self, bytes: &'a [u8]) -> Result<(&'a [u8], usize), Step> {
        match text::first(bytes, b'\n') {
            Some(end) => {
                let took = end.saturating_add(1);
                if std::mem::take(&mut self.within) {
                    return Err(Step::Took(took));
                }
                let line = bytes.get(..end).unwrap_or_default();
                Ok((line.strip_suffix(b"\r").unwrap_or(line), took))
            }
            None if self.within => Err(Step::Took(bytes.len())),
            None if bytes.len() >= limits::LINE => {
                self.within = true;
                Ok((bytes, bytes.len()))
            }
            None => Err(Step::Need(bytes.len().saturating_add(1))),
        }
    }

    /// Bytes were lost: the next line begins behind the next end of one.
    pub fn lose(&mut self) {
        self.within = true;
    }
}

/// Text that ends with a line of a dot; of a line that begins with one the first is none of it (RFC 5321 4.1.1.4 and 4.5.2, RFC 1939 section 3).
#[derive(Default)]
pub struct Dotted {
    /// What comes is the rest of a line.
    within: bool,
}

impl Dotted {
    /// Shows what `bytes` hold of the text; what to do with them, and whether the text has ended behind that.
    pub fn read(&mut self, bytes: &[u8], mut show: impl FnMut(&[u8])) -> (Step, bool) {
        let mut used = 0usize;
        while let Some(rest) = bytes.get(used..).filter(|rest| !rest.is_empty()) {
            if !self.within && b".\r\n".starts_with(rest.get(..3).unwrap_or(rest)) {
                return match rest.len() {
                    3.. => (Step::Took(used.saturating_add(3)), true),
                    _ if used > 0 => (Step::Took(used), false),
                    _ => (Step::Need(3), false),
                };
            }
            let end = text::first(rest, b'\n').map(|end| end.saturating_add(1));
            let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            let stuffed = !self.within && line.first() == Some(&b'.');
            show(line.get(usize::from(stuffed)..).unwrap_or_default());
            (self.within, used) = (end.is_none(), used.saturating_add(line.len()));
        }
        (Step::Took(used), false)
    }

    /// Bytes were lost: the next line begins behind the next end of one.
    pub fn lose(&mut self) {
        self.within = true;
    }
}

/// Commands that wait for their replies, which come in the same order; they may be sent in groups (RFC 2920 section 3, RFC 2449 6.8).
pub struct Asked<T>(VecDeque<T>);

impl<T> Default for Asked<T> {
    fn default() -> Self {
        Asked(VecDeque::new())
    }
}

impl<T> Asked<T> {
    pub fn push(&mut self, command: T) {
        if self.0.len() >= limits::LINES_ASKED {
            self.0.pop_front();
        }
        self.0.push_back(command);
    }

    /// What a final reply settles.
    pub fn settled(&mut self) -> Option<T> {
        self.0.pop_front()
    }

    /// That one was not settled after all.
    pub fn back(&mut self, command: T) {
        self.0.push_front(command);
    }

    /// What is settled next.
    pub fn next(&self) -> Option<&T> {
        self.0.front()
    }

    /// What was asked last.
    pub fn last(&mut self) -> Option<&mut T> {
        self.0.back_mut()
    }

    /// Bytes that waiting commands take.
    pub fn held(&self) -> usize {
        self.0.capacity().saturating_mul(size_of::<T>())
    }

    /// Bytes were lost: nobody knows which reply is to which.
    pub fn lose(&mut self) {
        self.0.clear();
    }
}

/// A line's first word, and what follows it.
pub fn split(line: &[u8]) -> (&[u8], &[u8]) {
    let end = line.iter().position(|b| *b == b' ').unwrap_or(line.len());
    let (word, rest) = line.split_at_checked(end).unwrap_or((line, &[]));
    (word, rest.trim_ascii())
}

/// The code of a reply in three digits, and whether it is the last line of that reply. RFC 959 section 4.2, RFC 5321 section 4.2.1.
pub fn reply(line: &[u8]) -> Option<(u16, bool)> {
    let (code, rest) = line.split_first_chunk::<3>()?;
    let last = match rest.first() {
        None | Some(b' ') => true,
        Some(b'-') => false,
        Some(_) => return None,
    };
    let digits = code.iter().all(u8::is_ascii_digit) && code.first() != Some(&b'0');
    let value = |sum: u16, digit: &u8| sum.saturating_mul(10).saturating_add(u16::from(digit.saturating_sub(b'0')));
    digits.then(|| (code.iter().fold(0, value), last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_where_they_end_and_long_ones_pass() {
        let mut lines = Lines::default();
        assert_eq!(lines.next(b"USER x\r\nPASS"), Ok((&b"USER x"[..], 8)));
        assert_eq!(lines.next(b"PASS"), Err(Step::Need(5)));
        let long = vec![b'a'; limits::LINE];
        assert_eq!(lines.next(&long), Ok((&long[..], long.len())));
        assert_eq!(lines.next(b"aaa"), Err(Step::Took(3)));
        assert_eq!(lines.next(b"a\nQUIT\n"), Err(Step::Took(2)));
        assert_eq!(lines.next(b"QUIT\n"), Ok((&b"QUIT"[..], 5)));
    }

    #[test]
    fn a_text_ends_with_a_line_of_a_dot_however_it_is_cut() {
        let said = b"a\r\n..b\r\n.c.\r\n.\r\n+OK\r\n";
        for cut in 1..said.len() {
            let (mut dotted, mut text, mut at, mut shown, mut ended) = (Dotted::default(), Vec::new(), 0, cut, false);
            while !ended {
                let (step, ends) = dotted.read(&said[at..(at + shown).min(said.len())], |part| text.extend_from_slice(part));
                match step {
                    Step::Took(took) => (at, shown) = (at + took, cut),
                    _ => shown = 3,
                }
                ended = ends;
            }
            assert_eq!((text.as_slice(), at), (&b"a\r\n.b\r\nc.\r\n"[..], 16), "cut to {cut}");
        }
    }

    #[test]
    fn what_a_reply_is() {
        assert_eq!(reply(b"220 ready"), Some((220, true)));
        assert_eq!(reply(b"220-ready"), Some((220, false)));
        assert_eq!(reply(b"220"), Some((220, true)));
        for none in [&b"22"[..], b" 220 x", b"2200", b"abc d", b"020 x"] {
            assert_eq!(reply(none), None);
        }
    }
}
