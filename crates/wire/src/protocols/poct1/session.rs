//! A session: cuts both directions into tags, tags into messages, and joins each message with its acknowledgement.

use std::collections::VecDeque;

use super::elements::{Elements, Told};
use super::probe::is_message;
use crate::context::Context;
use crate::limits;
use crate::protocols::{Dir, Session, Step};
use crate::text::first;
use crate::xml::Xml;

#[derive(Default)]
pub struct Poct1Session {
    sides: [Side; 2],
}

/// One direction.
#[derive(Default)]
struct Side {
    open: Option<Box<Open>>,
    /// Messages whose acknowledgement is awaited, oldest first.
    outstanding: VecDeque<Box<Told>>,
    /// A document type stood before the message that comes.
    document_type: bool,
    /// How many bytes of the tag that is awaited were already searched for its end, and when its first byte was seen.
    searched: usize,
    since: Option<i64>,
}

/// A message whose end is awaited.
struct Open {
    scan: Xml<Elements>,
    told: Told,
    /// The name of its root element.
    root: [u8; ROOT],
}

/// Bytes of the name of a root element, see [`is_message`].
const ROOT: usize = 7;

impl Session for Poct1Session {
    fn data(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        let mut used = 0usize;
        while let Some(rest) = bytes.get(used..).filter(|r| !r.is_empty()) {
            let at = cx.offset.saturating_add(used as u64);
            let Some(n) = self.tag(dir, rest, at, cx) else { break };
            used = used.saturating_add(n);
            let side = self.side(dir);
            (side.searched, side.since) = (0, None);
        }
        if used > 0 {
            return Step::Took(used);
        }
        let ts = cx.ts;
        self.side(dir).since.get_or_insert(ts);
        Step::Need(bytes.len().saturating_add(1))
    }

    /// A tag without its end: the root element of a message is known by its name alone.
    fn cut(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) {
        if self.side(dir).open.is_none() {
            let at = cx.offset;
            self.side(dir).since = Some(cx.ts);
            self.begin(dir, bytes, at, cx);
        }
    }

    fn gap(&mut self, dir: Dir, _missing: u64, cx: &mut Context<'_>) {
        self.close(dir, None, true, cx);
        let side = self.side(dir);
        (side.document_type, side.searched, side.since) = (false, 0, None);
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        for dir in [Dir::Orig, Dir::Resp] {
            self.close(dir, None, true, cx);
        }
        for dir in [Dir::Orig, Dir::Resp] {
            while let Some(told) = self.side(dir).outstanding.pop_front() {
                told.emit(dir, cx);
            }
        }
    }
}

impl Poct1Session {
    fn side(&mut self, dir: Dir) -> &mut Side {
        let [orig, resp] = &mut self.sides;
        match dir {
            Dir::Orig => orig,
            Dir::Resp => resp,
        }
    }

    /// Uses what stands up to the next `>`. Says how much that is, or `None` to wait.
    fn tag(&mut self, dir: Dir, rest: &[u8], at: u64, cx: &mut Context<'_>) -> Option<usize> {
        let side = self.side(dir);
        let within = rest.get(..limits::POCT1_TAG).unwrap_or(rest);
        let end = first(within.get(side.searched..).unwrap_or_default(), b'>').map(|n| n.saturating_add(side.searched));
        let Some(end) = end else {
            if rest.len() < limits::POCT1_TAG {
                side.searched = rest.len();
                return None;
            }
            if let Some(open) = &mut side.open {
                open.told.malformed.get_or_insert("long tag");
                open.scan.feed(within, &cx.out.keys);
            }
            return Some(within.len());
        };
        let mut used = end.saturating_add(1);
        // Tags that are too short to begin or end a message are taken together.
        let may_be_root = used > ROOT;
        let short = |from: usize| first(within.get(from..from.saturating_add(ROOT).min(within.len()))?, b'>');
        while let Some(n) = short(used).filter(|_| !may_be_root) {
            used = used.saturating_add(n).saturating_add(1);
        }
        let unit = within.get(..used).unwrap_or_default();
        if may_be_root {
            self.begin(dir, unit, at, cx);
        }
        self.go_on(dir, unit, at, may_be_root, cx);
        Some(used)
    }

