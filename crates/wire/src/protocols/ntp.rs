//! NTP: who takes the time from whom, how good it is, and who asks a server for its state or its list of callers, with which floods are made.
//! RFC 5905; control messages: RFC 9327; private ones (mode 7): ntpd's `ntp_request.h`; extension fields: RFC 7822, RFC 8915.

mod conversation;
mod message;
#[cfg(test)]
mod tests;

use crate::protocols::Datagrams;
use crate::stream;

stream! {
    /// What one end said to the other in messages of one version and mode (and of one request, in modes 6 and 7), when it is over; one that
    /// goes on gives a row every hour with what came since the row before. Columns as Zeek's ntp.log where it has them, of the first message.
    Ntp = "ntp" {
        /// Version: 1 to 4. RFC 5905 7.3.
        version: Int,
        /// 1 and 2 symmetric, 3 client, 4 server, 5 broadcast, 6 control, 7 private. RFC 5905 figure 10.
        mode: Int,
        /// Hops from a reference clock; 0 is unspecified, or a server's word that it gives no time. RFC 5905 figure 11.
        stratum: Int,
        /// Seconds between messages.
        poll: Float,
        /// Precision of the clock, seconds.
        precision: Float,
        /// Seconds to the reference clock and back, and their dispersion.
        root_delay: Float,
        root_disp: Float,
        /// What the sender takes its time from: an address (of stratum 2 and above), a known clock, or a known code of stratum 0; `*` for others.
        /// RFC 5905 7.3 and 7.4.
        ref_id: Word,
        /// When the clock was set last; when the request left, when it came, when this message left, each by the clock of its sender.
        ref_time: Time,
        org_time: Time,
        rec_time: Time,
        xmt_time: Time,
        /// Extension fields. RFC 7822.
        num_exts: Int,
        /// Leap indicator: 3 is a clock that was never set.
        leap: Int,
        /// Seconds from the first message to the last, messages, and bytes of them.
        duration: Float,
        messages: Int,
        bytes: Int,
        /// Messages with which a server gives no time but a code (kiss-o'-death). RFC 5905 7.4.
        kisses: Int,
        /// Some message bore a digest of a shared key, or the authenticator of NTS. RFC 5905 7.3, RFC 8915 5.6.
        authenticated: Bool,
        nts: Bool,
        /// Modes 6 and 7: number of what is asked for, its name if it is known, and whether these are answers.
        opcode: Int,
        request: Word,
        response: Bool,
        /// What a server says of itself in mode 6: product with version, and system.
        software: Word,
        system: Word,
        /// Whether the conversation went on behind this row.
        interim: Bool,
        /// Some message was not captured whole.
        partial: Bool,
        /// What was not built as the standard says.
        malformed: Word,
    }
}

pub static PROTOCOL: Datagrams = Datagrams {
    name: "ntp",
    ports: &[123],
    probe: message::probe,
    conversation: || Box::new(conversation::Exchange::default()),
};
