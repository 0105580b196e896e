//! Messages of SMB 2 and 3. MS-SMB2 2.2; offsets count from the start of the 64-byte header.

use std::sync::Arc;

use crate::charset::utf16;
use crate::context::Context;
use crate::protocols::smb::contents::Held;
use crate::protocols::smb::entropy::Sample;
use crate::protocols::smb::logon;
use crate::protocols::smb::paths::{self, Name};
use crate::protocols::smb::state::{
    done, Ask, Change, Deed, Opened, Opening, Request, Session, Start, Target, Tree, Which, STATUS_PENDING,
};
use crate::protocols::smb::talk::{Connected, Talk};
use crate::protocols::smb::view::{Fault, View};
use crate::protocols::Dir;

/// MS-SMB2 2.2.1: length of the header.
pub const HEADER: usize = 64;

/// MS-SMB2 2.2.1.2 Command.
const NEGOTIATE: u16 = 0x00;
const SESSION_SETUP: u16 = 0x01;
const TREE_CONNECT: u16 = 0x03;
const CREATE: u16 = 0x05;
const CLOSE: u16 = 0x06;
const READ: u16 = 0x08;
const WRITE: u16 = 0x09;
const IOCTL: u16 = 0x0B;
const SET_INFO: u16 = 0x11;

/// MS-SMB2 2.2.1.2 Flags.
const FLAGS_SERVER_TO_REDIR: u32 = 0x1;
const FLAGS_RELATED_OPERATIONS: u32 = 0x4;
const FLAGS_DFS_OPERATIONS: u32 = 0x1000_0000;

/// MS-FSCC 2.3.50: what is written to a pipe and read from it in one.
const FSCTL_PIPE_TRANSCEIVE: u32 = 0x0011_C017;

/// MS-SMB2 2.2.13 CreateOptions.
pub const FILE_DIRECTORY_FILE: u32 = 0x1;
pub const FILE_DELETE_ON_CLOSE: u32 = 0x1000;

/// MS-FSCC 2.4: classes of file information that are told apart.
pub const FILE_RENAME_INFORMATION: u8 = 10;
pub const FILE_DISPOSITION_INFORMATION: u8 = 13;
pub const FILE_END_OF_FILE_INFORMATION: u8 = 20;
const FILE_DISPOSITION_INFORMATION_EX: u8 = 64;
const FILE_RENAME_INFORMATION_EX: u8 = 65;

/// MS-SMB2 2.2.13 CreateDisposition: whether it asks for a new or emptied file (SUPERSEDE, CREATE, OVERWRITE, OVERWRITE_IF).
pub fn creates(disposition: u32) -> bool {
    matches!(disposition, 0 | 2 | 4 | 5)
}

/// What a compound hands on from one of its requests to the next (MS-SMB2 3.3.5.2.7.2).
#[derive(Clone, Copy, Default)]
pub struct Compound {
    session: u64,
    tree: u32,
    file: Option<Which>,
}

#[derive(Clone, Copy)]
struct Header {
    status: u32,
    command: u16,
    flags: u32,
    /// Others follow in the same frame.
    compound: bool,
    message: u64,
    tree: u32,
    session: u64,
}

impl Header {
    fn read(m: &View<'_>) -> Result<Header, Fault> {
        m.take(0, HEADER)?;
        if m.u16(4)? != 64 {
            return Err(Fault::Malformed("SMB2 header without its structure size"));
        }
        Ok(Header {
            status: m.u32(8)?,
            command: m.u16(12)?,
            flags: m.u32(16)?,
            compound: m.u32(20)? != 0,
            message: m.u64(24)?,
            tree: m.u32(36)?,
            session: m.u64(40)?,
        })
    }
}

/// Length of the message that begins a rest of `left` bytes of a frame: NextCommand, or all of it. MS-SMB2 2.2.1.2.
pub fn length(m: &View<'_>, left: usize) -> Result<usize, Fault> {
    match m.u32(20)? as usize {
        0 => Ok(left),
        next if next < HEADER || next % 8 != 0 || next > left => Err(Fault::Malformed("NextCommand out of the frame")),
        next => Ok(next),
    }
}

