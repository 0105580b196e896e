//! Requests meet their answers here, whichever SMB they are written in, and become rows.

use std::sync::Arc;

use crate::context::Context;
use crate::limits;
use crate::protocols::dce_rpc::Pipe;
use crate::protocols::ntlm::Logon;
use crate::protocols::smb::contents::{Contents, Held};
use crate::protocols::smb::entropy::Sample;
use crate::protocols::smb::paths::Name;
use crate::protocols::smb::rows::{Spoken, Subject};
use crate::protocols::smb::state::{
    done, Ask, Change, Deed, File, Opened, Opening, Request, Session, Shape, Start, Tally, Target, Tree, Which,
};
use crate::protocols::smb::table::Table;
use crate::protocols::smb::SmbMapping;
use crate::protocols::Dir;

mod pipes;

/// Above the keys of requests: identifiers for files whose own was not seen.
const SUPPOSED: u128 = u128::MAX << 64;

/// One connection.
pub struct Talk {
    pub spoken: Spoken,
    pub signing_required: Option<bool>,
    /// By MessageId (MS-SMB2), or PID, MID and command (MS-CIFS).
    requests: Table<u64, Request>,
    files: Table<u128, File>,
    /// File identifiers by the key of the request that opened them, for the rest of a compound.
    made: Table<u64, u128>,
    trees: Table<(u64, u32), Arc<Tree>>,
    pub sessions: Table<u64, Session>,
    /// Authentications whose next token is waited for, by session.
    pub logons: Table<u64, Box<Logon>>,
    /// Pipes that calls go through, by file identifier.
    pipes: Table<u128, Box<Pipe>>,
    shapes: Table<u64, Shape>,
    compressed: Option<Shape>,
    /// Reads and writes of files that nobody knows: the requests were lost or cut.
    stray: File,
    /// The first message, until a row tells of the connection.
    met: Option<Start>,
    /// The negotiation, until a tree is seen.
    greeted: Option<Start>,
    mapped: bool,
    losses: u64,
    /// The connection was seen to end.
    pub closed: bool,
    malformed: u32,
    pub contents: Contents,
}

impl Default for Talk {
    fn default() -> Self {
        Talk {
            spoken: Spoken::default(),
            signing_required: None,
            requests: Table::new(limits::SMB_REQUESTS),
            files: Table::new(limits::SMB_FILES),
            made: Table::new(limits::SMB_REQUESTS),
            trees: Table::new(limits::SMB_TREES),
            sessions: Table::new(limits::SMB_SESSIONS),
            logons: Table::new(limits::SMB_SESSIONS),
            pipes: Table::new(limits::DCE_RPC_PIPES),
            shapes: Table::new(limits::SMB_SESSIONS),
            compressed: None,
            stray: File::default(),
            met: None,
            greeted: None,
            mapped: false,
            losses: 0,
            closed: false,
            malformed: 0,
            contents: Contents::default(),
        }
    }
}

/// What the server said of a share. MS-SMB2 2.2.10; MS-CIFS 2.2.4.55.2.
#[derive(Default)]
pub struct Connected {
    pub tree_id: u32,
    pub kind: Option<&'static str>,
    pub encrypted: Option<bool>,
    pub service: Option<&'static str>,
    pub native_file_system: Option<&'static str>,
}

impl Talk {
    /// A request, under `key` until its answer.
    pub fn ask(&mut self, key: u64, request: Request, cx: &mut Context<'_>) {
        if let Some(old) = self.requests.insert(key, request) {
            self.unanswered(old, cx);
        }
    }

    /// The request that the answer that begins at `answer` belongs to.
    pub fn asked(&mut self, key: u64, answer: Start) -> Option<Request> {
        let mut request = self.requests.remove(&key)?;
        request.start.cut |= answer.cut;
        Some(request)
    }

    /// A message of this family of SMB begins.
    pub fn meet(&mut self, version: &'static str, start: Start) {
        self.spoken.version = Some(version);
        self.met.get_or_insert(start);
    }

    pub fn tree(&self, session: u64, tree: u32) -> Option<Arc<Tree>> {
        self.trees.get(&self.tree_key(session, tree)).cloned()
    }

