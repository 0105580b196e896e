//! Walks a data set element by element as its bytes come, in any pieces, and hands on the few values that are wanted. What is not wanted is
//! passed by its length; sequences and private elements by their structure. PS3.5 chapter 7.

use super::cursor::{be16, be32, le16, le32};
use super::uids::Encoding;
use crate::limits;

const ITEM: u32 = 0xFFFE_E000;
const ITEM_END: u32 = 0xFFFE_E00D;
const SEQUENCE_END: u32 = 0xFFFE_E0DD;
const UNDEFINED: u32 = 0xFFFF_FFFF;

/// What to do with an element whose head was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Show its value.
    Keep,
    /// Pass it.
    Pass,
    /// Look at the elements within it.
    Enter,
    /// Nothing more of the data set is wanted.
    Stop,
}

/// One element's head, as the walker found it.
#[derive(Clone, Copy, Debug)]
pub struct Element {
    pub tag: u32,
    /// `None` where the encoding does not tell (implicit VR).
    pub vr: Option<[u8; 2]>,
    pub length: u32,
    /// Sequences and items around it: 0 for the data set itself, 2 within an item of one sequence.
    pub depth: usize,
    /// Tag of the outermost sequence around it, 0 if there is none.
    pub within: u32,
}

impl Element {
    pub fn undefined(&self) -> bool {
        self.length == UNDEFINED
    }
}

/// Who says what is wanted and receives it.
pub trait Visitor {
    fn wish(&mut self, element: &Element) -> Wish;
    fn value(&mut self, element: &Element, value: &[u8]);
    fn malformed(&mut self, reason: &'static str);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Order {
    explicit: bool,
    big: bool,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    /// Where it ends; `None` where a delimiter ends it.
    end: Option<u64>,
    order: Order,
    /// Items hold bytes, not elements (PS3.5 A.4).
    encapsulated: bool,
    tag: u32,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Collects the head of an element.
    Head,
    /// Collects the value of an element, of which `left` bytes are to come.
    Value {
        element: Element,
        left: u64,
    },
    Pass {
        left: u64,
    },
    Stopped,
}

pub struct Walker {
    encoding: Encoding,
    order: Option<Order>,
    state: State,
    held: Vec<u8>,
    frames: Vec<Frame>,
    position: u64,
    elements: usize,
    last_tag: Option<u32>,
}

impl Walker {
    pub fn new(encoding: Encoding) -> Walker {
        Walker {
            encoding,
            order: None,
            state: State::Head,
            held: Vec::new(),
            frames: Vec::new(),
            position: 0,
            elements: 0,
            last_tag: None,
        }
    }

    pub fn stopped(&self) -> bool {
        matches!(self.state, State::Stopped)
    }

    pub fn stop(&mut self) {
        self.state = State::Stopped;
        self.held = Vec::new();
    }

    /// How many of the next bytes need not be shown.
    pub fn ahead(&self) -> u64 {
        match self.state {
            State::Pass { left } => left,
            State::Stopped => u64::MAX,
            State::Head | State::Value { .. } => 0,
        }
    }

    /// Tells that this many of the bytes [`ahead`](Self::ahead) were not shown.
    pub fn passed(&mut self, count: u64) {
        self.position = self.position.saturating_add(count);
        if let State::Pass { left } = self.state {
            let left = left.saturating_sub(count);
            self.state = if left == 0 { self.next_head() } else { State::Pass { left } };
        }
    }

    /// The next bytes of the data set.
    pub fn push(&mut self, mut bytes: &[u8], visitor: &mut impl Visitor) {
        while !bytes.is_empty() {
            let used = match self.state {
                State::Stopped => return,
                State::Pass { left } => {
                    let count = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                    self.passed(count as u64);
                    count
                }
                State::Head => self.head(bytes, visitor),
                State::Value { element, left } => self.value(bytes, element, left, visitor),
            };
            bytes = bytes.get(used..).unwrap_or_default();
        }
    }

