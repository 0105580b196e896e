//! SSDP, with which equipment that nobody manages announces itself and is looked for: cameras, televisions, routers, printers. UPnP Device
//! Architecture 2.0, section 1.
//!
//! Answers come from port 1900 to where the search came from, as connections of their own.

mod conversation;
mod message;
#[cfg(test)]
mod tests;

use crate::protocols::Datagrams;
use crate::stream;

stream! {
    /// What one end said in messages of one method about one target, when it is over; one that goes on gives a row every hour with what came
    /// since the row before.
    Ssdp = "ssdp" {
        /// M-SEARCH, NOTIFY, or RESPONSE to a search.
        method: Word,
        /// What is looked for or announced (ST, NT): ssdp:all, upnp:rootdevice, `uuid:*`, or a URN of known words, `*` for others.
        target: Word,
        /// Of announcements: ssdp:alive, ssdp:byebye or ssdp:update (NTS).
        nts: Word,
        /// What the sender says it is (SERVER, USER-AGENT): products with versions and known words.
        server: Word,
        /// Where its description lies (LOCATION): host and port.
        location_h: Word,
        location_p: Int,
        /// Seconds for which the first announcement holds (CACHE-CONTROL), and within which answers are wanted (MX).
        max_age: Int,
        mx: Int,
        /// Seconds from the first message to the last, messages, and bytes of them.
        duration: Float,
        messages: Int,
        bytes: Int,
        /// Different devices that were named (USN), at most 64 are told apart.
        devices: Int,
        /// Whether the conversation went on behind this row.
        interim: Bool,
        /// Some message was not captured whole.
        partial: Bool,
        /// What was not built as the standard says: `message` is none, `target` is missing.
        malformed: Word,
    }
}

pub static PROTOCOL: Datagrams = Datagrams {
    name: "ssdp",
    ports: &[1900],
    probe: message::probe,
    conversation: || Box::new(conversation::Exchange::default()),
};