/// One message. Nothing is remembered before all of it that matters has been read.
pub fn message(talk: &mut Talk, m: &View<'_>, start: Start, compound: &mut Compound, cx: &mut Context<'_>) -> Result<(), Fault> {
    let mut header = Header::read(m)?;
    if header.flags & FLAGS_SERVER_TO_REDIR != 0 {
        return response(talk, m, header, start, cx);
    }
    if header.flags & FLAGS_RELATED_OPERATIONS != 0 {
        (header.session, header.tree) = (compound.session, compound.tree);
    } else {
        *compound = Compound {
            session: header.session,
            tree: header.tree,
            file: None,
        };
    }
    request(talk, m, header, start, compound, cx)
}

fn request(
    talk: &mut Talk,
    m: &View<'_>,
    header: Header,
    start: Start,
    compound: &mut Compound,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let tree = talk.tree(header.session, header.tree);
    let ask = match header.command {
        TREE_CONNECT => Ask::Connect(m.known(text(m, 68))?.and_then(|path| paths::share(&path, cx))),
        CREATE => {
            let path = m.known(text(m, 108))?.map(|path| within_share(path, header.flags));
            let name = path.map(|path| Name::within(tree.as_deref(), &path, cx));
            let options = m.known(m.u32(104))?.unwrap_or_default();
            let related = header.compound || header.flags & FLAGS_RELATED_OPERATIONS != 0;
            compound.file = related.then_some(Which::Made(header.message));
            Ask::Open(Box::new(Opening {
                name: name.unwrap_or_default(),
                creates: m.known(m.u32(100))?.is_some_and(creates),
                directory: options & FILE_DIRECTORY_FILE != 0,
                delete_on_close: options & FILE_DELETE_ON_CLOSE != 0,
                compound: related.then_some(header.message),
            }))
        }
        SESSION_SETUP => match logon::asked(talk, m, header.session, start)? {
            Some(ask) => ask,
            None => return Ok(()),
        },
        CLOSE => Ask::Close(file(m, 72, compound)?),
        READ => Ask::Read(file(m, 80, compound)?, m.known(m.u64(72))?.unwrap_or_default()),
        WRITE => {
            let which = file(m, 80, compound)?;
            let sample = written(talk, m, which, tree.as_ref(), start.dir, cx)?;
            if let Some(pipe) = talk.pipe(which, tree.as_deref()) {
                if let Some(data) = m.known(extent(m, 66, 68))? {
                    talk.hear(pipe, m, data, start, cx)?;
                }
            }
            Ask::Write(which, sample)
        }
        IOCTL => {
            if let Some(FSCTL_PIPE_TRANSCEIVE) = m.known(m.u32(68))? {
                let which = file(m, 72, compound)?;
                if let (Some(pipe), Some(data)) = (talk.resolve(which), m.known(extent4(m, 88))?) {
                    talk.hear(pipe, m, data, start, cx)?;
                }
            }
            return Ok(());
        }
        SET_INFO => Ask::Change(Box::new(Change {
            target: Target::File(file(m, 80, compound)?),
            deed: set_info(m, cx)?,
        })),
        _ => return Ok(()),
    };
    talk.ask(header.message, Request { start, tree, ask }, cx);
    Ok(())
}

/// A FileId in a request: all ones mean the file of the request before, in a compound (MS-SMB2 3.3.5.2.7.2).
fn file(m: &View<'_>, at: usize, compound: &mut Compound) -> Result<Which, Fault> {
    let Some(id) = m.known(m.u128(at))? else {
        return Ok(Which::Unknown);
    };
    let which = compound.file.filter(|_| id == u128::MAX).unwrap_or(Which::Id(id));
    compound.file = Some(which);
    Ok(which)
}

