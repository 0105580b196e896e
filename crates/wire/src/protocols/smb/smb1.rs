//! Messages of SMB1: the header, AndX chains, and the answers. MS-CIFS 2.2.3 and 2.2.4, MS-SMB 2.2.4.
//! Offsets count from the start of the 32-byte header.

use crate::charset::utf16;
use crate::context::Context;
use crate::limits;
use crate::protocols::smb::logon;
use crate::protocols::smb::smb1_requests;
use crate::protocols::smb::state::{done, Ask, Opened, Session, Start};
use crate::protocols::smb::talk::{Connected, Talk};
use crate::protocols::smb::view::{Fault, View};

/// MS-CIFS 2.2.2.1: commands that are read.
pub mod command {
    pub const CREATE_DIRECTORY: u8 = 0x00;
    pub const DELETE_DIRECTORY: u8 = 0x01;
    pub const CLOSE: u8 = 0x04;
    pub const DELETE: u8 = 0x06;
    pub const RENAME: u8 = 0x07;
    pub const OPEN_ANDX: u8 = 0x2D;
    pub const READ_ANDX: u8 = 0x2E;
    pub const WRITE_ANDX: u8 = 0x2F;
    pub const TRANSACTION: u8 = 0x25;
    pub const TRANSACTION2: u8 = 0x32;
    pub const NEGOTIATE: u8 = 0x72;
    pub const SESSION_SETUP_ANDX: u8 = 0x73;
    pub const TREE_CONNECT_ANDX: u8 = 0x75;
    pub const NT_CREATE_ANDX: u8 = 0xA2;
    pub const NT_RENAME: u8 = 0xA5;
    pub const NONE: u8 = 0xFF;
}
use command::*;

/// MS-CIFS 2.2.3.1 Flags and Flags2.
const FLAGS_REPLY: u8 = 0x80;
const FLAGS2_DFS: u16 = 0x1000;
const FLAGS2_UNICODE: u16 = 0x8000;

#[derive(Clone, Copy)]
pub struct Header {
    pub status: u32,
    pub reply: bool,
    pub unicode: bool,
    pub dfs: bool,
    pub tid: u32,
    pub uid: u64,
    /// PID and MID: what a server gives back unchanged.
    pub exchange: u64,
}

impl Header {
    fn read(m: &View<'_>) -> Result<(u8, Header), Fault> {
        m.take(0, 32)?;
        let flags2 = m.u16(10)?;
        let (pid_high, pid, mid) = (u64::from(m.u16(12)?), u64::from(m.u16(26)?), u64::from(m.u16(30)?));
        let header = Header {
            status: m.u32(5)?,
            reply: m.u8(9)? & FLAGS_REPLY != 0,
            unicode: flags2 & FLAGS2_UNICODE != 0,
            dfs: flags2 & FLAGS2_DFS != 0,
            tid: u32::from(m.u16(24)?),
            uid: u64::from(m.u16(28)?),
            exchange: (pid_high << 32) | (pid << 16) | mid,
        };
        Ok((m.u8(4)?, header))
    }

    /// What a request and its answer have in common.
    pub fn key(&self, command: u8) -> u64 {
        (u64::from(command).saturating_add(1) << 48) | self.exchange
    }
}

/// The most parameter words that a command can have: WordCount is a byte.
const WORDS: usize = 255;

/// Parameter words and data bytes of one command. MS-CIFS 2.2.3.2 and 2.2.3.3.
pub struct Block<'a> {
    m: View<'a>,
    words: usize,
    pub word_count: usize,
    pub data: usize,
    pub end: usize,
    /// Its counts were cut off, so nothing proves that a field lies beyond it.
    open: bool,
}

