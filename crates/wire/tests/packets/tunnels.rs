//! Packets inside packets: the connection inside is found, and the tunnel is one too.

use crate::making::*;

pub fn gre(flags: u16, kind: u16, words: usize, payload: &[u8]) -> Vec<u8> {
    [&flags.to_be_bytes()[..], &kind.to_be_bytes(), &vec![0xa5; words * 4], payload].concat()
}

pub fn vxlan(payload: &[u8]) -> Vec<u8> {
    udp(50_000, 4789, &[&[8, 0, 0, 0, 0, 0, 42, 0], payload].concat())
}

fn geneve(kind: u16, options: usize, payload: &[u8]) -> Vec<u8> {
    let head = [
        &[options as u8, 0x40][..],
        &kind.to_be_bytes(),
        &[0, 0, 42, 0],
        &vec![0xa5; options * 4],
    ]
    .concat();
    udp(50_000, 6081, &[&head[..], payload].concat())
}

/// ERSPAN II and III heads with VLAN 104.
fn erspan_ii(payload: &[u8]) -> Vec<u8> {
    gre(0x1000, 0x88be, 1, &[&[0x10, 104, 0x18, 1, 0, 0, 0, 5], payload].concat())
}

fn erspan_iii(last: u16, payload: &[u8]) -> Vec<u8> {
    let platform = if last & 1 == 1 { vec![0xa5; 8] } else { vec![] };
    let head = [&[0x20, 104, 0, 1, 0, 0, 0, 9, 0, 0][..], &last.to_be_bytes(), &platform].concat();
    gre(0x1000, 0x22eb, 1, &[&head[..], payload].concat())
}

/// Name, IP protocol of the tunnel, and what it carries.
fn tunnels() -> Vec<(&'static str, u8, Vec<u8>)> {
    let (packet, packet6, frame) = (inside(), inside6(), inside_frame());
    let ppp = [&[0xff, 3, 0, 0x21][..], &packet].concat();
    let origin = [0, 0, 1, 2, 3, 4, 5, 6];
    let signed = [&[0, 1, 2, 3][..], &[9; 14], &origin, &packet6].concat();
    vec![
        ("gre", 47, gre(0, 0x0800, 0, &packet)),
        ("gre with checksum, key and sequence", 47, gre(0xb000, 0x86dd, 3, &packet6)),
        ("gre with mpls", 47, gre(0x2000, 0x8847, 1, &[&[0, 1, 1, 64][..], &packet].concat())),
        ("nvgre", 47, gre(0x2000, 0x6558, 1, &frame)),
        ("pptp", 47, gre(0x3081, 0x880b, 3, &ppp)),
        ("erspan I", 47, gre(0, 0x88be, 0, &frame)),
        ("erspan II", 47, erspan_ii(&frame)),
        ("erspan III", 47, erspan_iii(0, &frame)),
        ("erspan III with a platform's bytes", 47, erspan_iii(1, &frame)),
        ("erspan III of IP", 47, erspan_iii(2 << 10, &packet)),
        ("ip in ip", 4, packet.clone()),
        ("6in4", 41, packet6.clone()),
        ("vxlan", 17, vxlan(&frame)),
        (
            "vxlan with a group",
            17,
            udp(50_000, 8472, &[&[0x88, 8, 0, 9, 0, 0, 42, 0], &frame[..]].concat()),
        ),
        ("geneve", 17, geneve(0x6558, 0, &frame)),
        ("geneve with options, IPv6", 17, geneve(0x86dd, 5, &packet6)),
        ("teredo", 17, udp(50_000, 3544, &packet6)),
        ("teredo from the server", 17, udp(3544, 50_000, &signed)),
    ]
}

pub fn all() -> Vec<(&'static str, Vec<u8>)> {
    tunnels()
        .into_iter()
        .map(|(name, proto, payload)| (name, around(proto, &payload)))
        .collect()
}