    /// Trees belong to a session in SMB2 (MS-SMB2 3.3.1.9), to the connection in SMB1 (MS-CIFS 3.3.1.4).
    fn tree_key(&self, session: u64, tree: u32) -> (u64, u32) {
        (if self.spoken.version == Some("SMB1") { 0 } else { session }, tree)
    }

    /// Bytes of a write at `offset` that are worth seeing.
    pub fn wants(&self, which: Which, tree: Option<&Tree>, offset: u64) -> usize {
        if tree.is_some_and(Tree::is_pipe) {
            return 0;
        }
        match which {
            Which::Id(id) => self
                .files
                .get(&id)
                .map_or_else(|| Sample::default().wants(offset), |f| f.sample.wants(offset)),
            Which::Made(_) => Sample::default().wants(offset),
            Which::Unknown => 0,
        }
    }

    /// The first bytes of a file, as a write brings them. Of a file that has no identifier yet the sample goes with the request.
    pub fn sampled(&mut self, which: Which, tree: Option<&Arc<Tree>>, bytes: &[u8], cx: &mut Context<'_>) -> Option<Box<Sample>> {
        match which {
            _ if bytes.is_empty() => None,
            Which::Unknown => None,
            Which::Id(id) => {
                self.file(id, tree, cx).sample.add(bytes);
                None
            }
            Which::Made(_) => {
                let mut sample = Box::<Sample>::default();
                sample.add(bytes);
                Some(sample)
            }
        }
    }

    /// The open file `id`; one that was opened before the capture began is remembered from here on.
    fn file(&mut self, id: u128, tree: Option<&Arc<Tree>>, cx: &mut Context<'_>) -> &mut File {
        let (spoken, losses) = (self.spoken, self.losses);
        let (file, displaced) = self.files.get_or_insert_with(id, || File {
            tree: tree.cloned(),
            losses,
            ..File::default()
        });
        if let Some(old) = displaced {
            spoken.abandoned(&old, losses, cx);
        }
        file
    }

    pub fn resolve(&self, which: Which) -> Option<u128> {
        match which {
            Which::Id(id) => Some(id),
            Which::Made(key) => self.made.get(&key).copied(),
            Which::Unknown => None,
        }
    }

    /// The two sides agreed on a dialect.
    pub fn agreed(&mut self, start: Start, dialect: Option<&'static str>, signing_required: Option<bool>) {
        self.spoken.dialect = dialect;
        self.signing_required = signing_required;
        self.greeted.get_or_insert(start);
    }

    /// A share was connected, or refused. `start` is that of the answer, for an answer to a question nobody saw.
    pub fn connected(&mut self, start: Start, request: Option<Request>, session: u64, status: u32, told: &Connected, cx: &mut Context<'_>) {
        let partial = request.is_none() || start.cut;
        let (start, share) = match request {
            Some(Request {
                start,
                ask: Ask::Connect(share),
                ..
            }) => (start, share),
            _ => (start, None),
        };
        self.mapping(start, share.as_deref(), Some((session, status, told)), partial, cx);
        if done(status) {
            self.trees
                .insert(self.tree_key(session, told.tree_id), Arc::new(Tree { share, kind: told.kind }));
        }
    }

    fn mapping(&mut self, start: Start, share: Option<&str>, answer: Option<(u64, u32, &Connected)>, partial: bool, cx: &mut Context<'_>) {
        let session = answer.and_then(|(session, ..)| self.sessions.get(&session));
        let ok = answer.is_some_and(|(_, status, _)| done(status));
        let told = answer.filter(|_| ok).map(|(.., told)| told);
        let row = SmbMapping {
            version: self.spoken.version,
            dialect: self.spoken.dialect,
            share,
            share_type: told.and_then(|t| t.kind),
            service: told.and_then(|t| t.service),
            native_file_system: told.and_then(|t| t.native_file_system),
            encrypted: told.and_then(|t| t.encrypted),
            tree_id: told.map(|t| i64::from(t.tree_id)),
            status: answer.map(|(_, status, _)| i64::from(status)),
            guest: session.map(|s| s.guest),
            anonymous: session.map(|s| s.anonymous),
            signing_required: self.signing_required,
            partial: Some(partial || start.cut),
            ..SmbMapping::default()
        };
        cx.emit(start.ts, start.dir, start.at, &row);
        (self.greeted, self.mapped) = (None, true);
    }

