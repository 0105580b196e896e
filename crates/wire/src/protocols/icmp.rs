//! ICMP, with which hosts try who is there and tell each other what did not arrive: a sweep, a path through which data leaves, or a stranger
//! who says that he is the better gateway. RFC 792; RFC 4443, RFC 4861 of IPv6.
//!
//! What a message carries is measured and compared, never kept; of the packet that an error quotes only its ends are.

mod message;
mod talk;
#[cfg(test)]
mod tests;

pub use talk::{Arrived, Talk};

use crate::stream;

stream! {
    /// What two ends said to each other in messages of one type (and its answer) or of one type and code, when it is over; one that goes on
    /// gives a row every hour with what came since the row before. The connection of the same `uid` has packets and bytes.
    Icmp = "icmp" {
        /// What the type means: echo unreachable redirect time_exceeded parameter_problem too_big source_quench router neighbour listener
        /// timestamp information address_mask node_information; nothing of other types.
        kind: Word,
        /// Type and code of the first message. RFC 792, RFC 4443 2.1.
        icmp_type: Int,
        icmp_code: Int,
        /// Seconds from the first message to the last.
        duration: Float,
        /// Messages of the originator, and of the responder.
        requests: Int,
        replies: Int,
        /// Bytes behind the head of eight, over all messages, and of the shortest and the longest.
        payload_bytes: Int,
        payload_min: Int,
        payload_max: Int,
        /// Different lengths of them, at most 64 are told apart: a program that pings has one.
        payload_sizes: Int,
        /// Different identifiers of echo, at most 64 are told apart. RFC 792, RFC 4443 4.1.
        identifiers: Int,
        /// Answers to an echo that brought back something else than was sent, which no honest host does: a tunnel's. RFC 792, RFC 4443 4.2.
        replies_unlike: Int,
        /// Answers to an echo that was answered before or never sent: a tunnel's, or those of a flood.
        replies_unasked: Int,
        /// The gateway that a redirect names first, and how many different ones were named. RFC 792, RFC 4861 4.5.
        gateway: Word,
        gateways: Int,
        /// Whom a redirect or a neighbour's message is about. RFC 4861 4.3 to 4.5; of IPv4 the target of the packet that is quoted.
        target: Word,
        /// Advertisements of a neighbour that replace what is known and that nobody asked for. RFC 4861 4.4.
        unsolicited: Int,
        /// Seconds for which a router says that it is one. RFC 4861 4.2, RFC 1256 3.
        router_lifetime: Int,
        /// Largest packet that fits the next link. RFC 1191 4, RFC 4443 3.2.
        mtu: Int,
        /// Protocol and ends of the packet that the first error quotes, and how many different targets were quoted, at most 64 told apart.
        about_proto: Int,
        about_orig_h: Word,
        about_orig_p: Int,
        about_resp_h: Word,
        about_resp_p: Int,
        about_targets: Int,
        /// Whether the conversation went on behind this row.
        interim: Bool,
        /// Some message was not captured whole.
        partial: Bool,
        /// What was not built as the standard says: `message` is shorter than its head, `quote` is no beginning of a packet.
        malformed: Word,
    }
}