    /// Collects and reads one element head: 8 bytes, or 12 where the VR has a 32-bit length (PS3.5 7.1.2).
    fn head(&mut self, bytes: &[u8], visitor: &mut impl Visitor) -> usize {
        let mut used = self.collect(bytes, 8);
        if self.held.len() < 8 {
            return used;
        }
        let Some(order) = self.order(visitor) else {
            self.stop();
            return used;
        };
        let tag = tag(&self.held, order);
        let vr = self
            .held
            .get(4..)
            .and_then(|b| b.first_chunk::<2>())
            .copied()
            .filter(|_| order.explicit && tag >> 16 != 0xFFFE);
        let long = vr.is_some_and(|vr| !short_length(vr));
        if long {
            used = used.saturating_add(self.collect(bytes.get(used..).unwrap_or_default(), 12));
            if self.held.len() < 12 {
                return used;
            }
        }
        let length = match (vr.is_some(), long, order.big) {
            (true, true, false) => le32(&self.held, 8),
            (true, true, true) => be32(&self.held, 8),
            (true, false, false) => le16(&self.held, 6).map(u32::from),
            (true, false, true) => be16(&self.held, 6).map(u32::from),
            (false, _, false) => le32(&self.held, 4),
            (false, _, true) => be32(&self.held, 4),
        };
        self.position = self.position.saturating_add(self.held.len() as u64);
        self.held.clear();
        let within = self.frames.first().map_or(0, |f| f.tag);
        self.element(
            Element {
                tag,
                vr,
                length: length.unwrap_or_default(),
                depth: self.frames.len(),
                within,
            },
            order,
            visitor,
        );
        used
    }

    fn collect(&mut self, bytes: &[u8], until: usize) -> usize {
        let count = until.saturating_sub(self.held.len()).min(bytes.len());
        self.held.extend_from_slice(bytes.get(..count).unwrap_or_default());
        count
    }

    /// Byte order and VR in force; at the first element taken from the bytes themselves, because senders err and captures miss negotiations.
    fn order(&mut self, visitor: &mut impl Visitor) -> Option<Order> {
        if let Some(order) = self.frames.last().map(|f| f.order).or(self.order) {
            return Some(order);
        }
        let seen = sniff(&self.held);
        let agreed = match self.encoding {
            Encoding::ImplicitLittle => {
                seen == Order {
                    explicit: false,
                    big: false,
                }
            }
            Encoding::ExplicitLittle | Encoding::Deflated => {
                seen == Order {
                    explicit: true,
                    big: false,
                }
            }
            Encoding::ExplicitBig => seen == Order { explicit: true, big: true },
            Encoding::Unknown => true,
        };
        let group = tag(&self.held, seen) >> 16;
        // Bytes that nobody announced must at least look like the first element of a data set.
        let likely = group <= 0x0040 && (seen.explicit || !seen.big && le32(&self.held, 4).is_some_and(|n| n <= 0xFFFF));
        if !agreed {
            visitor.malformed("data set is not in the accepted transfer syntax");
        }
        self.order = Some(seen).filter(|_| likely || agreed && self.encoding != Encoding::Unknown);
        self.order
    }

    fn element(&mut self, element: Element, order: Order, visitor: &mut impl Visitor) {
        self.elements = self.elements.saturating_add(1);
        if self.elements > limits::DICOM_ELEMENTS {
            return self.stop();
        }
        let encapsulated = self.frames.last().is_some_and(|f| f.encapsulated);
        match element.tag {
            ITEM if self.frames.is_empty() => self.fail("item outside of a sequence", visitor),
            ITEM if encapsulated => self.pass(&element, visitor),
            ITEM => self.enter(&element, order, false, visitor),
            ITEM_END | SEQUENCE_END => match self.frames.pop() {
                Some(_) => self.state = self.next_head(),
                None => self.fail("delimiter outside of a sequence", visitor),
            },
            _ if element.depth == 0 && self.last_tag.is_some_and(|last| last >= element.tag) => self.fail("data set out of order", visitor),
            _ => self.wished(element, order, visitor),
        }
    }

