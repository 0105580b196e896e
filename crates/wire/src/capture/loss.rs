//! Packets of one capture that can give no rows, and how that is said when it ends.

use std::collections::BTreeMap;

use crate::link;

/// Link types that are named of one capture; it may hold more.
const NAMED: usize = 3;

#[derive(Default)]
pub struct Loss {
    /// Packets that could not be taken out of the file: of an interface that it does not describe, or longer than their block.
    pub unreadable: u64,
    /// The link type that was last found to be known: nearly always that of the next packet.
    known: Option<u16>,
    /// Packets of link types that are not known.
    strange: BTreeMap<u16, u64>,
}

impl Loss {
    /// Notes the link type of a packet, if it is not known.
    pub fn look(&mut self, link: u16) {
        if self.known == Some(link) {
            return;
        }
        if link::is_known(link) {
            self.known = Some(link);
        } else {
            *self.strange.entry(link).or_default() += 1;
        }
    }

    /// What is to be said of a capture of which `packets` packets were taken: a sentence a reason.
    pub fn told(&self, packets: u64) -> Vec<String> {
        let of = packets.saturating_add(self.unreadable);
        let mut told = Vec::new();
        if !self.strange.is_empty() {
            let links: Vec<_> = self.strange.keys().take(NAMED).map(u16::to_string).collect();
            let links = links.join(", ") + if self.strange.len() > NAMED { ", ..." } else { "" };
            let lost: u64 = self.strange.values().sum();
            told.push(format!(
                "{lost} of {of} packets were left out: link type {links} is not known; capture Ethernet or raw IP"
            ));
        }
        if self.unreadable > 0 {
            let lost = self.unreadable;
            told.push(format!(
                "{lost} of {of} packets were left out: they name no interface that the capture describes, or do not fit their block"
            ));
        }
        told
    }
}
