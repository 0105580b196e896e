//! A message of mail while it passes, whichever protocol brings it: the files in it.

use super::mime::Parts;
use crate::context::Context;
use crate::exploits::Signs;
use crate::protocols::Dir;

#[derive(Default)]
pub struct Message {
    parts: Option<Box<Parts>>,
    /// Bytes of it were lost: nobody knows what the rest is part of.
    lost: bool,
}

impl Message {
    /// Its next bytes; `source`: what carries it.
    pub fn show(&mut self, source: &'static str, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) {
        self.feed(|cx| Parts::of_message(source, dir, cx.offset), bytes, cx);
    }

    /// The same of one part of it without its head. The first bytes tell how they are wrapped: so many are wanted at once, if there are.
    pub fn show_part(&mut self, source: &'static str, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) {
        self.feed(|cx| Parts::of_part(source, bytes, dir, cx), bytes, cx);
    }

    fn feed(&mut self, begin: impl FnOnce(&mut Context<'_>) -> Parts, bytes: &[u8], cx: &mut Context<'_>) {
        if self.lost {
            return;
        }
        let parts = match &mut self.parts {
            Some(parts) => parts,
            None => self.parts.insert(Box::new(begin(cx))),
        };
        if parts.wants_more() {
            parts.feed(bytes, cx);
        }
    }

    /// Nothing of one has come.
    pub fn is_idle(&self) -> bool {
        self.parts.is_none() && !self.lost
    }

    /// Bytes of it were lost.
    pub fn lose(&mut self, cx: &mut Context<'_>) {
        self.lost = true;
        if let Some(parts) = &mut self.parts {
            parts.lose(cx);
        }
    }

    /// It ended, or nothing more of it comes. Says which exploits its heads hold.
    pub fn ended(&mut self, whole: bool, cx: &mut Context<'_>) -> Signs {
        self.lost = false;
        let Some(parts) = self.parts.take() else { return Signs::default() };
        let signs = parts.signs;
        parts.finish(whole, cx);
        signs
    }

    /// Bytes that it takes beside its files.
    pub fn held(&self) -> usize {
        self.parts.as_ref().map_or(0, |parts| parts.held())
    }
}
