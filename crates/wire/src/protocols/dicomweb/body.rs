//! A body of a transaction as it passes.

use super::objects::Objects;
use super::parts::Parts;

#[derive(Debug)]
pub enum Body {
    Parts(Box<Parts>),
    Objects(Objects),
}

impl Body {
    pub fn wants_more(&self) -> bool {
        match self {
            Body::Parts(parts) => parts.wants_more(),
            Body::Objects(objects) => objects.wants_more(),
        }
    }

    /// Looks at nothing more.
    pub fn stop(&mut self) {
        match self {
            Body::Parts(parts) => parts.stop(),
            Body::Objects(objects) => objects.stop(),
        }
    }

    pub fn feed(&mut self, bytes: &[u8]) {
        match self {
            Body::Parts(parts) => parts.feed(bytes),
            Body::Objects(objects) => objects.feed(bytes),
        }
    }
}