    /// A file was opened or created, or not. `key` is that of the request; `start` and `tree` are those of the answer, in case nobody saw it.
    pub fn opened(&mut self, start: Start, key: u64, tree: Option<Arc<Tree>>, status: u32, got: Option<Opened>, cx: &mut Context<'_>) {
        let (start, tree, asked) = match self.asked(key, start) {
            Some(Request {
                start,
                tree,
                ask: Ask::Open(asked),
            }) => (start, tree, asked),
            _ => (start, tree, Box::<Opening>::default()),
        };
        self.spoken.opening(start, &asked, tree.as_deref(), Some(status), got, cx);
        let Some(got) = got else { return };
        self.open(start, got.id, *asked, tree, Some(got), cx);
    }

    /// From here on the file is open under this identifier.
    fn open(&mut self, start: Start, id: u128, asked: Opening, tree: Option<Arc<Tree>>, got: Option<Opened>, cx: &mut Context<'_>) {
        if let Some(key) = asked.compound {
            self.made.insert(key, id);
            self.contents.named(key, id);
        }
        let file = File {
            name: asked.name,
            tree,
            directory: got.map(|got| got.directory),
            size: got.map(|got| got.size),
            // MS-SMB2 2.2.14 CreateAction: all but an existing file that was opened.
            fresh: got.is_some_and(|got| got.action != 1),
            delete_on_close: asked.delete_on_close,
            opened: Some(start),
            losses: self.losses,
            ..File::default()
        };
        self.hung_up(id, false, cx);
        if let Some(old) = self.files.insert(id, file) {
            self.spoken.abandoned(&old, self.losses, cx);
        }
    }

    /// A message holds content of a file.
    pub fn holds(&mut self, held: Held, tree: Option<&Tree>, dir: Dir, cx: &mut Context<'_>) {
        let which = self.resolve(held.which).map_or(held.which, Which::Id);
        let (files, requests) = (&self.files, &self.requests);
        let about = || match which {
            Which::Id(id) => files.get(&id).map_or((None, None), |file| {
                let length = if held.write { file.ended } else { file.size };
                (Some(file.name.clone()), length)
            }),
            Which::Made(key) => match requests.get(&key).map(|request| &request.ask) {
                Some(Ask::Open(opening)) => (Some(opening.name.clone()), None),
                _ => (None, None),
            },
            Which::Unknown => (None, None),
        };
        // The connection to its share may not have been seen.
        let is_pipe = match which {
            Which::Id(id) => files.get(&id).is_some_and(|file| file.name.is_pipe()),
            _ => false,
        };
        if !is_pipe && !tree.is_some_and(Tree::is_pipe) {
            self.contents.holds(Held { which, ..held }, dir, about, cx);
        }
    }

    /// The same of an answer to the read of this key: where in the message its content is, and how long.
    pub fn reads(&mut self, key: u64, (at, length): (usize, usize), dir: Dir, cx: &mut Context<'_>) {
        let Some(Request {
            ask: Ask::Read(which, offset),
            tree,
            ..
        }) = self.requests.get(&key)
        else {
            return;
        };
        let (held, tree) = (
            Held {
                which: *which,
                write: false,
                offset: *offset,
                at,
                length,
            },
            tree.clone(),
        );
        self.holds(held, tree.as_deref(), dir, cx);
    }

    /// A read or a write was done, or not: `answer` is its status and how many bytes the server says it was.
    pub fn transferred(&mut self, start: Start, key: u64, write: bool, answer: (u32, u64), cx: &mut Context<'_>) {
        match self.asked(key, start) {
            Some(request) => self.transfer(request, Some(answer), cx),
            None if write => self.stray.writes.add(start, Some(answer)),
            None => self.stray.reads.add(start, Some(answer)),
        }
    }

    /// Counts a read or a write, with its answer if one was seen.
    fn transfer(&mut self, request: Request, answer: Option<(u32, u64)>, cx: &mut Context<'_>) {
        let Request { start, tree, ask } = request;
        let (which, write, sample) = match ask {
            Ask::Read(which, _) => (which, false, None),
            Ask::Write(which, sample) => (which, true, sample),
            _ => return,
        };
        if write && answer.is_some_and(|(status, _)| !done(status)) {
            self.contents.failed(self.resolve(which).map_or(which, Which::Id));
        }
        let file = match self.resolve(which) {
            Some(id) => self.file(id, tree.as_ref(), cx),
            None if which == Which::Unknown => &mut self.stray,
            // What should have opened the file failed.
            None => return,
        };
        if let Some(sample) = sample.filter(|_| file.sample.seen() == 0) {
            file.sample = *sample;
        }
        let tally: &mut Tally = if write { &mut file.writes } else { &mut file.reads };
        tally.add(start, answer);
    }

