//! What a person asks for, and nothing else; damaged segments are named and left out.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use wire::capture::{Captures, Packet};
use wire::kept::export::{Export, Told, Wanted};
use wire::kept::keeper::{Keeper, Plan};
use wire::kept::segment::SiteKey;
use wire::kept::shelf::{list, Bounds};

use crate::common::Frame;
use crate::{bounds, key, Folder, SECOND, T0};

pub fn all() -> Wanted {
    Wanted {
        from: 0,
        to: i64::MAX,
        host: None,
        port: None,
    }
}

/// What an export gives, read back as any capture is.
pub fn exported(folder: &Folder, wanted: Wanted) -> (Vec<Frame>, Told) {
    exported_with(folder, wanted, key())
}

fn exported_with(folder: &Folder, wanted: Wanted, key: SiteKey) -> (Vec<Frame>, Told) {
    let mut bytes = Vec::new();
    let mut export = Export::begin(std::slice::from_ref(&folder.0), key, wanted, &mut bytes).unwrap();
    while export.step().unwrap() {}
    let told = export.told.clone();
    drop(export);
    let path = std::env::temp_dir().join(format!(
        "asepsis-exported-{:?}-{}.pcapng",
        std::thread::current().id(),
        std::process::id()
    ));
    fs::write(&path, bytes).unwrap();
    let mut packets = Vec::new();
    let mut captures = Captures::open(std::slice::from_ref(&path), &[]).unwrap();
    while captures.next(|packet| {
        packets.push(Frame {
            ts: packet.ts,
            link: packet.link,
            data: packet.data.to_vec(),
            wire_len: packet.wire_len,
        });
    }) {}
    assert!(captures.problems.is_empty(), "{:?}", captures.problems);
    fs::remove_file(path).unwrap();
    assert_eq!(packets.len() as u64, told.packets);
    (packets, told)
}

/// Keeps each list of packets as a segment of its own.
fn keep(folder: &Folder, segments: &[Vec<(i64, Vec<u8>)>]) -> Vec<PathBuf> {
    for packets in segments {
        let plan = Plan {
            folder: folder.0.clone(),
            bounds: Bounds {
                keep: i64::MAX,
                ..bounds(1 << 30)
            },
            key: key(),
        };
        let (keeper, mut baskets) = Keeper::open(plan, "mirror0", 1).unwrap();
        for (ts, data) in packets {
            baskets[0].add(&Packet {
                ts: *ts,
                link: 1,
                data,
                wire_len: data.len(),
            });
        }
        drop(baskets);
        keeper.finish();
    }
    list(&folder.0).unwrap().into_iter().map(|one| one.path).collect()
}

fn udp(src: [u8; 4], dst: [u8; 4], ports: (u16, u16), payload: &[u8]) -> Vec<u8> {
    let mut frame = [
        &[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0][..],
        &ip(src, dst, 17, 8 + payload.len()),
    ]
    .concat();
    frame.extend([ports.0.to_be_bytes(), ports.1.to_be_bytes()].concat());
    frame.extend(u16::try_from(8 + payload.len()).unwrap().to_be_bytes());
    frame.extend([0, 0]);
    frame.extend(payload);
    frame
}

fn ip(src: [u8; 4], dst: [u8; 4], proto: u8, len: usize) -> Vec<u8> {
    let total = u16::try_from(20 + len).unwrap().to_be_bytes();
    [&[0x45, 0, total[0], total[1], 0, 0, 0, 0, 64, proto, 0, 0][..], &src, &dst].concat()
}

const PUMP: [u8; 4] = [10, 0, 0, 7];
const SERVER: [u8; 4] = [10, 0, 0, 9];
const OTHER: [u8; 4] = [10, 0, 0, 8];

#[test]
fn of_a_time_both_ends_belong_to_it() {
    let folder = Folder::new("time");
    keep(
        &folder,
        &[0, 10, 20].map(|begin| (begin..begin + 10).map(|n| (T0 + n * SECOND, vec![n as u8; 60])).collect()),
    );
    let wanted = Wanted {
        from: T0 + 8 * SECOND,
        to: T0 + 12 * SECOND,
        ..all()
    };
    let (packets, told) = exported(&folder, wanted);
    assert_eq!(packets.iter().map(|p| p.data[0]).collect::<Vec<_>>(), [8, 9, 10, 11, 12]);
    assert_eq!(
        (told.segments, told.span),
        (2, Some((T0 + 8 * SECOND, T0 + 12 * SECOND))),
        "the third is not even opened"
    );
}

