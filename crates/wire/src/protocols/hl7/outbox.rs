//! Messages that are over and wait to become rows, some at a time: the code that writes a row stays at hand for all of them.

use super::message::Message;
use crate::heads::Origin;
use crate::limits;

#[derive(Default)]
pub struct Outbox {
    waiting: Vec<(Origin, Box<Message>)>,
    /// Memory of written messages, for new ones.
    #[expect(clippy::vec_box, reason = "a message goes to its session and comes back by its address")]
    blanks: Vec<Box<Message>>,
}

impl Outbox {
    /// A message in which nothing stands.
    pub fn blank(&mut self) -> Box<Message> {
        let mut message = self.blanks.pop().unwrap_or_default();
        message.clear();
        message
    }

    pub fn add(&mut self, origin: Origin, message: Box<Message>) {
        self.waiting.push((origin, message));
    }

    pub fn is_full(&self) -> bool {
        self.waiting.len() >= limits::WAITING_MESSAGES
    }

    /// Takes out what waits, to be written.
    pub fn take(&mut self) -> Vec<(Origin, Box<Message>)> {
        std::mem::take(&mut self.waiting)
    }

    /// Takes back what was written.
    pub fn keep(&mut self, mut written: Vec<(Origin, Box<Message>)>) {
        let room = limits::WAITING_MESSAGES.saturating_sub(self.blanks.len());
        written.truncate(room);
        self.blanks.extend(written.drain(..).map(|(_, message)| message));
        self.waiting = written;
    }
}