/// The first bytes of the file, if a WRITE holds them. MS-SMB2 2.2.21.
fn written(
    talk: &mut Talk,
    m: &View<'_>,
    which: Which,
    tree: Option<&Arc<Tree>>,
    dir: Dir,
    cx: &mut Context<'_>,
) -> Result<Option<Box<Sample>>, Fault> {
    if which == Which::Unknown {
        return Ok(None);
    }
    let (at, length, offset) = (usize::from(m.u16(66)?), m.u32(68)? as usize, m.u64(72)?);
    if length > 0 && (at < 112 || at.saturating_add(length) > m.len()) {
        return Err(Fault::Malformed("written data beyond the message"));
    }
    let data = m.some(at, talk.wants(which, tree.map(AsRef::as_ref), offset).min(length))?;
    let held = Held {
        which,
        write: true,
        offset,
        at,
        length,
    };
    talk.holds(held, tree.map(AsRef::as_ref), dir, cx);
    Ok(talk.sampled(which, tree, data, cx))
}

/// Where data stand and how many they are: an offset of 16 bits at one place, a length of 32 at another. MS-SMB2 2.2.21.
fn extent(m: &View<'_>, at: usize, length: usize) -> Result<(usize, usize), Fault> {
    Ok((usize::from(m.u16(at)?), m.u32(length)? as usize))
}

/// The same of an offset and a length of 32 bits each. MS-SMB2 2.2.31 and 2.2.32.
fn extent4(m: &View<'_>, at: usize) -> Result<(usize, usize), Fault> {
    Ok((m.u32(at)? as usize, m.u32(at.saturating_add(4))? as usize))
}

/// The same of what was read. MS-SMB2 2.2.20.
fn read(m: &View<'_>) -> Result<(usize, usize), Fault> {
    Ok((usize::from(m.u8(66)?), m.u32(68)? as usize))
}

/// The Unicode text whose offset and length (16 bits each) stand at `at`.
fn text(m: &View<'_>, at: usize) -> Result<String, Fault> {
    let (offset, length) = (usize::from(m.u16(at)?), usize::from(m.u16(at.saturating_add(2))?));
    if length == 0 {
        return Ok(String::new());
    }
    Ok(utf16(m.take(offset, length)?))
}

/// A path within its share: in DFS the server and share stand before it (MS-SMB2 3.3.5.9).
fn within_share(path: String, flags: u32) -> String {
    if flags & FLAGS_DFS_OPERATIONS == 0 {
        return path;
    }
    path.trim_start_matches('\\').splitn(3, '\\').nth(2).unwrap_or_default().to_owned()
}

/// MS-SMB2 2.2.39. InfoType 1 is information on a file.
fn set_info(m: &View<'_>, cx: &Context<'_>) -> Result<Deed, Fault> {
    let (class, length, at) = match (m.known(m.u8(66))?, m.known(m.u16(72))?) {
        (Some(1), Some(at)) => (m.u8(67)?, m.u32(68)? as usize, usize::from(at)),
        _ => return Ok(Deed::SetInfo { class: None, size: None }),
    };
    if at.saturating_add(length) > m.len() {
        return Err(Fault::Malformed("information beyond the message"));
    }
    match class {
        FILE_RENAME_INFORMATION | FILE_RENAME_INFORMATION_EX => Ok(Deed::Rename(m.known(new_name(m, at, length, cx))?.unwrap_or_default())),
        FILE_DISPOSITION_INFORMATION | FILE_DISPOSITION_INFORMATION_EX if m.known(m.u8(at))?.is_some_and(|flags| flags & 1 != 0) => {
            Ok(Deed::Delete { directory: None })
        }
        FILE_END_OF_FILE_INFORMATION => Ok(Deed::SetInfo {
            class: Some(class),
            size: m.known(m.u64(at))?,
        }),
        _ => Ok(Deed::SetInfo {
            class: Some(class),
            size: None,
        }),
    }
}

/// MS-FSCC 2.4.42.2: ReplaceIfExists or Flags, RootDirectory, FileNameLength, FileName.
fn new_name(m: &View<'_>, at: usize, length: usize, cx: &Context<'_>) -> Result<Name, Fault> {
    let bytes = m.u32(at.saturating_add(16))? as usize;
    if bytes > length {
        return Err(Fault::Malformed("new name beyond the information"));
    }
    // A path is at most 32,767 characters (MS-FSCC 2.1.5): what is longer is cut, so that little need stand together.
    Ok(Name::file(&utf16(m.take(at.saturating_add(20), bytes.min(65_534))?), cx))
}