impl<'a> Block<'a> {
    fn read(m: View<'a>, at: usize) -> Result<Block<'a>, Fault> {
        let word_count = m.known(m.u8(at))?.map(usize::from);
        let words = at.saturating_add(1);
        let counted = words.saturating_add(word_count.unwrap_or(WORDS).saturating_mul(2));
        let data = counted.saturating_add(2);
        let bytes = if word_count.is_some() { m.known(m.u16(counted))? } else { None };
        // ByteCount is 16 bits and wraps where data is larger (MS-SMB 2.2.4.2.2): never further than the message.
        let end = data.saturating_add(usize::from(bytes.unwrap_or(u16::MAX))).min(m.len());
        Ok(Block {
            m,
            words,
            word_count: word_count.unwrap_or(WORDS),
            data,
            end,
            open: bytes.is_none(),
        })
    }

    fn word(&self, at: usize, bytes: usize) -> Result<usize, Fault> {
        if at.saturating_add(bytes) > self.word_count.saturating_mul(2) {
            return Err(Fault::Malformed("parameter words missing"));
        }
        Ok(self.words.saturating_add(at))
    }

    pub fn u8(&self, at: usize) -> Result<u8, Fault> {
        self.m.u8(self.word(at, 1)?)
    }

    pub fn u16(&self, at: usize) -> Result<u16, Fault> {
        self.m.u16(self.word(at, 2)?)
    }

    pub fn u32(&self, at: usize) -> Result<u32, Fault> {
        self.m.u32(self.word(at, 4)?)
    }

    pub fn u64(&self, at: usize) -> Result<u64, Fault> {
        self.m.u64(self.word(at, 8)?)
    }

    /// The text at `at` up to its end or that of the data, and where what follows it begins. Unicode begins at an even offset
    /// (MS-CIFS 2.2.1.1); other text is in the code page of the client, read as UTF-8 or Latin-1.
    pub fn text(&self, at: usize, unicode: bool) -> Result<(String, usize), Fault> {
        let (at, unit) = if unicode { (at.saturating_add(at & 1), 2) } else { (at, 1) };
        let whole = self.end.saturating_sub(at);
        let bytes = self.m.some(at, whole)?;
        let ended = bytes.chunks_exact(unit).position(|unit| unit.iter().all(|b| *b == 0));
        if ended.is_none() && bytes.len() < whole {
            return Err(Fault::Need(self.end));
        }
        let length = ended.unwrap_or(bytes.chunks_exact(unit).len()).saturating_mul(unit);
        let next = at.saturating_add(length).saturating_add(unit);
        if !unicode {
            let bytes = bytes.get(..length).unwrap_or_default();
            let text = std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().map(|b| char::from(*b)).collect(), str::to_owned);
            return Ok((text, next));
        }
        Ok((utf16(bytes.get(..length).unwrap_or_default()), next))
    }

    /// A field read, or `None` if it was cut off.
    pub fn known<T>(&self, field: Result<T, Fault>) -> Result<Option<T>, Fault> {
        match field {
            Err(_) if self.open => Ok(None),
            field => self.m.known(field),
        }
    }

    pub fn message(&self) -> &View<'a> {
        &self.m
    }
}

/// One message and the commands chained in it.
pub fn message(talk: &mut Talk, m: &View<'_>, start: Start, cx: &mut Context<'_>) -> Result<(), Fault> {
    let (mut command, header) = Header::read(m)?;
    let bulk = if header.reply {
        command == READ_ANDX
    } else {
        command == WRITE_ANDX
    };
    let mut block = Block::read(*m, 32)?;
    if bulk || !is_read(command) {
        // Of these only the head is of interest, so the rest is not waited for, and what may be chained behind it is not seen.
        return each(talk, command, &header, &block, start, None, cx).map(|_| ());
    }
    // A chain is read in one go, so that no command of it counts twice.
    let whole = m.len().min(limits::SMB1_MESSAGE);
    let m = if m.is_cut() {
        m.first(whole)
    } else {
        View::new(m.take(0, whole)?, whole)
    };
    let (mut at, mut start, mut opened) = (32usize, start, None);
    for _ in 0..limits::SMB1_CHAIN {
        block = Block::read(m, at)?;
        opened = each(talk, command, &header, &block, start, opened, cx)?;
        if !matches!(
            command,
            OPEN_ANDX | READ_ANDX | WRITE_ANDX | SESSION_SETUP_ANDX | TREE_CONNECT_ANDX | NT_CREATE_ANDX
        ) || block.word_count < 2
        {
            break;
        }
        let Some(offset) = block.known(block.u16(2))?.map(usize::from) else {
            break;
        };
        let next = block.u8(0)?;
        if next == NONE {
            break;
        }
        if offset <= at {
            return Err(Fault::Malformed("AndX chain goes backwards"));
        }
        start.at = start.at.saturating_add(offset.saturating_sub(at) as u64);
        (command, at) = (next, offset);
    }
    Ok(())
}