#[test]
fn the_connection_inside_is_found_and_the_tunnel_counted() {
    for (name, frame) in all() {
        let (rows, pipeline) = read(ETHERNET, &[frame]);
        found(&rows, name);
        let outer = rows["conn"].iter().find(|row| row["id_orig_h"] == "172.16.0.1");
        assert_eq!(
            outer.map(|row| (row["orig_pkts"].as_str(), row["tunnel"].as_str())),
            Some(("1", "-")),
            "{name}"
        );
        assert_eq!(
            (rows["conn"].len(), pipeline.packets(), pipeline.undecoded(), pipeline.other()),
            (2, 1, 0, 0),
            "{name}"
        );
    }
}

#[test]
fn the_kind_of_the_innermost_tunnel_and_its_hop_limit_are_told() {
    let word = |name: &str| {
        match name {
            "ip in ip" | "6in4" => "ip",
            _ => name.split(' ').next().expect("a word").trim_end_matches(','),
        }
        .to_owned()
    };
    for (name, mut frame) in all() {
        // The hop limit of the tunnel's own packet.
        frame[14 + 4 + 8] = 17;
        let (rows, _) = read(ETHERNET, &[frame]);
        let row = found(&rows, name);
        assert_eq!(
            (row["tunnel"].as_str(), row["orig_ttl"].as_str(), row["resp_ttl"].as_str()),
            (word(name).as_str(), "64", "-"),
            "{name}"
        );
        // The responder has sent nothing: its end is where that was sent to.
        assert_eq!(
            (row["tunnel_orig_h"].as_str(), row["tunnel_resp_h"].as_str()),
            ("172.16.0.1", "172.16.0.2"),
            "{name}"
        );
    }
    let both = around(4, &ip4([10, 8, 0, 1], [10, 8, 0, 2], 47, &gre(0, 0x0800, 0, &inside())));
    let (rows, _) = read(ETHERNET, &[both]);
    let row = found(&rows, "gre in ip");
    assert_eq!(
        (row["tunnel"].as_str(), row["tunnel_orig_h"].as_str(), row["tunnel_resp_h"].as_str()),
        ("gre", "10.8.0.1", "10.8.0.2")
    );
}

#[test]
fn stations_and_tags_are_those_inside_or_else_outside() {
    let facts = |proto: u8, payload: &[u8]| {
        let (rows, _) = read(ETHERNET, &[around(proto, payload)]);
        let row = found(&rows, "inside");
        [row["orig_l2_addr"].clone(), row["vlan"].clone(), row["inner_vlan"].clone()]
    };
    let tagged_frame = ethernet(C, B, 0x88a8, &tagged(30, 0x8100, &tagged(31, 0x0800, &inside())));
    assert_eq!(facts(17, &vxlan(&inside_frame())), ["02:00:00:00:00:0c", "7", "-"]);
    assert_eq!(facts(17, &vxlan(&tagged_frame)), ["02:00:00:00:00:0c", "30", "31"]);
    assert_eq!(facts(4, &inside()), ["02:00:00:00:00:0a", "7", "-"]);
    // ERSPAN tells the VLAN of the mirrored port.
    assert_eq!(facts(47, &erspan_ii(&inside_frame())), ["02:00:00:00:00:0c", "104", "-"]);
    assert_eq!(facts(47, &erspan_iii(0, &tagged_frame)), ["02:00:00:00:00:0c", "30", "31"]);
}

