//! What goes through named pipes: remote procedure calls, for those who read them (`dce_rpc`).

use super::Talk;
use crate::context::Context;
use crate::limits;
use crate::protocols::dce_rpc::{Begun, Pipe};
use crate::protocols::smb::paths;
use crate::protocols::smb::state::{Ask, File, Start, Tree, Which};
use crate::protocols::smb::view::{Fault, View};

impl Talk {
    /// The pipe that a request means; `None` for a file.
    pub fn pipe(&self, which: Which, tree: Option<&Tree>) -> Option<u128> {
        let id = self.resolve(which)?;
        let open = self.files.get(&id);
        let is_pipe = match tree.or(open.and_then(|file| file.tree.as_deref())) {
            Some(tree) => tree.is_pipe(),
            None => open.and_then(name_of).is_some_and(paths::is_known_pipe),
        };
        is_pipe.then_some(id)
    }

    /// The pipe that the request under this key reads from.
    pub fn read_from(&self, key: u64) -> Option<u128> {
        let request = self.requests.get(&key)?;
        match request.ask {
            Ask::Read(which, _) => self.pipe(which, request.tree.as_deref()),
            Ask::Transact(which) => self.resolve(which),
            _ => None,
        }
    }

    /// Bytes of a message that go into a pipe or come out of it: `length` of them at `at`.
    pub fn hear(&mut self, id: u128, m: &View<'_>, (at, length): (usize, usize), start: Start, cx: &mut Context<'_>) -> Result<(), Fault> {
        if at.saturating_add(length) > m.len() {
            return Err(Fault::Malformed("data of a pipe beyond the message"));
        }
        let bytes = m.some(at, length.min(limits::DCE_RPC_MESSAGE))?;
        if length == 0 {
            return Ok(());
        }
        let begun = Begun {
            ts: start.ts,
            dir: start.dir,
            at: start.at.saturating_add(at as u64),
        };
        let name = self.files.get(&id).and_then(name_of);
        let (pipe, displaced) = self.pipes.get_or_insert_with(id, || Box::new(Pipe::new(name)));
        pipe.heard(bytes, bytes.len() == length, begun, cx);
        if let Some(mut oldest) = displaced {
            oldest.end(false, cx);
        }
        Ok(())
    }

    /// The pipe is closed, or its identifier means another.
    pub(super) fn hung_up(&mut self, id: u128, closed: bool, cx: &mut Context<'_>) {
        if let Some(mut pipe) = self.pipes.remove(&id) {
            pipe.end(closed, cx);
        }
    }
}

fn name_of(file: &File) -> Option<&str> {
    file.name.name.as_deref()
}
