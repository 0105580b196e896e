//! Link layers: tags, PPP, PPPoE, MPLS, giants, and every one of them cut anywhere.

use wire::link::{decode, is_known, Content};

use crate::making::*;
use crate::tunnels;

fn label(bottom: bool) -> [u8; 4] {
    [0, 1, if bottom { 1 } else { 0 }, 64]
}

fn pppoe(protocol: u16, payload: &[u8]) -> Vec<u8> {
    [&[0x11, 0, 0, 9][..], &be(payload.len() + 2), &protocol.to_be_bytes(), payload].concat()
}

type Case = (&'static str, u16, Vec<u8>);

/// Frames that hold the connection to be found, without a tunnel.
fn frames() -> Vec<Case> {
    let (packet, packet6, frame) = (inside(), inside6(), inside_frame());
    let below = |labels: &[[u8; 4]], payload: &[u8]| ethernet(A, B, 0x8847, &[labels.concat().as_slice(), payload].concat());
    let word = [0u8, 0, 0, 1];
    let wrong_sum = {
        let mut packet = packet.clone();
        packet[10] ^= 0xff;
        packet
    };
    let from_d = ethernet(D, C, 0x0800, &packet);
    let to_six = ethernet(C, [0x66, 1, 2, 3, 0xff, 0xff], 0x0800, &packet);
    vec![
        ("ethernet", ETHERNET, ethernet(A, B, 0x0800, &packet)),
        (
            "padding and check sequence",
            ETHERNET,
            [ethernet(A, B, 0x0800, &packet), vec![0xee; 22]].concat(),
        ),
        (
            "three tags",
            ETHERNET,
            ethernet(A, B, 0x88a8, &tagged(1, 0x9100, &tagged(2, 0x8100, &tagged(3, 0x0800, &packet)))),
        ),
        ("null", 0, [&[2, 0, 0, 0], &packet[..]].concat()),
        ("raw", 101, packet6.clone()),
        ("ppp", 9, [&[0xff, 3, 0, 0x21], &packet[..]].concat()),
        ("ppp, bare", 9, [&[0, 0x57], &packet6[..]].concat()),
        ("ppp, compressed", 9, [&[0x21], &packet[..]].concat()),
        ("ppp in hdlc", 50, [&[0xff, 3, 0, 0x21], &packet[..]].concat()),
        ("cisco hdlc as ppp", 50, [&[0x0f, 0, 8, 0], &packet[..]].concat()),
        ("cisco hdlc", 104, [&[0x8f, 0, 0x86, 0xdd], &packet6[..]].concat()),
        ("pppoe", ETHERNET, ethernet(A, B, 0x8864, &pppoe(0x21, &packet))),
        (
            "pppoe over a tag",
            ETHERNET,
            ethernet(A, B, 0x8100, &tagged(5, 0x8864, &pppoe(0x57, &packet6))),
        ),
        ("pppoe by link type", 51, pppoe(0x21, &packet)),
        ("mpls", ETHERNET, below(&[label(true)], &packet)),
        ("mpls, no checksum", ETHERNET, below(&[label(true)], &wrong_sum)),
        (
            "mpls, three labels, IPv6",
            ETHERNET,
            below(&[label(false), label(false), label(true)], &packet6),
        ),
        (
            "mpls multicast",
            ETHERNET,
            ethernet(A, B, 0x8848, &[&label(true)[..], &packet].concat()),
        ),
        ("mpls by link type", 219, [&label(true)[..], &packet].concat()),
        ("mpls in ppp", 9, [&[2, 0x81][..], &label(true), &packet].concat()),
        (
            "pseudowire with control word",
            ETHERNET,
            below(&[label(false), label(true)], &[&word[..], &from_d].concat()),
        ),
        ("pseudowire", ETHERNET, below(&[label(true)], &from_d)),
        ("pseudowire to a station like IPv4", ETHERNET, below(&[label(true)], &frame)),
        ("pseudowire to a station like IPv6", ETHERNET, below(&[label(true)], &to_six)),
    ]
}

#[test]
fn every_link_layer_is_followed() {
    for (name, link, frame) in frames() {
        let (rows, pipeline) = read(link, &[frame]);
        found(&rows, name);
        assert_eq!((pipeline.undecoded(), pipeline.other()), (0, 0), "{name}");
        assert_eq!(rows["conn"].len(), 1, "{name}");
        assert!(is_known(link), "{name}");
    }
    // Radio frames, a user's own, USB.
    assert!([127, 147, 189].iter().all(|&link| !is_known(link)));
}

#[test]
fn the_inner_frame_tells_stations_and_tags() {
    let inner = ethernet(C, B, 0x8100, &tagged(30, 0x0800, &inside()));
    let frame = ethernet(A, B, 0x88a8, &tagged(10, 0x8847, &[&label(true)[..], &inner].concat()));
    let (rows, _) = read(ETHERNET, &[frame]);
    let row = found(&rows, "tagged inside");
    assert_eq!(
        (row["orig_l2_addr"].as_str(), row["vlan"].as_str(), row["inner_vlan"].as_str()),
        ("02:00:00:00:00:0c", "30", "-")
    );
    let frame = ethernet(A, B, 0x88a8, &tagged(10, 0x8847, &[&label(true)[..], &inside()].concat()));
    let (rows, _) = read(ETHERNET, &[frame]);
    let row = found(&rows, "tagged outside");
    assert_eq!((row["orig_l2_addr"].as_str(), row["vlan"].as_str()), ("02:00:00:00:00:0a", "10"));
}

#[test]
fn what_is_not_followed_is_other() {
    let words: &[(u16, &[u8])] = &[
        (0x8863, &[0x11, 9, 0, 0, 0, 0]),
        (0x8864, &[0x21, 0, 0, 0, 0, 0, 0, 0x21]),
        (0x88cc, &[2, 7, 4]),
        (38, &[0x42, 0x42, 3]),
    ];
    let mut frames: Vec<Vec<u8>> = words.iter().map(|(kind, payload)| ethernet(A, B, *kind, payload)).collect();
    // An associated channel (RFC 4385 section 5), labels without end.
    frames.push(ethernet(
        A,
        B,
        0x8847,
        &[&label(true)[..], &[0x10, 0, 0, 0x21, 0x45, 0, 0]].concat(),
    ));
    frames.push(ethernet(A, B, 0x8847, &label(false).repeat(200)));
    let (rows, pipeline) = read(ETHERNET, &frames);
    assert!(rows.is_empty(), "{rows:?}");
    assert_eq!((pipeline.other(), pipeline.undecoded()), (frames.len() as u64, 0));
}

/// A UDP datagram has no use for more than 64 kB; a segment has.
fn giant(len: usize) -> Vec<u8> {
    let mut segment = vec![0x9c, 0x40, 0, 104, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 1, 0, 0, 0, 0, 0];
    segment.resize(20 + len, b'x');
    segment
}

#[test]
fn giants_of_segmentation_offload_are_whole() {
    let jumbo = |len: usize, said: usize| {
        let mut options = vec![6, 0, 0xc2, 4];
        options.extend((said as u32).to_be_bytes());
        let mut packet = ip6(1, 2, 0, &[options, giant(len)].concat());
        packet[4..6].fill(0);
        packet
    };
    let zero = {
        let mut packet = ip4([10, 9, 0, 1], [10, 9, 0, 2], 6, &giant(70_000));
        packet[2..4].fill(0);
        packet
    };
    let cases = [
        ("length 0", ethernet(A, B, 0x0800, &zero), 70_000, 70_040),
        (
            "length modulo 64 kB",
            ethernet(A, B, 0x0800, &ip4([10, 9, 0, 1], [10, 9, 0, 2], 6, &giant(70_000))),
            70_000,
            70_040,
        ),
        (
            "IPv6 modulo 64 kB",
            ethernet(A, B, 0x86dd, &ip6(1, 2, 6, &giant(70_000))),
            70_000,
            70_060,
        ),
        (
            "jumbo option",
            [ethernet(A, B, 0x86dd, &jumbo(70_000, 70_028)), vec![0; 4]].concat(),
            70_000,
            70_068,
        ),
        (
            "a jumbo option that lies",
            ethernet(A, B, 0x86dd, &jumbo(70_000, 28)),
            70_000,
            70_068,
        ),
        (
            "a small one behind padding",
            [ethernet(A, B, 0x0800, &ip4([10, 9, 0, 1], [10, 9, 0, 2], 6, &giant(1))), vec![0; 5]].concat(),
            1,
            41,
        ),
    ];
    for (name, frame, bytes, ip_bytes) in cases {
        let (rows, pipeline) = read(ETHERNET, &[frame]);
        let row = &rows["conn"][0];
        assert_eq!(
            (row["orig_bytes"].clone(), row["orig_ip_bytes"].clone()),
            (bytes.to_string(), ip_bytes.to_string()),
            "{name}"
        );
        assert_eq!((row["missed_bytes"].as_str(), pipeline.undecoded()), ("0", 0), "{name}");
    }
}

#[test]
fn cut_or_changed_anywhere_nothing_breaks() {
    let all: Vec<Case> = frames()
        .into_iter()
        .chain(tunnels::all().into_iter().map(|(name, frame)| (name, ETHERNET, frame)))
        .collect();
    let mut pipeline = pipeline();
    let mut show = |link: u16, data: &[u8], wire_len: usize| {
        pipeline.packet(wire::capture::Packet {
            ts: T0,
            link,
            data,
            wire_len,
        });
    };
    for (name, link, frame) in &all {
        for cut in 0..frame.len() {
            let (_, content) = decode(*link, &frame[..cut], frame.len());
            if let Content::Ip(datagram) = content {
                assert!(datagram.payload.len() + datagram.cut <= datagram.ip_len, "{name} cut at {cut}");
            }
            show(*link, &frame[..cut], frame.len());
        }
        for at in 0..frame.len() {
            for byte in [0, 1, 0x7f, 0x80, 0xff, frame[at] ^ 0x10] {
                let mut changed = frame.clone();
                changed[at] = byte;
                show(*link, &changed, changed.len());
                show(*link, &changed, u32::MAX as usize);
            }
        }
    }
    pipeline.finish();
}
