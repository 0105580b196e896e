//! The rows, made from what is remembered.

use std::borrow::Cow;

use crate::context::Context;
use crate::protocols::smb::paths::Name;
use crate::protocols::smb::state::{Deed, File, Opened, Opening, Shape, Start, Tally, Tree};
use crate::protocols::smb::SmbFiles;

/// How the connection speaks: the same in all its rows.
#[derive(Clone, Copy, Default)]
pub struct Spoken {
    pub version: Option<&'static str>,
    pub dialect: Option<&'static str>,
}

/// What is changed, as far as it is known.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    pub name: Option<&'a Name>,
    pub directory: Option<bool>,
    pub tree: Option<&'a Tree>,
}

/// A count or size as a cell.
pub fn int(value: u64) -> Option<i64> {
    Some(i64::try_from(value).unwrap_or(i64::MAX))
}

impl Spoken {
    fn row<'a>(self, start: Start, action: &'static str, name: Option<&'a Name>, tree: Option<&'a Tree>) -> SmbFiles<'a> {
        let known = name.filter(|n| n.depth.is_some());
        SmbFiles {
            version: self.version,
            dialect: self.dialect,
            action: Some(action),
            name: known.and_then(|n| n.name.as_deref()),
            folder: known.and_then(|n| n.folder.as_deref()),
            extension: known.and_then(|n| n.extension.as_deref()),
            depth: known.and_then(|n| n.depth),
            marks: known
                .map(|n| n.marks.iter().map(|m| Cow::Borrowed(*m)).collect())
                .unwrap_or_default(),
            share: tree.and_then(|t| t.share.as_deref()),
            share_type: tree.and_then(|t| t.kind),
            encrypted: Some(false),
            partial: Some(start.cut),
            ..SmbFiles::default()
        }
    }

    /// An open or create with its answer; without one (`status` is `None`) it is partial.
    pub fn opening(
        self,
        start: Start,
        asked: &Opening,
        tree: Option<&Tree>,
        status: Option<u32>,
        got: Option<Opened>,
        cx: &mut Context<'_>,
    ) {
        let created = got.map_or(asked.creates, |g| g.action != 1);
        let row = SmbFiles {
            status: status.map(i64::from),
            is_directory: got.map(|g| g.directory).or(asked.directory.then_some(true)),
            size: got.and_then(|g| int(g.size)),
            create_action: got.and_then(|g| ["superseded", "existing", "created", "overwritten"].get(g.action as usize).copied()),
            partial: Some(start.cut || status.is_none() || asked.name.depth.is_none()),
            ..self.row(start, if created { "create" } else { "open" }, Some(&asked.name), tree)
        };
        cx.emit(start.ts, start.dir, start.at, &row);
    }

    /// What happened to an open file until it was closed, if anything: one row for its reads, one for its writes.
    pub fn transfers(self, file: &File, losses: u64, partial: bool, cx: &mut Context<'_>) {
        for (action, tally) in [("read", &file.reads), ("write", &file.writes)] {
            let Tally {
                first: Some(start),
                operations,
                bytes,
                failure,
                answered,
                partial: open,
            } = *tally
            else {
                continue;
            };
            let sample = (action == "write").then_some(&file.sample).filter(|s| s.seen() > 0);
            let row = SmbFiles {
                bytes: int(bytes),
                operations: int(operations),
                status: answered.then_some(i64::from(failure)),
                is_directory: file.directory,
                entropy: sample.and_then(|s| s.entropy()),
                entropy_bytes: sample.and_then(|s| int(s.seen() as u64)),
                partial: Some(partial || open || file.losses != losses),
                ..self.row(start, action, Some(&file.name), file.tree.as_deref())
            };
            cx.emit(start.ts, start.dir, start.at, &row);
        }
    }

    /// A close, or (with `delete`) the deletion that comes with it.
    pub fn closing(self, start: Start, file: &File, delete: bool, status: Option<u32>, size: Option<u64>, cx: &mut Context<'_>) {
        let row = SmbFiles {
            status: status.map(i64::from),
            size: size.and_then(int),
            is_directory: file.directory,
            partial: Some(start.cut || status.is_none()),
            ..self.row(
                start,
                if delete { "delete" } else { "close" },
                Some(&file.name),
                file.tree.as_deref(),
            )
        };
        // A message is longer than a byte, so the next offset is free for the second row of the same message.
        cx.emit(start.ts, start.dir, start.at.saturating_add(u64::from(delete)), &row);
    }

    /// A rename, deletion or other change; without a status nobody answered it.
    pub fn change(self, start: Start, subject: &Subject<'_>, deed: &Deed, status: Option<u32>, cx: &mut Context<'_>) {
        let Subject { name, directory, tree } = *subject;
        let action = match deed {
            Deed::Rename(_) => "rename",
            Deed::Delete { .. } => "delete",
            Deed::Create { .. } => "create",
            Deed::SetInfo { .. } => "set_info",
        };
        let mut row = self.row(start, action, name, tree);
        row.status = status.map(i64::from);
        row.partial = Some(start.cut || status.is_none());
        row.is_directory = directory;
        match deed {
            Deed::Rename(new) => {
                row.new_name = new.name.as_deref();
                row.new_folder = new.folder.as_deref();
                row.new_extension = new.extension.as_deref();
                row.marks.extend(
                    new.marks
                        .iter()
                        .filter(|m| !name.is_some_and(|n| n.marks.contains(m)))
                        .map(|m| Cow::Borrowed(*m)),
                );
            }
            Deed::Delete { directory } => row.is_directory = directory.or(row.is_directory),
            Deed::Create { directory } => row.is_directory = Some(*directory),
            Deed::SetInfo { class, size } => {
                row.info_class = class.map(i64::from);
                row.size = size.and_then(int);
            }
        }
        cx.emit(start.ts, start.dir, start.at, &row);
    }

    /// A file that is forgotten while it is open.
    pub fn abandoned(self, file: &File, losses: u64, cx: &mut Context<'_>) {
        self.transfers(file, losses, true, cx);
        if let (true, Some(opened)) = (file.delete_on_close, file.opened) {
            self.closing(opened, file, true, None, None, cx);
        }
    }

    /// What hidden messages looked like from outside; `partial`: there may have been more.
    pub fn shape(self, shape: &Shape, partial: bool, cx: &mut Context<'_>) {
        let row = SmbFiles {
            partial: Some(partial),
            encrypted: Some(shape.action == "encrypted"),
            messages_orig: int(shape.orig.0),
            bytes_orig: int(shape.orig.1),
            messages_resp: int(shape.resp.0),
            bytes_resp: int(shape.resp.1),
            ..self.row(shape.start, shape.action, None, None)
        };
        cx.emit(shape.start.ts, shape.start.dir, shape.start.at, &row);
    }

    /// A message that could not be read.
    pub fn malformed(self, start: Start, reason: &'static str, cx: &mut Context<'_>) {
        let row = SmbFiles {
            version: self.version,
            dialect: self.dialect,
            malformed: Some(reason),
            partial: Some(true),
            ..SmbFiles::default()
        };
        // Its own offset may already be a row's; that of its second byte is nobody's.
        cx.emit(start.ts, start.dir, start.at.saturating_add(2), &row);
    }
}
