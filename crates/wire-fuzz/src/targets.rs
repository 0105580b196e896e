//! What is fuzzed: every parser of the core's own tables, so that a new one is fuzzed without being named here; the whole pipeline; what puts
//! segments and fragments in order; the reader of files.

use wire::protocols::{Datagrams, Protocol, TCP, UDP};

use crate::heads::HEADS;
use crate::script::Piece;
use crate::seeds::Golden;
use crate::{bounds, packets, reader, script, tcp, udp};

#[derive(Clone, Copy)]
enum What {
    Tcp(&'static Protocol),
    Udp(&'static Datagrams),
    Pipeline,
    Segments,
    Fragments,
    Reader,
}

#[derive(Clone)]
pub struct Target {
    pub name: String,
    what: What,
}

pub fn all() -> Vec<Target> {
    let tcp = TCP.iter().map(|&protocol| (tcp_name(protocol), What::Tcp(protocol)));
    let udp = UDP.iter().map(|&protocol| (format!("udp-{}", protocol.name), What::Udp(protocol)));
    let rest = [
        ("pipeline", What::Pipeline),
        ("reassembly", What::Segments),
        ("fragments", What::Fragments),
        ("reader", What::Reader),
    ];
    let rest = rest.map(|(name, what)| (name.to_owned(), what));
    tcp.chain(udp).chain(rest).map(|(name, what)| Target { name, what }).collect()
}

/// What travels in packets of another protocol has the name of what it is; then its port tells.
fn tcp_name(protocol: &'static Protocol) -> String {
    let first = TCP.iter().find(|other| other.name == protocol.name);
    match (first, protocol.ports) {
        (Some(first), [port, ..]) if !std::ptr::eq(*first, protocol) => format!("tcp-{}-{port}", protocol.name),
        _ => format!("tcp-{}", protocol.name),
    }
}

pub fn named(name: &str) -> Option<Target> {
    all().into_iter().find(|target| target.name == name)
}

impl Target {
    /// Whether inputs are scripts, not files.
    pub fn takes_scripts(&self) -> bool {
        !matches!(self.what, What::Reader)
    }

    /// Plays one input; panics if it shows a fault.
    pub fn play(&self, input: &[u8]) {
        if let What::Reader = self.what {
            return reader::play(input);
        }
        let pieces = script::read(input);
        bounds::within(input.len(), || match self.what {
            What::Tcp(protocol) => tcp::play(protocol, &pieces),
            What::Udp(protocol) => udp::play(protocol, &pieces),
            What::Pipeline => packets::play_frames(&pieces),
            What::Segments => packets::play_segments(&pieces),
            What::Fragments => packets::play_fragments(&pieces),
            What::Reader => {}
        });
    }

    pub fn seeds(&self, golden: &[Golden]) -> Vec<Vec<u8>> {
        let of = |golden: &Golden| match self.what {
            What::Tcp(protocol) => golden.tcp(protocol),
            What::Udp(protocol) => golden.udp(protocol),
            What::Pipeline => vec![golden.frames()],
            What::Segments => golden.segments(),
            What::Fragments => golden.fragments(),
            What::Reader => reader::seeds(golden.file.get(..8 << 10).unwrap_or(&golden.file)),
        };
        golden.iter().flat_map(of).chain(self.heads()).collect()
    }

    /// What is known of it where no capture is kept, as one conversation. A direction is the kind of a piece over TCP and over UDP.
    fn heads(&self) -> Option<Vec<u8>> {
        let of = HEADS.iter().filter(|(target, ..)| *target == self.name);
        let said: Vec<Piece> = of.map(|(_, dir, data)| Piece::new(*dir as u8, 0, data)).collect();
        (!said.is_empty()).then(|| script::write(&said, usize::MAX))
    }
}
