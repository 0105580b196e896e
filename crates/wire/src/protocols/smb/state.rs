//! What is remembered of a connection: who asked what, which shares are connected, which files are open.

use std::sync::Arc;

use crate::protocols::ntlm::Logon;
use crate::protocols::smb::entropy::Sample;
use crate::protocols::smb::paths::Name;
use crate::protocols::Dir;

/// NTSTATUS values that decide something (MS-ERREF 2.3.1).
pub const STATUS_PENDING: u32 = 0x0000_0103;
pub const STATUS_END_OF_FILE: u32 = 0xC000_0011;

/// Whether a status means that the operation was done: success, information, warning, but not severity ERROR (MS-ERREF 2.3).
pub fn done(status: u32) -> bool {
    status >> 30 != 3
}

/// Where a message began: its direction, its offset there, and when (nanoseconds).
#[derive(Clone, Copy, Debug)]
pub struct Start {
    pub dir: Dir,
    pub at: u64,
    pub ts: i64,
    /// The capture does not hold all of it.
    pub cut: bool,
}

/// A share that is connected.
#[derive(Debug, Default)]
pub struct Tree {
    pub share: Option<String>,
    pub kind: Option<&'static str>,
}

impl Tree {
    pub fn is_pipe(&self) -> bool {
        self.kind == Some("PIPE") || self.share.as_deref() == Some("IPC$")
    }
}

/// A request that waits for its answer.
pub struct Request {
    pub start: Start,
    pub tree: Option<Arc<Tree>>,
    pub ask: Ask,
}

/// What was asked.
pub enum Ask {
    /// SMB1 NEGOTIATE: the dialects offered, in order.
    Negotiate(Vec<&'static str>),
    /// TREE_CONNECT: the share as it may be kept.
    Connect(Option<String>),
    Open(Box<Opening>),
    /// And where in the file.
    Read(Which, u64),
    Write(Which, Option<Box<Sample>>),
    /// SMB1 TRANSACTION: written to a pipe and read from it in one. MS-CIFS 2.2.5.6 TRANS_TRANSACT_NMPIPE.
    Transact(Which),
    Close(Which),
    Change(Box<Change>),
    /// SESSION_SETUP, as far as it carries NTLM.
    Logon(Box<Logon>),
}

/// Which file a request means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Which {
    /// The one with this identifier: MS-SMB2 2.2.14.1 FileId, MS-CIFS FID.
    Id(u128),
    /// The one that the request with this key opens, in the same compound or chain.
    Made(u64),
    /// Its identifier was cut off.
    Unknown,
}

/// A request to open or create a file.
#[derive(Default)]
pub struct Opening {
    pub name: Name,
    pub creates: bool,
    pub directory: bool,
    pub delete_on_close: bool,
    /// The key of the request, if others of the same compound may mean this file before its identifier is known.
    pub compound: Option<u64>,
}

/// What the server said of a file that it opened. MS-SMB2 2.2.14; MS-CIFS 2.2.4.64.2.
#[derive(Clone, Copy, Default)]
pub struct Opened {
    pub id: u128,
    /// 0 superseded, 1 existing opened, 2 created, 3 overwritten.
    pub action: u32,
    pub size: u64,
    pub directory: bool,
}

/// A request that changes a file other than by writing into it.
pub struct Change {
    pub target: Target,
    pub deed: Deed,
}

pub enum Target {
    File(Which),
    Path(Name),
}

pub enum Deed {
    Rename(Name),
    Delete { directory: Option<bool> },
    Create { directory: bool },
    SetInfo { class: Option<u8>, size: Option<u64> },
}

/// An open file.
#[derive(Default)]
pub struct File {
    pub name: Name,
    pub tree: Option<Arc<Tree>>,
    pub directory: Option<bool>,
    pub delete_on_close: bool,
    /// When it was opened, for what happens to it without a request of its own.
    pub opened: Option<Start>,
    pub reads: Tally,
    pub writes: Tally,
    pub sample: Sample,
    /// Bytes of it when it was opened, and as was set later.
    pub size: Option<u64>,
    pub ended: Option<u64>,
    /// It was empty when it was opened.
    pub fresh: bool,
    /// Losses of the connection when it was opened.
    pub losses: u64,
}

/// The reads or the writes of one open file.
#[derive(Default)]
pub struct Tally {
    pub first: Option<Start>,
    pub operations: u64,
    pub bytes: u64,
    pub failure: u32,
    /// Whether any was answered, and whether all were seen whole with their answers.
    pub answered: bool,
    pub partial: bool,
}

impl Tally {
    /// A read or write; `answer` is its status and how many bytes it was, if that was seen.
    pub fn add(&mut self, start: Start, answer: Option<(u32, u64)>) {
        self.first.get_or_insert(start);
        self.operations = self.operations.saturating_add(1);
        self.partial |= start.cut || answer.is_none();
        let Some((status, bytes)) = answer else { return };
        self.answered = true;
        if done(status) {
            self.bytes = self.bytes.saturating_add(bytes);
        } else if self.failure == 0 && status != STATUS_END_OF_FILE {
            self.failure = status;
        }
    }
}

/// Messages whose content is hidden, and their bytes: from the originator, from the responder.
#[derive(Clone, Copy)]
pub struct Shape {
    pub action: &'static str,
    pub start: Start,
    pub orig: (u64, u64),
    pub resp: (u64, u64),
}

impl Shape {
    pub fn new(action: &'static str, start: Start) -> Shape {
        Shape {
            action,
            start,
            orig: (0, 0),
            resp: (0, 0),
        }
    }

    pub fn add(&mut self, dir: Dir, bytes: usize) {
        let side = if dir == Dir::Orig { &mut self.orig } else { &mut self.resp };
        *side = (side.0.saturating_add(1), side.1.saturating_add(bytes as u64));
    }
}

/// What kind of user a session belongs to.
#[derive(Clone, Copy, Default)]
pub struct Session {
    pub guest: bool,
    pub anonymous: bool,
}