    fn wished(&mut self, element: Element, order: Order, visitor: &mut impl Visitor) {
        if element.depth == 0 {
            self.last_tag = Some(element.tag);
        }
        match visitor.wish(&element) {
            Wish::Stop => self.stop(),
            // A sequence of undefined length is walked whether wanted or not: its delimiter is the only thing that tells where it ends.
            _ if element.undefined() => {
                let implicit = Order {
                    explicit: false,
                    big: false,
                };
                match element.vr {
                    Some([b'U', b'N']) => self.enter(&element, implicit, false, visitor),
                    None | Some([b'S', b'Q']) => self.enter(&element, order, false, visitor),
                    Some(_) => self.enter(&element, order, true, visitor),
                }
            }
            Wish::Enter => self.enter(&element, order, false, visitor),
            Wish::Pass => self.pass(&element, visitor),
            Wish::Keep if element.length == 0 => {
                visitor.value(&element, &[]);
                self.state = self.next_head();
            }
            Wish::Keep if self.beyond(&element) => self.fail("element longer than its sequence", visitor),
            Wish::Keep => {
                self.state = State::Value {
                    element,
                    left: u64::from(element.length),
                }
            }
        }
    }

    fn value(&mut self, bytes: &[u8], element: Element, left: u64, visitor: &mut impl Visitor) -> usize {
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let shown = bytes.get(..count).unwrap_or_default();
        let room = limits::DICOM_VALUE.saturating_sub(self.held.len()).min(count);
        self.held.extend_from_slice(shown.get(..room).unwrap_or_default());
        self.position = self.position.saturating_add(count as u64);
        let left = left.saturating_sub(count as u64);
        if left == 0 {
            visitor.value(&element, &self.held);
            self.held.clear();
            self.state = self.next_head();
        } else {
            self.state = State::Value { element, left };
        }
        count
    }

    fn pass(&mut self, element: &Element, visitor: &mut impl Visitor) {
        if element.undefined() || self.beyond(element) {
            return self.fail("element longer than its sequence", visitor);
        }
        self.state = if element.length == 0 {
            self.next_head()
        } else {
            State::Pass {
                left: u64::from(element.length),
            }
        };
    }

    fn enter(&mut self, element: &Element, order: Order, encapsulated: bool, visitor: &mut impl Visitor) {
        if self.frames.len() >= limits::DICOM_DEPTH {
            return self.fail("sequences nested too deep", visitor);
        }
        if self.beyond(element) {
            return self.fail("element longer than its sequence", visitor);
        }
        let end = (!element.undefined()).then(|| self.position.saturating_add(u64::from(element.length)));
        self.frames.push(Frame {
            end,
            order,
            encapsulated,
            tag: element.tag,
        });
        self.state = self.next_head();
    }

    fn beyond(&self, element: &Element) -> bool {
        let end = self.position.saturating_add(u64::from(element.length));
        !element.undefined() && self.frames.iter().rev().find_map(|f| f.end).is_some_and(|outer| end > outer)
    }

    /// An element is over: leaves the sequences and items that end with it.
    fn next_head(&mut self) -> State {
        while self.frames.last().is_some_and(|f| f.end.is_some_and(|end| end <= self.position)) {
            self.frames.pop();
        }
        State::Head
    }

    fn fail(&mut self, reason: &'static str, visitor: &mut impl Visitor) {
        visitor.malformed(reason);
        self.stop();
    }
}

fn tag(head: &[u8], order: Order) -> u32 {
    let (group, element) = if order.big {
        (be16(head, 0), be16(head, 2))
    } else {
        (le16(head, 0), le16(head, 2))
    };
    u32::from(group.unwrap_or_default()) << 16 | u32::from(element.unwrap_or_default())
}

/// Groups of the first element are below 0x0100, so the place of the zero tells the byte order; two capitals at the fifth byte are a VR.
fn sniff(head: &[u8]) -> Order {
    let capitals = head.get(4..6).is_some_and(|vr| vr.iter().all(u8::is_ascii_uppercase));
    Order {
        explicit: capitals,
        big: head.first() == Some(&0) && head.get(1) != Some(&0),
    }
}

/// VRs with a 16-bit length. PS3.5 Table 7.1-2; all others, and all to come, have 32 bits.
fn short_length(vr: [u8; 2]) -> bool {
    matches!(
        &vr,
        b"AE"
            | b"AS"
            | b"AT"
            | b"CS"
            | b"DA"
            | b"DS"
            | b"DT"
            | b"FL"
            | b"FD"
            | b"IS"
            | b"LO"
            | b"LT"
            | b"PN"
            | b"SH"
            | b"SL"
            | b"SS"
            | b"ST"
            | b"TM"
            | b"UI"
            | b"UL"
            | b"US"
    )
}