fn response(talk: &mut Talk, m: &View<'_>, header: Header, start: Start, cx: &mut Context<'_>) -> Result<(), Fault> {
    let Header {
        status,
        command,
        message,
        session,
        ..
    } = header;
    if status == STATUS_PENDING {
        return Ok(());
    }
    match command {
        NEGOTIATE if done(status) => {
            let (dialect, security) = (m.known(m.u16(68))?.map(dialect), m.known(m.u16(66))?);
            talk.agreed(start, dialect, security.map(|mode| mode & 2 != 0));
        }
        SESSION_SETUP => {
            logon::answered(talk, m, message, (session, status), start, cx)?;
            if let Some(flags) = m.known(m.u16(66))?.filter(|_| status == 0) {
                let (guest, anonymous) = (flags & 1 != 0, flags & 2 != 0);
                talk.sessions.insert(session, Session { guest, anonymous });
            }
        }
        TREE_CONNECT => {
            let mut told = Connected {
                tree_id: header.tree,
                ..Connected::default()
            };
            if done(status) {
                told.kind = match m.known(m.u8(66))? {
                    Some(1) => Some("DISK"),
                    Some(2) => Some("PIPE"),
                    Some(3) => Some("PRINT"),
                    _ => None,
                };
                told.encrypted = m.known(m.u32(68))?.map(|flags| flags & 0x8000 != 0);
            }
            let request = talk.asked(message, start);
            talk.connected(start, request, session, status, &told, cx);
        }
        CREATE => {
            let got = if done(status) && m.known(m.u16(64))? == Some(89) {
                m.known(opened(m))?
            } else {
                None
            };
            let tree = talk.tree(session, header.tree);
            talk.opened(start, message, tree, status, got, cx);
        }
        CLOSE => {
            let size = if done(status) && m.known(m.u16(66))?.is_some_and(|flags| flags & 1 != 0) {
                m.known(m.u64(112))?
            } else {
                None
            };
            if let Some(request) = talk.asked(message, start) {
                talk.closed(request, status, size, cx);
            }
        }
        READ | WRITE => {
            if let Some(pipe) = talk.read_from(message).filter(|_| done(status)) {
                if let Some(data) = m.known(read(m))? {
                    talk.hear(pipe, m, data, start, cx)?;
                }
            }
            let bytes = if done(status) { m.known(m.u32(68))?.unwrap_or_default() } else { 0 };
            if command == READ && bytes > 0 {
                let at = m.known(m.u8(66))?.map(usize::from).filter(|at| *at >= 80);
                at.into_iter()
                    .for_each(|at| talk.reads(message, (at, bytes as usize), start.dir, cx));
            }
            talk.transferred(start, message, command == WRITE, (status, u64::from(bytes)), cx);
        }
        IOCTL if done(status) && m.known(m.u32(68))? == Some(FSCTL_PIPE_TRANSCEIVE) => {
            if let (Some(pipe), Some(data)) = (m.known(m.u128(72))?, m.known(extent4(m, 96))?) {
                talk.hear(pipe, m, data, start, cx)?;
            }
        }
        SET_INFO => {
            if let Some(request) = talk.asked(message, start) {
                talk.changed(request, status, cx);
            }
        }
        _ => {}
    }
    Ok(())
}

/// MS-SMB2 2.2.14.
fn opened(m: &View<'_>) -> Result<Opened, Fault> {
    Ok(Opened {
        id: m.u128(128)?,
        action: m.u32(68)?,
        size: m.u64(112)?,
        directory: m.u32(120)? & 0x10 != 0,
    })
}

/// MS-SMB2 2.2.4 DialectRevision, as people name it.
fn dialect(revision: u16) -> &'static str {
    match revision {
        0x0202 => "2.02",
        0x0210 => "2.1",
        0x02FF => "2.???",
        0x0300 => "3.0",
        0x0302 => "3.0.2",
        0x0311 => "3.1.1",
        _ => "other",
    }
}