    /// Takes an open file out; what is asked of it still waits in vain if bytes were lost since.
    fn shut(&mut self, id: u128, tree: Option<&Arc<Tree>>, cx: &mut Context<'_>) -> File {
        if self.files.get(&id).is_none_or(|file| file.losses != self.losses) {
            let of_it = |request: &Request| match &request.ask {
                Ask::Read(which, _) | Ask::Write(which, _) => *which == Which::Id(id),
                _ => false,
            };
            for request in self.requests.remove_where(of_it) {
                self.transfer(request, None, cx);
            }
        }
        self.files.remove(&id).unwrap_or_else(|| File {
            tree: tree.cloned(),
            losses: self.losses,
            ..File::default()
        })
    }

    /// A file was closed. `size` as the server tells it.
    pub fn closed(&mut self, request: Request, status: u32, size: Option<u64>, cx: &mut Context<'_>) {
        let Request {
            start,
            tree,
            ask: Ask::Close(which),
        } = request
        else {
            return;
        };
        let unknown = File {
            tree: tree.clone(),
            ..File::default()
        };
        let id = match self.resolve(which) {
            Some(id) => id,
            None if which == Which::Unknown => return self.spoken.closing(start, &unknown, false, Some(status), size, cx),
            None => return,
        };
        if !done(status) {
            let file = self.files.get(&id).unwrap_or(&unknown);
            return self.spoken.closing(start, file, false, Some(status), None, cx);
        }
        self.hung_up(id, true, cx);
        let file = self.shut(id, tree.as_ref(), cx);
        self.spoken.transfers(&file, self.losses, false, cx);
        self.contents.end(id, &file, file.losses == self.losses, size, cx);
        if file.delete_on_close {
            self.spoken.closing(start, &file, true, Some(status), None, cx);
        }
        self.spoken.closing(start, &file, false, Some(status), size, cx);
    }

    /// A file was renamed, deleted or otherwise changed, or not.
    pub fn changed(&mut self, request: Request, status: u32, cx: &mut Context<'_>) {
        let Request {
            start,
            tree,
            ask: Ask::Change(change),
        } = request
        else {
            return;
        };
        let spoken = self.spoken;
        let Change { target, deed } = *change;
        let named = |name| Subject {
            name,
            directory: None,
            tree: tree.as_deref(),
        };
        let which = match target {
            Target::Path(name) => return spoken.change(start, &named(Some(&name)), &deed, Some(status), cx),
            Target::File(Which::Unknown) => return spoken.change(start, &named(None), &deed, Some(status), cx),
            Target::File(which) => which,
        };
        let Some(id) = self.resolve(which) else { return };
        let file = self.file(id, tree.as_ref(), cx);
        let deed = match deed {
            Deed::Rename(new) if spoken.version == Some("SMB1") => Deed::Rename(new.beside(&file.name)),
            deed => deed,
        };
        let subject = Subject {
            name: Some(&file.name),
            directory: file.directory,
            tree: file.tree.as_deref(),
        };
        spoken.change(start, &subject, &deed, Some(status), cx);
        match deed {
            Deed::Rename(new) if done(status) => file.name = new,
            Deed::Delete { .. } if done(status) => file.delete_on_close = false,
            Deed::SetInfo { size: Some(size), .. } if done(status) => file.ended = Some(size),
            _ => {}
        }
    }

    /// A message of an encrypted session. MS-SMB2 2.2.41.
    pub fn encrypted(&mut self, start: Start, session: u64, bytes: usize, cx: &mut Context<'_>) {
        if let Some(shape) = self.shapes.get_mut(&session) {
            return shape.add(start.dir, bytes);
        }
        let mut shape = Shape::new("encrypted", start);
        shape.add(start.dir, bytes);
        if let Some(old) = self.shapes.insert(session, shape) {
            self.spoken.shape(&old, true, cx);
        }
    }

