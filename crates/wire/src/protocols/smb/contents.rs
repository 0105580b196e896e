//! What is read and written of files, handed on as it passes between the messages: each file from its beginning, in order.

use crate::context::Context;
use crate::limits;
use crate::protocols::files::file::{About, File as Seen};
use crate::protocols::smb::paths::Name;
use crate::protocols::smb::state::{File, Which};
use crate::protocols::smb::table::Table;
use crate::protocols::{Dir, Step};

/// A file as one side reads or writes it.
type Key = (Which, bool);

/// Content that a message holds.
#[derive(Clone, Copy)]
pub struct Held {
    pub which: Which,
    pub write: bool,
    /// Where in the file it stands.
    pub offset: u64,
    /// Where in the message, and how long it is.
    pub at: usize,
    pub length: usize,
}

/// Content that came before what stands before it in its file.
struct Early {
    key: Key,
    offset: u64,
    bytes: Vec<u8>,
    /// All of it is here.
    whole: bool,
}

/// Content that is about to pass, by its places in the direction.
pub struct Passage {
    key: Key,
    /// Where in the file it stands, if it has to wait there.
    early: Option<u64>,
    /// The next byte of it, its end, and that of its message.
    next: u64,
    to: u64,
    end: u64,
}

pub struct Contents {
    files: Table<Key, Seen>,
    /// Of the message that was read last: what of it is worth seeing, and whether it has to wait.
    pending: Option<(Held, bool)>,
    early: Vec<Early>,
}

impl Default for Contents {
    fn default() -> Self {
        Contents {
            files: Table::new(limits::FILES_SMB),
            pending: None,
            early: Vec::new(),
        }
    }
}

impl Contents {
    /// A message holds this. A file is followed from its first byte on, of which `about` tells the name and the length.
    pub fn holds(&mut self, held: Held, dir: Dir, about: impl FnOnce() -> (Option<Name>, Option<u64>), cx: &mut Context<'_>) {
        let key = (held.which, held.write);
        if held.length == 0 || held.which == Which::Unknown {
            return;
        }
        if held.offset == 0 && self.files.get(&key).is_none() {
            let (name, length) = about();
            let about = About {
                source: "SMB",
                dir,
                at: cx.offset,
                name,
                declared: None,
                length,
                doubtful: false,
            };
            let file = Seen::begin(about, cx);
            if let Some(oldest) = self.files.insert(key, file) {
                oldest.finish(None, false, cx);
            }
        }
        let Some(file) = self.files.get_mut(&key) else { return };
        let again = file.reached().saturating_sub(held.offset);
        match held.offset.checked_sub(file.reached()) {
            Some(0) => {}
            Some(missing) => return self.holds_early(held, missing),
            // What is written over is no longer what passed; what is read again was seen.
            None if held.write => return file.lose(0),
            None => {}
        }
        let again = usize::try_from(again).unwrap_or(usize::MAX);
        let length = held.length.saturating_sub(again);
        match file.wants_more() {
            true if length > 0 => {
                let held = Held {
                    at: held.at.saturating_add(again),
                    length,
                    ..held
                };
                self.pending = Some((held, false));
            }
            true => {}
            false => file.pass(length as u64),
        }
    }

    /// So many bytes before it have not come yet: it waits for them, as far as there is room.
    fn holds_early(&mut self, held: Held, missing: u64) {
        let key = (held.which, held.write);
        let room = limits::SMB_EARLY.saturating_sub(self.waits());
        let many = self.early.len();
        let Some(file) = self.files.get_mut(&key) else { return };
        if !file.wants_more() || held.length > room || many >= limits::SMB_EARLY_PIECES {
            // Then what waits for it already waits in vain.
            self.early.retain(|early| early.key != key);
            return file.lose(missing);
        }
        self.early.push(Early {
            key,
            offset: held.offset,
            bytes: Vec::with_capacity(held.length),
            whole: false,
        });
        self.pending = Some((held, true));
    }

    /// Bytes that wait.
    fn waits(&self) -> usize {
        let of = |early: &Early| early.bytes.capacity().saturating_add(size_of::<Early>());
        self.early.iter().map(of).fold(0, usize::saturating_add)
    }

    /// Bytes that all of it takes.
    pub fn held(&self) -> usize {
        self.waits().saturating_add(self.files.len().saturating_mul(Seen::held()))
    }

    /// Lets go of what waits.
    pub fn let_go(&mut self) {
        for early in std::mem::take(&mut self.early) {
            self.lose(&early.key, 0);
        }
    }

    /// Content has passed: what waited for it follows.
    fn passed(&mut self, key: &Key, offset: Option<u64>, ts: i64) {
        if let Some(early) = self.waiting(key, offset) {
            early.whole = true;
        }
        let Some(file) = self.files.get_mut(key) else { return };
        let next = |early: &Early, reached| early.key == *key && early.whole && early.offset <= reached;
        while let Some(at) = self.early.iter().position(|early| next(early, file.reached())) {
            let early = self.early.swap_remove(at);
            let again = usize::try_from(file.reached().saturating_sub(early.offset)).unwrap_or(usize::MAX);
            match early.bytes.get(again..) {
                Some(_) if again > 0 && key.1 => file.lose(0),
                bytes => file.feed(bytes.unwrap_or_default(), ts),
            }
        }
    }

