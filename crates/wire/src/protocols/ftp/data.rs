//! A data connection: what one side sends is a file, from its first byte to its close (RFC 959 section 3.4, stream mode). The control connection
//! names it, as a rule before it comes, sometimes a moment later.

use crate::context::Context;
use crate::protocols::files::file::{About, File};
use crate::protocols::smb::paths::Name;
use crate::protocols::{Dir, Session, Step};

#[derive(Default)]
pub struct Data {
    file: Option<(Dir, File)>,
    told: bool,
    closed: [bool; 2],
}

impl Session for Data {
    fn data(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        if self.file.is_none() {
            let about = About {
                source: "FTP_DATA",
                dir,
                at: cx.offset,
                name: None,
                declared: None,
                length: None,
                doubtful: false,
            };
            let mut file = File::begin(about, cx);
            // Its first bytes were lost.
            if cx.offset > 0 {
                file.lose(cx.offset);
            }
            self.file = Some((dir, file));
            self.hear(cx);
        }
        match &mut self.file {
            Some((sender, file)) if *sender == dir => {
                file.feed(bytes, cx.ts);
                Step::Took(bytes.len())
            }
            Some((_, file)) => {
                file.lose(0);
                Step::Done
            }
            None => Step::Done,
        }
    }

    fn closed(&mut self, dir: Dir, _cx: &mut Context<'_>) {
        if let Some(closed) = self.closed.get_mut(dir as usize) {
            *closed = true;
        }
    }

    fn gap(&mut self, dir: Dir, missing: u64, _cx: &mut Context<'_>) {
        if let Some((_, file)) = self.file.as_mut().filter(|(sender, _)| *sender == dir) {
            file.lose(missing);
        }
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        self.hear(cx);
        if let Some((sender, file)) = self.file.take() {
            let whole = self.closed.get(sender as usize) == Some(&true);
            file.finish(None, whole, cx);
        }
    }
}

impl Data {
    /// Hears what the control connection has said of it, if it has.
    fn hear(&mut self, cx: &mut Context<'_>) {
        let Some((_, file)) = self.file.as_mut().filter(|_| !self.told) else {
            return;
        };
        let ends = cx.identity.ends;
        let call = (ends.resp, ends.resp_port, ends.orig);
        let Some(transfer) = cx.out.transfers.take(call, cx.ts) else {
            return;
        };
        self.told = true;
        if let Some(path) = &transfer.path {
            file.is_called(Name::file(&String::from_utf8_lossy(path), cx));
        }
        if transfer.part {
            file.lose(0);
        }
    }
}