#[test]
fn of_a_host_and_a_port_also_inside_a_tunnel() {
    let folder = Folder::new("host");
    let vxlan = |inner: &[u8]| [&[8, 0, 0, 0, 0, 0, 1, 0][..], inner].concat();
    let mut arp = vec![0xff; 6];
    arp.extend([2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1]);
    arp.extend(OTHER);
    arp.extend([0; 6]);
    arp.extend(PUMP);
    let v6 = {
        let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 8, 17, 64];
        frame.extend([0xfd; 16]);
        frame.extend([0xfe; 16]);
        frame.extend([0, 53, 1, 0, 0, 8, 0, 0]);
        frame
    };
    let tagged = {
        let plain = udp(SERVER, PUMP, (2575, 4000), b"tagged");
        [&plain[..12], &[0x81, 0, 0, 5], &plain[12..]].concat()
    };
    let frames = [
        udp(PUMP, SERVER, (4000, 2575), b"from"),
        udp(OTHER, SERVER, (4000, 2575), b"other"),
        udp(OTHER, SERVER, (9, 4789), &vxlan(&udp(SERVER, PUMP, (2575, 4000), b"inside"))),
        arp,
        v6,
        tagged,
        b"no packet at all".to_vec(),
    ];
    keep(
        &folder,
        &[frames.iter().enumerate().map(|(n, frame)| (T0 + n as i64, frame.clone())).collect()],
    );
    let which = |host: Option<IpAddr>, port: Option<u16>| -> Vec<usize> {
        let host = host.map(|host| match host {
            IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
            IpAddr::V6(v6) => v6.to_bits(),
        });
        let (packets, _) = exported(&folder, Wanted { host, port, ..all() });
        packets.iter().map(|packet| (packet.ts - T0) as usize).collect()
    };
    let pump = Some(IpAddr::V4(Ipv4Addr::from(PUMP)));
    assert_eq!(which(None, None).len(), frames.len());
    assert_eq!(which(pump, None), [0, 2, 3, 5]);
    assert_eq!(which(pump, Some(2575)), [0, 2, 5]);
    assert_eq!(which(None, Some(2575)), [0, 1, 2, 5]);
    assert_eq!(which(Some(IpAddr::V6([0xfe; 16].into())), Some(256)), [4]);
    assert_eq!(which(pump, Some(1)), [0; 0]);
}

#[test]
fn segments_that_overlap_come_in_the_order_of_time() {
    let folder = Folder::new("overlap");
    let every = |from: i64, step: i64| (0..200).map(|n| (T0 + from + n * step, vec![1; 60])).collect::<Vec<_>>();
    keep(&folder, &[every(5, 3), every(0, 7), every(100, 1), every(2000, 1), every(1, 5)]);
    let (packets, told) = exported(&folder, all());
    assert_eq!((packets.len(), told.segments), (1000, 5));
    assert!(packets.is_sorted_by_key(|packet| packet.ts));
}

#[test]
fn what_is_damaged_is_named_and_the_others_are_given() {
    let folder = Folder::new("tampered");
    let paths = keep(&folder, &[1, 2, 3, 4, 5].map(|n| vec![(T0 + n, vec![n as u8; 60])]));
    let change = |path: &PathBuf, how: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = fs::read(path).unwrap();
        how(&mut bytes);
        fs::write(path, bytes).unwrap();
    };
    change(&paths[0], &|bytes| *bytes.last_mut().unwrap() ^= 1);
    change(&paths[1], &|bytes| bytes.truncate(150));
    change(&paths[2], &|bytes| bytes.clear());
    // Somebody's file of a gigabyte, without blocks on the disk: it is not read into memory.
    let head = fs::read(&paths[3]).unwrap();
    let giant = fs::File::create(folder.0.join("0000000006.packets")).unwrap();
    giant.write_all_at(&head, 0).unwrap();
    giant.set_len(1 << 30).unwrap();
    let (packets, told) = exported(&folder, all());
    assert_eq!(packets.iter().map(|p| p.data[0]).collect::<Vec<_>>(), [4, 5]);
    let mut whys: Vec<_> = told.problems.iter().map(|(path, why)| (path.clone(), why.as_str())).collect();
    whys.sort();
    let expected = ["changed since it was sealed", "cut short", "no segment of kept packets"];
    assert_eq!(whys.pop().unwrap().1, "larger than any segment");
    assert_eq!(whys, paths.iter().take(3).cloned().zip(expected).collect::<Vec<_>>());
    let (packets, told) = exported_with(&folder, all(), SiteKey::new(&[8; 32], "k1"));
    assert_eq!((packets.len(), told.problems.len()), (0, 6));
}

#[test]
fn what_goes_meanwhile_is_no_damage() {
    let folder = Folder::new("meanwhile");
    let paths = keep(&folder, &[1, 2].map(|n| vec![(T0 + n, vec![n as u8; 60])]));
    let mut bytes = Vec::new();
    let mut export = Export::begin(std::slice::from_ref(&folder.0), key(), all(), &mut bytes).unwrap();
    wire::kept::shelf::forget(&paths[0]).unwrap();
    while export.step().unwrap() {}
    assert_eq!((export.told.packets, export.told.problems.len()), (1, 0));
}