    fn waiting(&mut self, key: &Key, offset: Option<u64>) -> Option<&mut Early> {
        self.early
            .iter_mut()
            .find(|early| early.key == *key && Some(early.offset) == offset && !early.whole)
    }

    /// What is to be done with a message of `length` bytes that begins at `begins` of its direction, once it was read.
    pub fn passage(&mut self, begins: u64, length: usize) -> Option<(Step, Passage)> {
        let (held, early) = self.pending.take()?;
        let to = held.at.checked_add(held.length).filter(|to| *to <= length)?;
        let at = |within: usize| begins.saturating_add(within as u64);
        let passage = Passage {
            key: (held.which, held.write),
            early: early.then_some(held.offset),
            next: at(held.at),
            to: at(to),
            end: at(length),
        };
        Some((Step::Skip(held.at as u64), passage))
    }

    fn feed(&mut self, key: &Key, early: Option<u64>, bytes: &[u8], ts: i64) {
        if early.is_some() {
            if let Some(early) = self.waiting(key, early) {
                early.bytes.extend_from_slice(bytes);
            }
            return;
        }
        if let Some(file) = self.files.get_mut(key) {
            file.feed(bytes, ts);
        }
    }

    fn lose(&mut self, key: &Key, many: u64) {
        if let Some(file) = self.files.get_mut(key) {
            file.lose(many);
        }
    }

    /// A write was refused.
    pub fn failed(&mut self, which: Which) {
        self.lose(&(which, true), 0);
    }

    /// What was written in one compound with the opening of the file has an identifier now.
    pub fn named(&mut self, key: u64, id: u128) {
        if let Some(file) = self.files.remove(&(Which::Made(key), true)) {
            self.files.insert((Which::Id(id), true), file);
            let of_it = self.early.iter_mut().filter(|early| early.key == (Which::Made(key), true));
            of_it.for_each(|early| early.key.0 = Which::Id(id));
        }
    }

    /// The file is closed, or (not `closed`) will be followed no further. `size`: how long it is by then.
    pub fn end(&mut self, id: u128, file: &File, closed: bool, size: Option<u64>, cx: &mut Context<'_>) {
        let written = self.files.remove(&(Which::Id(id), true));
        let read = self.files.remove(&(Which::Id(id), false));
        let waits = self.early.iter().any(|early| early.key == (Which::Id(id), true));
        self.early.retain(|early| early.key.0 != Which::Id(id));
        if let Some(seen) = read {
            let total = file.size.filter(|_| written.is_none());
            let whole = closed && total.is_some();
            seen.finish(total, whole, cx);
        }
        if let Some(seen) = written {
            let reached = Some(seen.reached()).filter(|reached| file.fresh || file.size.is_some_and(|size| size <= *reached));
            let total = size.or(file.ended).or(reached);
            let whole = closed && !waits && total.is_some();
            seen.finish(total, whole, cx);
        }
    }

    /// Nothing more comes.
    pub fn end_all(&mut self, cx: &mut Context<'_>) {
        while let Some(file) = self.files.pop_oldest() {
            file.finish(None, false, cx);
        }
    }

    /// A message was given up.
    pub fn forget(&mut self) {
        if let Some((held, true)) = self.pending.take() {
            self.early.retain(|early| early.key != (held.which, held.write) || early.whole);
        }
    }
}

impl Passage {
    /// What to do with bytes of it; whether it is over.
    pub fn step(&mut self, bytes: &[u8], contents: &mut Contents, cx: &Context<'_>) -> (Step, bool) {
        let left = self.to.saturating_sub(self.next);
        if left == 0 {
            return (Step::Skip(self.end.saturating_sub(cx.offset)), true);
        }
        let part = usize::try_from(left).ok().and_then(|left| bytes.get(..left)).unwrap_or(bytes);
        contents.feed(&self.key, self.early, part, cx.ts);
        self.next = self.next.saturating_add(part.len() as u64);
        if self.next == self.to {
            contents.passed(&self.key, self.early, cx.ts);
        }
        (Step::Took(part.len()), self.next == self.end)
    }

    /// Bytes were lost, and the next stands at `offset`: whether that is still of this message, and whether the message is over.
    pub fn survives(&mut self, offset: u64, contents: &mut Contents) -> (bool, bool) {
        let next = offset.clamp(self.next, self.to);
        contents.lose(&self.key, next.saturating_sub(self.next));
        let early = self.early;
        contents
            .early
            .retain(|waits| waits.key != self.key || Some(waits.offset) != early || waits.whole);
        self.next = next;
        (offset <= self.end, offset >= self.end)
    }
}