#[test]
fn what_only_sits_on_the_port_of_a_tunnel_is_no_tunnel() {
    let frame = inside_frame();
    let almost: &[Vec<u8>] = &[
        udp(50_000, 4789, &[&[0, 0, 0, 0, 0, 0, 42, 0], &frame[..]].concat()),
        udp(50_000, 4789, &[&[8, 0, 0, 0, 0, 0, 42, 1], &frame[..]].concat()),
        udp(4789, 50_000, &[&[8, 0, 0, 0, 0, 0, 42, 0], &frame[..]].concat()),
        udp(50_000, 6081, &[&[0x40, 0, 0x65, 0x58, 0, 0, 42, 0], &frame[..]].concat()),
        udp(50_000, 6081, &[&[0, 0, 8, 6, 0, 0, 42, 0], &frame[..]].concat()),
        udp(50_000, 3544, &[&inside6()[..], &[0]].concat()),
        udp(50_000, 3544, b""),
    ];
    for payload in almost {
        let (rows, pipeline) = read(ETHERNET, &[around(17, payload)]);
        assert_eq!((rows["conn"].len(), pipeline.undecoded()), (1, 0), "{payload:02x?}");
    }
    // Routed by its source, a version nobody knows, nothing inside, ERSPAN of another version.
    for payload in [
        gre(0x4000, 0x0800, 1, &inside()),
        gre(2, 0x0800, 0, &inside()),
        gre(0, 0x0800, 0, b""),
        gre(0x1000, 0x88be, 1, &[0x30; 60]),
    ] {
        let (rows, pipeline) = read(ETHERNET, &[around(47, &payload)]);
        assert_eq!((rows["conn"].len(), pipeline.undecoded()), (1, 0), "{payload:02x?}");
    }
}

#[test]
fn arp_inside_is_arp() {
    let arp = [&[0, 1, 8, 0, 6, 4, 0, 1][..], &C, &[10, 9, 0, 1], &[0; 6], &[10, 9, 0, 2]].concat();
    let (rows, _) = read(ETHERNET, &[around(17, &vxlan(&ethernet(C, B, 0x0806, &arp)))]);
    assert_eq!(
        (rows["arp"][0]["sender_ip"].as_str(), rows["arp"][0]["mac_src"].as_str()),
        ("10.9.0.1", "02:00:00:00:00:0c")
    );
}

#[test]
fn a_tunnel_in_pieces_is_a_tunnel() {
    let payload = vxlan(&inside_frame());
    let piece = |word: u16, payload: &[u8]| ethernet(A, B, 0x0800, &ip4_piece([172, 16, 0, 1], [172, 16, 0, 2], 17, word, payload));
    let (rows, pipeline) = read(ETHERNET, &[piece(0x2000, &payload[..48]), piece(6, &payload[48..])]);
    found(&rows, "in pieces");
    assert_eq!((rows["conn"].len(), pipeline.undecoded()), (2, 0));
}

#[test]
fn tunnels_within_tunnels_are_bounded() {
    let mut packet = inside();
    for _ in 0..10 {
        packet = ip4([172, 16, 0, 1], [172, 16, 0, 2], 47, &gre(0, 0x0800, 0, &packet));
    }
    let (rows, _) = read(101, std::slice::from_ref(&packet));
    found(&rows, "ten tunnels");
    for _ in 0..1000 {
        packet = ip4([172, 16, 0, 1], [172, 16, 0, 2], 4, &packet);
    }
    let (rows, _) = read(101, &[packet]);
    let packets: u64 = rows["conn"].iter().map(|row| row["orig_pkts"].parse::<u64>().unwrap()).sum();
    assert_eq!(packets, wire::limits::NESTING as u64 + 1);
}

#[test]
fn sctp_has_ports() {
    let chunk = |src: u16, dst: u16| [&src.to_be_bytes()[..], &dst.to_be_bytes(), &[0; 8], &[1, 0, 0, 4]].concat();
    let (a, b) = ([192, 168, 170, 8], [192, 168, 170, 56]);
    let frames = [
        ip4(a, b, 132, &chunk(7, 80)),
        ip4(b, a, 132, &chunk(80, 7)),
        ip4(a, b, 132, &chunk(8, 80)),
    ];
    let (rows, _) = read(101, &frames);
    let ports: Vec<_> = rows["conn"]
        .iter()
        .map(|r| (r["id_orig_p"].as_str(), r["id_resp_p"].as_str(), r["resp_pkts"].as_str()))
        .collect();
    assert_eq!(ports, [("7", "80", "1"), ("8", "80", "0")]);
    // The specification's own example.
    assert_eq!(rows["conn"][0]["community_id"], "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ=");
}