fn is_read(command: u8) -> bool {
    matches!(
        command,
        CREATE_DIRECTORY
            | DELETE_DIRECTORY
            | CLOSE
            | DELETE
            | RENAME
            | OPEN_ANDX
            | READ_ANDX
            | WRITE_ANDX
            | TRANSACTION
            | TRANSACTION2
            | NEGOTIATE
            | SESSION_SETUP_ANDX
            | TREE_CONNECT_ANDX
            | NT_CREATE_ANDX
            | NT_RENAME
    )
}

/// One command. `opened` is the key of a request before it in the chain that opens a file; gives back the one for those after it.
fn each(
    talk: &mut Talk,
    command: u8,
    header: &Header,
    block: &Block<'_>,
    start: Start,
    opened: Option<u64>,
    cx: &mut Context<'_>,
) -> Result<Option<u64>, Fault> {
    if header.reply {
        response(talk, command, header, block, start, cx)?;
        return Ok(None);
    }
    smb1_requests::request(talk, command, header, block, start, opened, cx)?;
    let key = matches!(command, OPEN_ANDX | NT_CREATE_ANDX).then(|| header.key(command));
    Ok(key.or(opened))
}

fn response(talk: &mut Talk, command: u8, header: &Header, block: &Block<'_>, start: Start, cx: &mut Context<'_>) -> Result<(), Fault> {
    let (key, status, ok) = (header.key(command), header.status, done(header.status) && block.word_count > 0);
    match command {
        NEGOTIATE => negotiated(talk, key, block, start)?,
        SESSION_SETUP_ANDX => {
            logon::answered1(talk, block, key, header, start, cx)?;
            if let Some(action) = if ok && status == 0 { block.known(block.u16(4))? } else { None } {
                let guest = action & 1 != 0;
                talk.sessions.insert(header.uid, Session { guest, anonymous: false });
            }
        }
        TREE_CONNECT_ANDX => {
            let (service, system) = if ok { resource(block, header)? } else { Default::default() };
            let told = Connected {
                tree_id: header.tid,
                kind: service.and_then(kind),
                encrypted: Some(false),
                service,
                native_file_system: system,
            };
            let request = talk.asked(key, start);
            talk.connected(start, request, header.uid, status, &told, cx);
        }
        NT_CREATE_ANDX | OPEN_ANDX => {
            let got = if ok { block.known(opened(command, block))? } else { None };
            let tree = talk.tree(header.uid, header.tid);
            talk.opened(start, key, tree, status, got, cx);
        }
        READ_ANDX | WRITE_ANDX => {
            if let Some(pipe) = talk.read_from(key).filter(|_| ok) {
                if let Some(data) = block.known(read(block))? {
                    talk.hear(pipe, block.message(), data, start, cx)?;
                }
            }
            let bytes = if ok {
                block.known(transferred(command, block))?.unwrap_or_default()
            } else {
                0
            };
            if command == READ_ANDX && bytes > 0 {
                let at = block.known(block.u16(12))?.map(usize::from).filter(|at| *at >= block.data);
                let length = usize::try_from(bytes).unwrap_or(usize::MAX);
                at.into_iter().for_each(|at| talk.reads(key, (at, length), start.dir, cx));
            }
            talk.transferred(start, key, command == WRITE_ANDX, (status, bytes), cx);
        }
        TRANSACTION => {
            if let Some(pipe) = talk.read_from(key).filter(|_| ok) {
                if let Some(data) = block.known(transacted(block))? {
                    talk.hear(pipe, block.message(), data, start, cx)?;
                }
            }
            talk.asked(key, start);
        }
        _ => {
            if let Some(request) = talk.asked(key, start) {
                match request.ask {
                    Ask::Close(_) => talk.closed(request, status, None, cx),
                    _ => talk.changed(request, status, cx),
                }
            }
        }
    }
    Ok(())
}

/// MS-CIFS 2.2.4.42.2 DataLength and DataLengthHigh; MS-SMB 2.2.4.3.2 Count and CountHigh.
fn transferred(command: u8, block: &Block<'_>) -> Result<u64, Fault> {
    let (low, high) = if command == READ_ANDX { (10, 14) } else { (4, 8) };
    Ok(u64::from(block.u16(low)?) | (u64::from(block.u16(high)?) << 16))
}

