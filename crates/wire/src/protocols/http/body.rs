//! A body, whichever version of HTTP frames it: counted, and shown to a scanner while it passes if it matters.

use super::content::Content;
use crate::context::Context;

#[derive(Debug)]
pub struct Body {
    /// Bytes of content: as announced, or as seen where nothing is announced.
    pub length: u64,
    /// Its head says how long it is.
    pub announced: bool,
    /// Bytes of it were lost, or it was not framed as announced.
    pub cut: bool,
    pub scan: Option<Box<Content>>,
}

impl Body {
    pub fn new(length: u64, scan: Option<Box<Content>>) -> Body {
        Body {
            length,
            announced: false,
            cut: false,
            scan,
        }
    }

    /// Whether somebody reads it.
    pub fn scanning(&self) -> bool {
        self.scan.as_ref().is_some_and(|scan| scan.wants_more())
    }

    pub fn show(&mut self, bytes: &[u8], cx: &mut Context<'_>) {
        if let Some(scan) = self.scan.as_mut().filter(|scan| scan.wants_more()) {
            scan.feed(bytes, cx);
        }
    }

    /// Nobody asks any more what it says, but what it carries is told of.
    pub fn leave(self, cx: &mut Context<'_>) {
        let length = (self.announced || !self.cut).then_some(self.length);
        if let Some(scan) = self.scan {
            scan.leave(self.cut, length, cx);
        }
    }

    /// Bytes of it were lost.
    pub fn lost(&mut self) {
        self.cut = true;
        if let Some(scan) = &mut self.scan {
            scan.stop();
        }
    }

    pub fn held(&self) -> usize {
        self.scan.as_ref().map_or(0, |scan| scan.held())
    }
}
