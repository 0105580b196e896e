//! What both sides agree on, and text without what they say of it. RFC 854, RFC 855.

use std::borrow::Cow;

use crate::protocols::Dir;

const IAC: u8 = 255;
const SE: u8 = 240;
const SB: u8 = 250;
const WILL: u8 = 251;
const DO: u8 = 253;

/// Where a direction stands.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    Command,
    /// WILL, WONT, DO or DONT, whose option follows.
    Option(u8),
    Within,
    WithinCommand,
}

/// One direction, byte by byte.
#[derive(Default)]
pub struct Reader(State);

/// What a byte was.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    Text(u8),
    Option(u8, u8),
    Nothing,
}

impl Reader {
    pub fn read(&mut self, byte: u8) -> Said {
        let (next, said) = match (self.0, byte) {
            (State::Text, IAC) => (State::Command, Said::Nothing),
            (State::Text, byte) => (State::Text, Said::Text(byte)),
            (State::Command, SB) => (State::Within, Said::Nothing),
            (State::Command, command @ WILL..=254) => (State::Option(command), Said::Nothing),
            (State::Command, _) => (State::Text, Said::Nothing),
            (State::Option(command), option) => (State::Text, Said::Option(command, option)),
            (State::Within, IAC) => (State::WithinCommand, Said::Nothing),
            (State::Within, _) => (State::Within, Said::Nothing),
            (State::WithinCommand, SE) => (State::Text, Said::Nothing),
            (State::WithinCommand, _) => (State::Within, Said::Nothing),
        };
        self.0 = next;
        said
    }
}

/// Options by their number: who said that it will, and who asked the other to.
#[derive(Default)]
pub struct Agreed {
    will: [u128; 2],
    asked: [u128; 2],
}

impl Agreed {
    pub fn add(&mut self, dir: Dir, command: u8, option: u8) {
        let side = match command {
            WILL => self.will.get_mut(dir as usize),
            DO => self.asked.get_mut(dir as usize),
            _ => None,
        };
        if let (Some(bits), Some(bit)) = (side, 1u128.checked_shl(u32::from(option))) {
            *bits |= bit;
        }
    }

    /// Those that one side will and the other asked for.
    pub fn names(&self) -> Vec<Cow<'static, str>> {
        let ([mine, yours], [asked, wanted]) = (self.will, self.asked);
        let agreed = (mine & wanted) | (yours & asked);
        let is_agreed = |option: &u8| agreed.checked_shr(u32::from(*option)).is_some_and(|rest| rest & 1 == 1);
        (0..128u8).filter(is_agreed).map(name).collect()
    }
}

/// IANA Telnet Options.
fn name(option: u8) -> Cow<'static, str> {
    Cow::Borrowed(match option {
        0 => "binary",
        1 => "echo",
        3 => "suppress-go-ahead",
        5 => "status",
        6 => "timing-mark",
        24 => "terminal-type",
        25 => "end-of-record",
        31 => "window-size",
        32 => "terminal-speed",
        33 => "remote-flow-control",
        34 => "linemode",
        35 => "x-display-location",
        36 => "environment",
        37 => "authentication",
        38 => "encryption",
        39 => "new-environment",
        40 => "tn3270e",
        42 => "charset",
        44 => "com-port",
        46 => "start-tls",
        other => return Cow::Owned(other.to_string()),
    })
}
