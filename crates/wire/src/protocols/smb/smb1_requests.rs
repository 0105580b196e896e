//! What clients ask in SMB1. MS-CIFS 2.2.4, MS-SMB 2.2.4.

use std::sync::Arc;

use crate::charset::utf16;
use crate::context::Context;
use crate::limits;
use crate::protocols::smb::contents::Held;
use crate::protocols::smb::entropy::Sample;
use crate::protocols::smb::logon;
use crate::protocols::smb::paths::{self, Name};
use crate::protocols::smb::smb1::command::*;
use crate::protocols::smb::smb1::{Block, Header};
use crate::protocols::smb::smb2::{
    creates, FILE_DELETE_ON_CLOSE, FILE_DIRECTORY_FILE, FILE_DISPOSITION_INFORMATION, FILE_END_OF_FILE_INFORMATION, FILE_RENAME_INFORMATION,
};
use crate::protocols::smb::state::{Ask, Change, Deed, Opening, Request, Start, Target, Tree, Which};
use crate::protocols::smb::talk::Talk;
use crate::protocols::smb::view::{Fault, View};
use crate::protocols::Dir;

/// MS-CIFS 2.2.6: subcommands of TRANSACTION2 that change a file.
const TRANS2_SET_PATH_INFORMATION: u16 = 0x06;
const TRANS2_SET_FILE_INFORMATION: u16 = 0x08;

/// MS-CIFS 2.2.5: the subcommand of TRANSACTION that writes to a pipe and reads from it.
const TRANS_TRANSACT_NMPIPE: u16 = 0x0026;

/// MS-CIFS 2.2.2.3.4 and MS-SMB 2.2.2.3.5: information levels; those of MS-FSCC pass through 1,000 higher.
const SMB_SET_FILE_DISPOSITION_INFO: u16 = 0x0102;
const SMB_SET_FILE_END_OF_FILE_INFO: u16 = 0x0104;
const SMB_INFO_PASSTHROUGH: u16 = 1000;

/// A request, remembered until its answer. `opened` is the key of the request before it in its chain that opens the file it means.
pub fn request(
    talk: &mut Talk,
    command: u8,
    header: &Header,
    block: &Block<'_>,
    start: Start,
    opened: Option<u64>,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let tree = talk.tree(header.uid, header.tid);
    let within = tree.clone();
    let which = |at| match opened {
        Some(key) => Ok(Which::Made(key)),
        None => Ok::<_, Fault>(block.known(block.u16(at))?.map_or(Which::Unknown, |id| Which::Id(u128::from(id)))),
    };
    let name = |path: String, cx: &Context<'_>| name(&path, header, within.as_deref(), cx);
    let chained = || Ok::<_, Fault>(block.known(block.u8(0))?.filter(|next| *next != NONE).map(|_| header.key(command)));
    let ask = match command {
        NEGOTIATE => match block.known(dialects(block))? {
            Some(dialects) => Ask::Negotiate(dialects),
            None => return Ok(()),
        },
        TREE_CONNECT_ANDX => Ask::Connect(block.known(connected(block, header))?.and_then(|path| paths::share(&path, cx))),
        NT_CREATE_ANDX => {
            let path = block.known(block.text(block.data, header.unicode))?;
            let options = block.known(block.u32(39))?.unwrap_or_default();
            Ask::Open(Box::new(Opening {
                name: path.map(|(path, _)| name(path, cx)).unwrap_or_default(),
                creates: block.known(block.u32(35))?.is_some_and(creates),
                directory: options & FILE_DIRECTORY_FILE != 0,
                delete_on_close: options & FILE_DELETE_ON_CLOSE != 0,
                compound: chained()?,
            }))
        }
        OPEN_ANDX => {
            let path = block.known(block.text(block.data, header.unicode))?;
            // OpenMode: 0x10 creates what is not there, 2 truncates what is (MS-CIFS 2.2.4.41.1).
            let mode = block.known(block.u16(16))?;
            Ask::Open(Box::new(Opening {
                name: path.map(|(path, _)| name(path, cx)).unwrap_or_default(),
                creates: mode.is_some_and(|mode| mode & 3 != 1),
                compound: chained()?,
                ..Opening::default()
            }))
        }
        SESSION_SETUP_ANDX => match logon::asked1(talk, block, header, start)? {
            Some(ask) => ask,
            None => return Ok(()),
        },
        READ_ANDX => {
            let which = which(4)?;
            Ask::Read(which, block.known(read_from(block))?.unwrap_or_default())
        }
        WRITE_ANDX => {
            let which = which(4)?;
            let sample = block.known(written(talk, block, which, tree.as_ref(), start.dir, cx))?.flatten();
            if let Some(pipe) = talk.pipe(which, tree.as_deref()) {
                if let Some(data) = block.known(write(block))? {
                    talk.hear(pipe, block.message(), data, start, cx)?;
                }
            }
            Ask::Write(which, sample)
        }
        CLOSE => Ask::Close(which(0)?),
        DELETE | DELETE_DIRECTORY | CREATE_DIRECTORY => {
            let path = block.known(formatted(block, block.data, header))?;
            let directory = command != DELETE;
            let deed = if command == CREATE_DIRECTORY {
                Deed::Create { directory }
            } else {
                Deed::Delete {
                    directory: Some(directory),
                }
            };
            change(Target::Path(path.map(|(path, _)| name(path, cx)).unwrap_or_default()), deed)
        }
        RENAME | NT_RENAME => {
            let (old, new) = match block.known(formatted(block, block.data, header))? {
                Some((old, next)) => (Some(old), block.known(formatted(block, next, header))?),
                None => (None, None),
            };
            let (old, new) = (old.map(|path| name(path, cx)), new.map(|(path, _)| name(path, cx)));
            change(Target::Path(old.unwrap_or_default()), Deed::Rename(new.unwrap_or_default()))
        }
        TRANSACTION => match block.known(transaction(block))?.flatten() {
            Some((which, data)) => {
                if let Some(pipe) = talk.resolve(which) {
                    talk.hear(pipe, block.message(), data, start, cx)?;
                }
                Ask::Transact(which)
            }
            None => return Ok(()),
        },
        TRANSACTION2 => match block.known(transaction2(block, header, tree.as_deref(), cx))?.flatten() {
            Some((target, deed)) => change(target, deed),
            None => return Ok(()),
        },
        _ => return Ok(()),
    };
    talk.ask(header.key(command), Request { start, tree, ask }, cx);
    Ok(())
}

