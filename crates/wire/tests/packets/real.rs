//! Captures of real tunnels, which are not part of the project; where they are not, nothing is tested.

use std::path::PathBuf;

use wire::capture::Captures;
use wire::testing::{rows, PlainRows};

use crate::making::*;

fn shared(name: &str) -> Option<PlainRows> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/captures")
        .join(name);
    let mut captures = path.exists().then(|| Captures::open(&[path], &[]).unwrap())?;
    let mut pipeline = pipeline();
    while captures.next(|packet| pipeline.packet(packet)) {}
    pipeline.finish();
    assert_eq!((pipeline.undecoded(), pipeline.other()), (0, 0), "{name}");
    Some(rows(&mut pipeline.out))
}

/// Packets of both directions by (originator, responder, protocol, service).
fn talks(rows: &PlainRows) -> Vec<(String, u64)> {
    let mut talks: Vec<(String, u64)> = rows["conn"]
        .iter()
        .map(|r| {
            let count = |side: &str| r[side].parse::<u64>().unwrap();
            let text = [&r["id_orig_h"], &r["id_resp_h"], &r["proto"], &r["service"]]
                .map(String::as_str)
                .join(" ");
            (text, count("orig_pkts") + count("resp_pkts"))
        })
        .collect();
    talks.sort();
    talks
}

fn expected(of: &[(&str, u64)]) -> Vec<(String, u64)> {
    of.iter().map(|(text, packets)| ((*text).to_owned(), *packets)).collect()
}

#[test]
fn gre_between_two_routers() {
    let Some(rows) = shared("zeek/tunnels__gre-sample.pcap") else {
        return;
    };
    let tunnel = ("172.27.1.66 66.59.109.137 47 -", 40);
    let inside = [
        ("172.28.2.3 66.59.111.190 icmp -", 2),
        ("66.59.111.190 129.170.17.4 udp ntp", 2),
        ("66.59.111.190 172.28.2.3 icmp -", 8),
        ("66.59.111.190 172.28.2.3 tcp ssh", 22),
        ("66.59.111.190 172.28.2.3 udp dns", 2),
        ("66.59.111.190 18.26.4.105 udp ntp", 2),
        ("66.59.111.190 66.59.111.182 udp ntp", 2),
    ];
    assert_eq!(talks(&rows), expected(&[&[tunnel], inside.as_slice()].concat()));
}

#[test]
fn vxlan_between_two_hosts() {
    let Some(rows) = shared("zeek/tunnels__vxlan.pcap") else { return };
    let tunnels = |from: &str, to: &str| {
        talks(&rows)
            .iter()
            .filter(|(text, _)| *text == format!("{from} {to} udp -"))
            .map(|t| t.1)
            .sum::<u64>()
    };
    assert_eq!(
        (tunnels("192.168.56.11", "192.168.56.12"), tunnels("192.168.56.12", "192.168.56.11")),
        (5, 5)
    );
    assert_eq!(talks(&rows)[0], ("10.0.0.1 10.0.0.2 icmp -".to_owned(), 8));
    assert_eq!(rows["arp"].len(), 2);
    let Some(rows) = shared("attacks/sv_arp_detect_arp_04_vxlan_vxlan_arp.pcap") else {
        return;
    };
    let said: Vec<_> = rows["arp"]
        .iter()
        .map(|r| (r["op_name"].as_str(), r["sender_ip"].as_str(), r["mac_src"].as_str()))
        .collect();
    assert_eq!(
        said,
        [
            ("request", "192.168.203.5", "00:30:88:01:00:02"),
            ("reply", "192.168.203.3", "00:16:3e:37:f6:04")
        ]
    );
}

#[test]
fn three_tags() {
    let Some(rows) = shared("zeek/vlan-qinqinq.pcap") else { return };
    assert_eq!(talks(&rows), expected(&[("141.142.228.5 192.150.187.43 tcp http", 14)]));
    assert_eq!(
        (rows["conn"][0]["vlan"].as_str(), rows["conn"][0]["inner_vlan"].as_str()),
        ("30", "20")
    );
}