/// Where read data stand, and how many they are. MS-SMB 2.2.4.2.2.
fn read(block: &Block<'_>) -> Result<(usize, usize), Fault> {
    let length = usize::from(block.u16(10)?) | (usize::from(block.u16(14)?) << 16);
    Ok((usize::from(block.u16(12)?), length))
}

/// The same of what a transaction gives back. MS-CIFS 2.2.4.33.2.
fn transacted(block: &Block<'_>) -> Result<(usize, usize), Fault> {
    Ok((usize::from(block.u16(14)?), usize::from(block.u16(12)?)))
}

/// Service and native file system of a share. MS-CIFS 2.2.4.55.2.
fn resource(block: &Block<'_>, header: &Header) -> Result<(Option<&'static str>, Option<&'static str>), Fault> {
    let Some((service, rest)) = block.known(block.text(block.data, false))? else {
        return Ok((None, None));
    };
    let system = if rest < block.end {
        block.known(block.text(rest, header.unicode))?
    } else {
        None
    };
    Ok((
        known(SERVICES, &service),
        system.and_then(|(system, _)| known(FILE_SYSTEMS, &system)),
    ))
}

/// MS-CIFS 2.2.4.52.2: the index of the dialect chosen, 0xFFFF for none; SecurityMode, where signatures required is 0x08.
fn negotiated(talk: &mut Talk, key: u64, block: &Block<'_>, start: Start) -> Result<(), Fault> {
    let Some(index) = block.known(block.u16(0))?.map(usize::from) else {
        return Ok(());
    };
    let signing = if block.word_count == 17 {
        block.known(block.u8(2))?.map(|mode| mode & 0x08 != 0)
    } else {
        None
    };
    let dialect = match talk.asked(key, start).map(|r| r.ask) {
        Some(Ask::Negotiate(offered)) => offered.get(index).copied(),
        // Only NT LM 0.12 is answered with 17 words.
        _ => (block.word_count == 17).then_some("NT LM 0.12"),
    };
    if index != 0xFFFF {
        talk.agreed(start, dialect, signing);
    }
    Ok(())
}

/// MS-CIFS 2.2.4.64.2 (NT_CREATE_ANDX) and 2.2.4.41.2 (OPEN_ANDX, whose OpenResults count 1 opened, 2 created, 3 truncated as well).
fn opened(command: u8, block: &Block<'_>) -> Result<Opened, Fault> {
    if command == NT_CREATE_ANDX {
        let (id, action, directory) = (u128::from(block.u16(5)?), block.u32(7)?, block.u32(43)? & 0x10 != 0);
        return Ok(Opened {
            id,
            action,
            size: block.u64(55)?,
            directory,
        });
    }
    let action = u32::from(block.u16(22)? & 3);
    Ok(Opened {
        id: u128::from(block.u16(4)?),
        action,
        size: u64::from(block.u32(12)?),
        directory: block.u16(6)? & 0x10 != 0,
    })
}

/// MS-CIFS 2.2.4.55: types of resources.
const SERVICES: &[&str] = &["A:", "LPT1:", "IPC", "COMM", "?????"];

/// File systems that servers name (MS-CIFS 2.2.4.55.2): those of Windows, OS/2 and NetWare, and what Samba and boxes with it may be told to say.
const FILE_SYSTEMS: &[&str] = &[
    "NTFS", "ReFS", "FAT", "FAT12", "FAT16", "FAT32", "exFAT", "CSVFS", "CDFS", "UDF", "HPFS", "NWFS", "HFS", "HFS+", "Samba", "ext2",
    "ext3", "ext4", "btrfs", "xfs", "zfs",
];

/// `text` if it is one of `names`, else `{}`: it is free text of the server.
fn known(names: &[&'static str], text: &str) -> Option<&'static str> {
    let text = text.trim_matches(['\0', ' ']);
    let found = names.iter().find(|name| name.eq_ignore_ascii_case(text)).copied();
    found.or((!text.is_empty()).then_some("{}"))
}

/// MS-CIFS 2.2.4.55: type of a resource by its service.
fn kind(service: &str) -> Option<&'static str> {
    match service {
        "A:" => Some("DISK"),
        "IPC" => Some("PIPE"),
        "LPT1:" => Some("PRINT"),
        _ => None,
    }
}
