//! Requests and transfers of one connection: a server that answers from its own port has both on one.

use super::message::{self, Message, Options, BLOCK};
use super::Tftp;
use crate::context::Context;
use crate::limits;
use crate::protocols::smb::paths::Name;
use crate::protocols::{Conversation, Dir};

#[derive(Default)]
pub struct Exchange {
    transfer: Option<Transfer>,
    /// Under which names are hashed to know them again: never the same twice, so that nothing of them is left.
    hasher: ahash::RandomState,
    rows: usize,
    partial: bool,
    malformed: bool,
}

impl Conversation for Exchange {
    fn datagram(&mut self, dir: Dir, payload: &[u8], cx: &mut Context<'_>) {
        match message::read(payload) {
            Some(message) => self.message(dir, &message, cx),
            None => self.malformed = true,
        }
        if self.transfer.is_none() && self.rows == 0 {
            self.transfer = Some(Transfer::begun(dir, cx));
        }
    }

    /// Of a block only its number and its length would count, which nobody knows then.
    fn cut(&mut self, dir: Dir, _payload: &[u8], cx: &mut Context<'_>) {
        self.partial = true;
        self.transfer.get_or_insert_with(|| Transfer::begun(dir, cx)).last = cx.ts;
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        if let Some(transfer) = self.transfer.take() {
            transfer.tell(self.partial, self.malformed, cx);
        }
    }
}

impl Exchange {
    fn message(&mut self, dir: Dir, message: &Message<'_>, cx: &mut Context<'_>) {
        if let Message::Request {
            write,
            name,
            mode,
            options,
        } = *message
        {
            // The same again is a client that was not heard.
            let same = self.hasher.hash_one((write, name));
            let again = |transfer: &Transfer| transfer.asked.as_ref().is_some_and(|asked| asked.same == same) && transfer.is_waiting();
            if self.transfer.as_ref().is_some_and(again) {
                return;
            }
            self.end(cx);
            if self.rows < limits::TFTP_ROWS {
                self.rows = self.rows.saturating_add(1);
                let name = Name::file(&String::from_utf8_lossy(name), cx);
                let asked = Asked { write, name, mode, same };
                self.transfer = Some(Transfer {
                    asked: Some(asked),
                    options,
                    ..Transfer::begun(dir, cx)
                });
            }
            return;
        }
        if self.rows < limits::TFTP_ROWS || self.transfer.is_some() {
            self.transfer
                .get_or_insert_with(|| Transfer::begun(dir, cx))
                .add(dir, message, cx.ts);
        }
    }
}

struct Asked {
    write: bool,
    name: Name,
    mode: &'static str,
    /// Of direction and name.
    same: u64,
}

struct Transfer {
    began: (i64, u64),
    dir: Dir,
    last: i64,
    asked: Option<Asked>,
    options: Options,
    agreed: bool,
    /// Who sends the blocks.
    sender: Option<Dir>,
    block: u16,
    blocks: i64,
    bytes: i64,
    again: i64,
    /// Some blocks were not captured.
    lost: bool,
    short: bool,
    completed: bool,
    error: Option<u16>,
}

impl Transfer {
    fn begun(dir: Dir, cx: &Context<'_>) -> Transfer {
        Transfer {
            began: (cx.ts, cx.offset),
            dir,
            last: cx.ts,
            asked: None,
            options: Options::default(),
            agreed: false,
            sender: None,
            block: 0,
            blocks: 0,
            bytes: 0,
            again: 0,
            lost: false,
            short: false,
            completed: false,
            error: None,
        }
    }

    /// Nothing came of it yet.
    fn is_waiting(&self) -> bool {
        self.blocks == 0 && self.error.is_none()
    }

    fn add(&mut self, dir: Dir, message: &Message<'_>, ts: i64) {
        self.last = self.last.max(ts);
        match *message {
            Message::Data { block, len } => self.data(dir, block, len),
            Message::Acknowledged(block) => {
                // Who acknowledges the request wants to be sent the file.
                self.sender = self.sender.or(Some(dir.other()));
                self.completed |= self.short && block == self.block;
            }
            Message::Agreed(options) => {
                self.options = options;
                self.agreed = true;
            }
            Message::Error(code) => self.error = self.error.or(Some(code)),
            Message::Request { .. } => {}
        }
    }

    fn data(&mut self, dir: Dir, block: u16, len: usize) {
        self.sender = Some(dir);
        // Numbers begin again behind the last there is; what is nearer behind than ahead was sent before.
        let ahead = block.wrapping_sub(self.block);
        if ahead == 0 || ahead > u16::MAX / 2 || self.short {
            self.again = self.again.saturating_add(1);
            return;
        }
        self.lost |= ahead > 1;
        self.block = block;
        self.blocks = self.blocks.saturating_add(1);
        self.bytes = self.bytes.saturating_add(i64::try_from(len).unwrap_or(i64::MAX));
        let whole = self
            .options
            .blksize
            .filter(|_| self.agreed)
            .map_or(BLOCK, |size| usize::try_from(size).unwrap_or(BLOCK));
        self.short = len < whole;
    }

    /// On a connection of its own the server began, and who asked answers.
    fn operation(&self) -> Option<&'static str> {
        let write = match &self.asked {
            Some(asked) => asked.write,
            None => self.sender? != self.dir,
        };
        Some(if write { "write" } else { "read" })
    }

    fn tell(self, partial: bool, malformed: bool, cx: &mut Context<'_>) {
        let (ts, at) = self.began;
        let operation = self.operation();
        let moved = self.sender.is_some();
        let (name, mode) = match self.asked {
            Some(asked) => (Some(asked.name), Some(asked.mode)),
            None => (None, None),
        };
        let is_request = mode.is_some();
        let name = name.unwrap_or_default();
        let row = Tftp {
            kind: Some(if is_request { "request" } else { "transfer" }),
            operation,
            mode,
            name: name.name.as_deref(),
            path: name.folder.as_deref(),
            extension: name.extension.as_deref(),
            depth: name.depth,
            marks: name.marks.iter().map(|mark| (*mark).into()).collect(),
            blksize: self.options.blksize.map(i64::from),
            tsize: self.options.tsize.and_then(|size| i64::try_from(size).ok()),
            duration: Some(self.last.saturating_sub(ts) as f64 / 1e9),
            blocks: moved.then_some(self.blocks),
            bytes: moved.then_some(self.bytes),
            retransmitted: moved.then_some(self.again),
            completed: (moved || !is_request).then_some(self.completed),
            error_code: self.error.map(i64::from),
            error: self.error.and_then(message::error),
            partial: Some(partial || self.lost),
            malformed: malformed.then_some("message"),
            ..Tftp::default()
        };
        cx.emit(ts, self.dir, at, &row);
    }
}