fn change(target: Target, deed: Deed) -> Ask {
    Ask::Change(Box::new(Change { target, deed }))
}

/// In DFS the server and share stand before the path (MS-SMB 3.3.5.1).
fn name(path: &str, header: &Header, tree: Option<&Tree>, cx: &Context<'_>) -> Name {
    let within = if header.dfs {
        path.trim_start_matches('\\').splitn(3, '\\').nth(2).unwrap_or_default()
    } else {
        path
    };
    Name::within(tree, within, cx)
}

/// Text after its buffer format 0x04. MS-CIFS 2.2.4.7.1.
fn formatted(block: &Block<'_>, at: usize, header: &Header) -> Result<(String, usize), Fault> {
    if block.message().u8(at)? != 4 {
        return Err(Fault::Malformed("name without its buffer format"));
    }
    block.text(at.saturating_add(1), header.unicode)
}

/// The dialects offered, each after a 0x02. MS-CIFS 2.2.4.52.1.
fn dialects(block: &Block<'_>) -> Result<Vec<&'static str>, Fault> {
    let bytes = block.message().take(block.data, block.end.saturating_sub(block.data))?;
    let known = |name: &[u8]| {
        DIALECTS
            .iter()
            .find(|d| Some(d.as_bytes()) == name.get(1..))
            .copied()
            .unwrap_or("other")
    };
    Ok(bytes
        .split(|b| *b == 0)
        .filter(|name| name.first() == Some(&2))
        .take(limits::SMB_DIALECTS)
        .map(known)
        .collect())
}

/// MS-CIFS 1.7, MS-SMB 1.7, MS-SMB2 3.2.4.2.2.1.
const DIALECTS: &[&str] = &[
    "PC NETWORK PROGRAM 1.0",
    "PCLAN1.0",
    "MICROSOFT NETWORKS 1.03",
    "MICROSOFT NETWORKS 3.0",
    "XENIX CORE",
    "LANMAN1.0",
    "LM1.2X002",
    "DOS LM1.2X002",
    "DOS LANMAN2.1",
    "LANMAN2.1",
    "Samba",
    "NT LANMAN 1.0",
    "Windows for Workgroups 3.1a",
    "NT LM 0.12",
    "CIFS",
    "SMB 2.002",
    "SMB 2.???",
];

/// The path of a share, behind the password. MS-CIFS 2.2.4.55.1.
fn connected(block: &Block<'_>, header: &Header) -> Result<String, Fault> {
    let password = usize::from(block.u16(6)?);
    Ok(block.text(block.data.saturating_add(password), header.unicode)?.0)
}

/// The first bytes of the file, if a write holds them. MS-CIFS 2.2.4.43.1, MS-SMB 2.2.4.3.1.
fn written(
    talk: &mut Talk,
    block: &Block<'_>,
    which: Which,
    tree: Option<&Arc<Tree>>,
    dir: Dir,
    cx: &mut Context<'_>,
) -> Result<Option<Box<Sample>>, Fault> {
    let length = usize::from(block.u16(20)?) | (usize::from(block.u16(18)?) << 16);
    let high = if block.word_count >= 14 { block.u32(24)? } else { 0 };
    let (at, offset) = (usize::from(block.u16(22)?), u64::from(block.u32(6)?) | (u64::from(high) << 32));
    if length > 0 && (at < block.data || at.saturating_add(length) > block.message().len()) {
        return Err(Fault::Malformed("written data beyond the message"));
    }
    let data = block
        .message()
        .some(at, talk.wants(which, tree.map(AsRef::as_ref), offset).min(length))?;
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

/// Where data written to a pipe stand, and how many they are. The first message of one in raw mode has its length before it (MS-CIFS 2.2.4.43.1
/// WriteMode).
fn write(block: &Block<'_>) -> Result<(usize, usize), Fault> {
    const RAW_START: u16 = 0x000C;
    let counted = if block.u16(14)? & RAW_START == RAW_START { 2 } else { 0 };
    let length = usize::from(block.u16(20)?) | (usize::from(block.u16(18)?) << 16);
    Ok((usize::from(block.u16(22)?).saturating_add(counted), length.saturating_sub(counted)))
}

/// A pipe, and where what is written to it stands, and how many bytes it is.
type Written = (Which, (usize, usize));

/// The pipe that is written to and read from in one, and the data. MS-CIFS 2.2.4.33.1, 2.2.5.6.1.
fn transaction(block: &Block<'_>) -> Result<Option<Written>, Fault> {
    if block.word_count < 16 || block.u16(28)? != TRANS_TRANSACT_NMPIPE {
        return Ok(None);
    }
    let data = (usize::from(block.u16(24)?), usize::from(block.u16(22)?));
    Ok(Some((Which::Id(u128::from(block.u16(30)?)), data)))
}

/// Where in the file a read begins. MS-CIFS 2.2.4.42.1, MS-SMB 2.2.4.2.1.
fn read_from(block: &Block<'_>) -> Result<u64, Fault> {
    let high = if block.word_count >= 12 { block.u32(20)? } else { 0 };
    Ok(u64::from(block.u32(6)?) | (u64::from(high) << 32))
}

/// SET_PATH_INFORMATION and SET_FILE_INFORMATION. MS-CIFS 2.2.4.46.1, 2.2.6.7, 2.2.6.9.
fn transaction2(block: &Block<'_>, header: &Header, tree: Option<&Tree>, cx: &Context<'_>) -> Result<Option<(Target, Deed)>, Fault> {
    if block.word_count < 15 {
        // A secondary request carries more of what has begun.
        return Ok(None);
    }
    let m = block.message();
    let (parameters, at, length) = (
        usize::from(block.u16(20)?),
        usize::from(block.u16(24)?),
        usize::from(block.u16(22)?),
    );
    let (target, level) = match block.u16(28)? {
        TRANS2_SET_PATH_INFORMATION => {
            let level = m.u16(parameters)?;
            let path = block.known(block.text(parameters.saturating_add(6), header.unicode))?;
            (
                Target::Path(path.map(|(path, _)| name(&path, header, tree, cx)).unwrap_or_default()),
                level,
            )
        }
        TRANS2_SET_FILE_INFORMATION => (
            Target::File(Which::Id(u128::from(m.u16(parameters)?))),
            m.u16(parameters.saturating_add(2))?,
        ),
        _ => return Ok(None),
    };
    let class = level.checked_sub(SMB_INFO_PASSTHROUGH).and_then(|class| u8::try_from(class).ok());
    let deed = match (level, class) {
        (_, Some(FILE_RENAME_INFORMATION)) => {
            let new = block.known(new_name(m, at, length))?;
            Deed::Rename(new.map(|new| name(&new, header, tree, cx)).unwrap_or_default())
        }
        (SMB_SET_FILE_DISPOSITION_INFO, _) | (_, Some(FILE_DISPOSITION_INFORMATION))
            if block.known(m.u8(at))?.is_some_and(|delete| delete != 0) =>
        {
            Deed::Delete { directory: None }
        }
        (SMB_SET_FILE_END_OF_FILE_INFO, _) | (_, Some(FILE_END_OF_FILE_INFORMATION)) => Deed::SetInfo {
            class: Some(FILE_END_OF_FILE_INFORMATION),
            size: block.known(m.u64(at))?,
        },
        _ => Deed::SetInfo { class, size: None },
    };
    Ok(Some((target, deed)))
}

/// MS-FSCC 2.4.42.1: ReplaceIfExists, RootDirectory, FileNameLength, FileName.
fn new_name(m: &View<'_>, at: usize, length: usize) -> Result<String, Fault> {
    let bytes = m.u32(at.saturating_add(8))? as usize;
    if bytes > length {
        return Err(Fault::Malformed("new name beyond the information"));
    }
    Ok(utf16(m.take(at.saturating_add(12), bytes)?))
}
