//! Calls and video visits over WebRTC: who speaks with whom, through which relay, how long, and whether what they say and show is encrypted.
//! STUN: RFC 8489; TURN: RFC 8656; keys for media: RFC 5764, RFC 6347, RFC 9147; what is what on one port: RFC 7983.
//!
//! Names of users are pseudonyms; of media nothing but its amount is looked at.

mod dtls;
mod message;
mod session;
#[cfg(test)]
mod tests;

use crate::protocols::Datagrams;
use crate::stream;

stream! {
    /// A session between two ends that began with STUN, when it is over; one that goes on gives a row every hour with what came since the row
    /// before. What a relay carries (TURN) is looked into: media of a call stands in the row of the connection to the relay too.
    Stun = "stun" {
        /// Seconds from the first message to the last.
        duration: Float,
        /// What was asked: binding allocate refresh send data create_permission channel_bind; numbers of others. RFC 8489 18.2, RFC 8656 18.1.
        methods: Texts,
        /// Messages by class: requests, answers, refusals, and what wants no answer. RFC 8489 5.
        requests: Int,
        successes: Int,
        errors: Int,
        indications: Int,
        /// The first refusal that is none of those with which every login begins (401, 438): 300 to 699. RFC 8489 14.8.
        error_code: Int,
        /// Requests signed with a password that were refused as unauthenticated.
        logins_refused: Int,
        /// What the originator and the responder say that they are. RFC 8489 14.14.
        client_software: Word,
        server_software: Word,
        /// Pseudonym of the first user that was named. RFC 8489 14.3.
        username: Text,
        /// Domain in which a relay knows its users, if it is built as a host's name. RFC 8489 14.9.
        realm: Word,
        /// Some message was protected by a shared key. RFC 8489 14.5.
        integrity: Bool,
        /// One end chose this pair of addresses for its media. RFC 8445 7.1.1.
        nominated: Bool,
        /// The originator as its partner sees it: behind address translation another than here. RFC 8489 14.2.
        mapped_h: Word,
        mapped_p: Int,
        /// Where a relay answers for it; with whom it speaks through that first, and with how many, at most 64. RFC 8656 14.3, 14.5.
        relayed_h: Word,
        relayed_p: Int,
        peer_h: Word,
        peer_p: Int,
        peers: Int,
        /// Version of DTLS and cipher suite that were agreed on, and how media is encrypted. RFC 5764 4.1.2.
        dtls_version: Word,
        dtls_cipher: Word,
        srtp_profile: Word,
        /// Both sides have sent what only who has the keys can.
        dtls_established: Bool,
        /// Packets of media (RTP and RTCP) of the originator and of the responder, and bytes of both. RFC 3550.
        orig_media_pkts: Int,
        resp_media_pkts: Int,
        media_bytes: Int,
        /// Records of data that DTLS carries itself: channels for chat and files. RFC 8831.
        data_records: Int,
        /// Whether all media came after keys for it had been agreed on; nothing if no handshake was seen: then its keys came another way, or it has
        /// none.
        media_encrypted: Bool,
        /// Whether the session went on behind this row.
        interim: Bool,
        /// Some message was not captured whole.
        partial: Bool,
        /// What was not built as the standard says: `message` of STUN, `record` of DTLS.
        malformed: Word,
    }
}

pub static PROTOCOL: Datagrams = Datagrams {
    name: "stun",
    ports: &[3478, 19302],
    probe: message::probe,
    conversation: || Box::new(session::Session::default()),
};
