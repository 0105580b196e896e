//! What a server says, as far as it asks for something or answers a login: the end of its last line.

use crate::limits;

/// What a server waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    User,
    Password,
    /// A command: somebody is logged in.
    Command,
}

const USER: &[&[u8]] = &[
    b"login:",
    b"login as:",
    b"username:",
    b"user name:",
    b"user:",
    b"user id:",
    b"userid:",
    b"account:",
    b"benutzername:",
];
const PASSWORD: &[&[u8]] = &[b"password:", b"passwd:", b"passcode:", b"passwort:", b"kennwort:", b"pin:"];
const REFUSALS: &[&[u8]] = &[
    b"incorrect",
    b"failed",
    b"invalid",
    b"denied",
    b"bad password",
    b"wrong",
    b"failure",
    b"falsch",
];

/// The last line, of a long one its end.
#[derive(Default)]
pub struct Line {
    bytes: Vec<u8>,
    refused: bool,
}

impl Line {
    pub fn push(&mut self, byte: u8) {
        match byte {
            b'\r' | b'\n' => self.bytes.clear(),
            0 => {}
            byte => {
                if self.bytes.len() >= limits::TELNET_LINE {
                    self.bytes.remove(0);
                }
                self.bytes.push(byte.to_ascii_lowercase());
                self.refused |= REFUSALS.iter().any(|word| self.bytes.ends_with(word));
            }
        }
    }

    /// Whether something was refused since this was asked last.
    pub fn refused(&mut self) -> bool {
        std::mem::take(&mut self.refused)
    }

    pub fn prompt(&self) -> Option<Prompt> {
        let line = self.bytes.trim_ascii_end();
        let ends = |words: &[&[u8]]| words.iter().any(|word| line.ends_with(word));
        match line.last()? {
            b':' if ends(PASSWORD) => Some(Prompt::Password),
            b':' if ends(USER) => Some(Prompt::User),
            b'$' | b'#' | b'>' | b'%' => Some(Prompt::Command),
            _ => None,
        }
    }
}

/// What is typed in answer to a prompt.
#[derive(Default)]
pub struct Typed(Vec<u8>);

impl Typed {
    /// Whether the line is complete with this byte.
    pub fn push(&mut self, byte: u8) -> bool {
        match byte {
            b'\r' | b'\n' => return true,
            8 | 127 => {
                self.0.pop();
            }
            0 => {}
            byte if self.0.len() < limits::TELNET_LINE => self.0.push(byte),
            _ => {}
        }
        false
    }

    pub fn line(&self) -> &[u8] {
        &self.0
    }

    /// Nothing of it stays in memory.
    pub fn forget(&mut self) {
        self.0.iter_mut().for_each(|byte| *byte = 0);
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_are_the_end_of_a_line() {
        let prompt = |said: &[u8]| {
            let mut line = Line::default();
            said.iter().for_each(|byte| line.push(*byte));
            line.prompt()
        };
        assert_eq!(prompt(b"\r\nzzrouter login: "), Some(Prompt::User));
        assert_eq!(prompt(b"Password:"), Some(Prompt::Password));
        assert_eq!(prompt(b"Last login: today\r\n~ # "), Some(Prompt::Command));
        assert_eq!((prompt(b"Welcome\r\n"), prompt(b""), prompt(b"Time: ")), (None, None, None));
    }
}