    /// Opens a message if `unit`, which begins at offset `at`, holds the root element of one.
    fn begin(&mut self, dir: Dir, unit: &[u8], at: u64, cx: &mut Context<'_>) {
        let Some(start) = unit.iter().position(|b| *b == b'<') else {
            return;
        };
        let tag = unit.get(start.saturating_add(1)..).unwrap_or_default();
        let side = self.side(dir);
        side.document_type |= side.open.is_none() && tag.starts_with(b"!DOCTYPE");
        let Some((root, behind)) = tag.split_first_chunk::<ROOT>().filter(|(name, _)| is_message(*name)) else {
            return;
        };
        let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'>' | b'/');
        if !behind.first().is_none_or(ends) {
            return;
        }
        let root = *root;
        // A message within a message: the end of the first was never sent.
        self.close(dir, Some("no end"), false, cx);
        let side = self.side(dir);
        let forbidden = std::mem::take(&mut side.document_type);
        let mut told = Told {
            at: at.saturating_add(start as u64),
            started: side.since.unwrap_or(cx.ts),
            malformed: forbidden.then_some("document type"),
            ..Told::default()
        };
        told.elements.message_type = std::str::from_utf8(&root).ok().map(str::to_owned);
        side.open = Some(Box::new(Open {
            scan: Xml::new(std::mem::take(&mut told.elements)),
            told,
            root,
        }));
    }

    /// Shows the scanner more of the message that is open, and ends it with its root element, which `unit` may be or not.
    fn go_on(&mut self, dir: Dir, unit: &[u8], at: u64, may_be_root: bool, cx: &mut Context<'_>) {
        let side = self.side(dir);
        let Some(open) = &mut side.open else { return };
        let end = at.saturating_add(unit.len() as u64);
        let before = usize::try_from(open.told.at.saturating_sub(at)).unwrap_or(usize::MAX);
        open.scan.feed(unit.get(before..).unwrap_or_default(), &cx.out.keys);
        open.told.bytes = end.saturating_sub(open.told.at);
        if !may_be_root {
            return;
        }
        let tag = unit.rsplit(|b| *b == b'<').next().unwrap_or_default();
        let ends = tag.strip_prefix(b"/").and_then(|name| name.strip_prefix(&open.root[..]));
        let empty = tag.strip_prefix(&open.root[..]).is_some_and(|rest| rest.ends_with(b"/>"));
        if empty || ends.is_some_and(|rest| rest.trim_ascii() == b">") {
            open.told.ended = cx.ts;
            self.close(dir, None, false, cx);
        }
    }

    /// Ends the open message: it waits for its acknowledgement if one may come, else its row is written.
    fn close(&mut self, dir: Dir, malformed: Option<&'static str>, partial: bool, cx: &mut Context<'_>) {
        let Some(open) = self.side(dir).open.take() else { return };
        let Open { scan, mut told, .. } = *open;
        let nesting = scan.handler.deep.then_some("nesting");
        told.malformed = told.malformed.or(scan.broken).or(nesting).or(malformed);
        told.elements = scan.handler;
        told.partial = partial;
        let whole = !partial && malformed.is_none();
        if whole && told.elements.is_awaited() {
            let outstanding = &mut self.side(dir).outstanding;
            outstanding.push_back(Box::new(told));
            if outstanding.len() > limits::POCT1_OUTSTANDING {
                if let Some(oldest) = outstanding.pop_front() {
                    oldest.emit(dir, cx);
                }
            }
            return;
        }
        let answered = self.answered(dir.other(), &mut told);
        told.emit(dir, cx);
        if let Some(answered) = answered {
            answered.emit(dir.other(), cx);
        }
    }

    /// The message of `dir` that `answer` names.
    fn answered(&mut self, dir: Dir, answer: &mut Told) -> Option<Box<Told>> {
        let outstanding = &mut self.side(dir).outstanding;
        let acked = answer.elements.acked_control_id.as_ref()?;
        let place = outstanding
            .iter()
            .position(|told| told.elements.control_id.as_ref() == Some(acked))?;
        let mut told = outstanding.remove(place)?;
        answer.acked_is_plain = told.elements.is_plain();
        told.latency = Some(answer.started.saturating_sub(told.ended).max(0) as f64 / 1e9);
        Some(told)
    }
}