    /// A compressed message. MS-SMB2 2.2.42.
    pub fn compressed(&mut self, start: Start, bytes: usize) {
        self.compressed
            .get_or_insert_with(|| Shape::new("compressed", start))
            .add(start.dir, bytes);
    }

    /// Bytes of the connection are lost: what is open may have lost reads, writes or answers.
    pub fn lost(&mut self) {
        self.losses = self.losses.saturating_add(1);
        self.pipes.values_mut().for_each(|pipe| pipe.lose());
    }

    pub fn malformed(&mut self, start: Start, reason: &'static str, cx: &mut Context<'_>) {
        self.malformed = self.malformed.saturating_add(1);
        if self.malformed <= limits::SMB_MALFORMED {
            self.spoken.malformed(start, reason, cx);
        }
    }

    /// A request that gets no answer any more.
    fn unanswered(&mut self, request: Request, cx: &mut Context<'_>) {
        let Request { start, tree, ask } = request;
        match ask {
            Ask::Connect(share) => self.mapping(start, share.as_deref(), None, true, cx),
            Ask::Open(asked) => {
                self.spoken.opening(start, &asked, tree.as_deref(), None, None, cx);
                // The rest of its compound means a file that got no identifier; one of ours stands for it.
                if let Some(key) = asked.compound {
                    self.open(start, SUPPOSED | u128::from(key), *asked, tree, None, cx);
                }
            }
            Ask::Change(change) => {
                let name: Option<&Name> = match &change.target {
                    Target::Path(name) => Some(name),
                    Target::File(which) => self.resolve(*which).and_then(|id| self.files.get(&id)).map(|f| &f.name),
                };
                self.spoken.change(
                    start,
                    &Subject {
                        name,
                        directory: None,
                        tree: tree.as_deref(),
                    },
                    &change.deed,
                    None,
                    cx,
                );
            }
            Ask::Close(which) => {
                let file = match self.resolve(which) {
                    Some(id) => {
                        let file = self.shut(id, tree.as_ref(), cx);
                        self.contents.end(id, &file, false, None, cx);
                        file
                    }
                    None if which == Which::Unknown => File { tree, ..File::default() },
                    None => return,
                };
                self.spoken.abandoned(&file, self.losses, cx);
                self.spoken.closing(start, &file, false, None, None, cx);
            }
            ask @ (Ask::Read(..) | Ask::Write(..)) => self.transfer(Request { start, tree, ask }, None, cx),
            Ask::Logon(logon) => logon.tell(None, cx),
            Ask::Negotiate(_) | Ask::Transact(_) => {}
        }
    }

    /// Bytes that its tables take beyond what any client in use opens.
    pub fn held(&self) -> usize {
        let entries = [self.requests.len(), self.files.len(), self.logons.len()]
            .into_iter()
            .fold(0, usize::saturating_add);
        let pipes = self.pipes.values().map(|pipe| pipe.held()).fold(0, usize::saturating_add);
        entries
            .saturating_sub(limits::SMB_USUAL)
            .saturating_mul(limits::SMB_ENTRY)
            .saturating_add(pipes)
            .saturating_add(self.contents.held())
    }

    /// Rows for all that is still open.
    pub fn end(&mut self, cx: &mut Context<'_>) {
        while let Some(request) = self.requests.pop_oldest() {
            self.unanswered(request, cx);
        }
        while let Some(logon) = self.logons.pop_oldest() {
            logon.tell(None, cx);
        }
        while let Some(mut pipe) = self.pipes.pop_oldest() {
            pipe.end(false, cx);
        }
        while let Some(file) = self.files.pop_oldest() {
            self.spoken.abandoned(&file, self.losses, cx);
        }
        self.spoken.abandoned(&std::mem::take(&mut self.stray), self.losses, cx);
        self.contents.end_all(cx);
        let partial = !self.closed || self.losses > 0;
        while let Some(shape) = self.shapes.pop_oldest() {
            self.spoken.shape(&shape, partial, cx);
        }
        if let Some(shape) = self.compressed.take() {
            self.spoken.shape(&shape, partial, cx);
        }
        match (self.greeted.take(), self.met) {
            (Some(start), _) => self.mapping(start, None, None, false, cx),
            (None, Some(start)) if !self.mapped => self.mapping(start, None, None, true, cx),
            _ => {}
        }
    }
}
