//! From the rings to the shelf and back.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use wire::capture::Packet;
use wire::kept::keeper::{Keeper, Plan, Status};
use wire::kept::shelf::{list, Bounds};

use crate::common::golden;
use crate::export::{all, exported};
use crate::{bounds, entries, key, Folder};

fn plan(folder: &Folder) -> Plan {
    Plan {
        folder: folder.0.clone(),
        bounds: Bounds {
            // These packets are years old.
            keep: i64::MAX,
            ..bounds(1 << 30)
        },
        key: key(),
    }
}

#[test]
fn two_rings_give_back_every_packet_in_the_order_of_time() {
    let folder = Folder::new("rings");
    let mut packets: Vec<_> = golden()
        .into_iter()
        .flat_map(|(_, packets)| packets)
        .filter(|packet| packet.link == 1)
        .collect();
    packets.sort_by_key(|packet| packet.ts);
    let (keeper, mut baskets) = Keeper::open(plan(&folder), "mirror0", 2).unwrap();
    for (n, frame) in packets.iter().enumerate() {
        baskets[n * 7 % 3 % 2].add(&Packet {
            ts: frame.ts,
            link: frame.link,
            data: &frame.data,
            wire_len: frame.wire_len,
        });
    }
    drop(baskets);
    keeper.finish();
    let Status { segments, kept, lost, .. } = keeper.status();
    assert_eq!((segments, kept, lost), (2, packets.len() as u64, 0));
    let (back, told) = exported(&folder, all());
    assert!(back.is_sorted_by_key(|packet| packet.ts));
    let mut back: Vec<_> = back.iter().map(|packet| (packet.ts, &packet.data, packet.wire_len)).collect();
    let mut sent: Vec<_> = packets.iter().map(|packet| (packet.ts, &packet.data, packet.wire_len)).collect();
    back.sort();
    sent.sort();
    assert!(back == sent, "{} of {}", back.len(), sent.len());
    assert!(told.problems.is_empty());
}

#[test]
fn nothing_of_a_packet_stands_in_a_file() {
    let folder = Folder::new("clear");
    let (keeper, mut baskets) = Keeper::open(plan(&folder), "mirror0", 1).unwrap();
    let data = b"a frame that tells of MUSTERMANN^ERIKA, MRN004711, in clear";
    for ts in 0..50_000 {
        baskets[0].add(&Packet {
            ts,
            link: 1,
            data,
            wire_len: data.len(),
        });
    }
    drop(baskets);
    keeper.finish();
    assert_eq!(keeper.status().kept, 50_000);
    for path in entries(&folder.0) {
        let bytes = fs::read(&path).unwrap();
        // Two bytes alike by chance everywhere, eight never.
        assert!(
            !bytes.windows(8).any(|eight| data.windows(8).any(|clear| clear == eight)),
            "{}",
            path.display()
        );
    }
}

#[test]
fn a_disk_that_fails_loses_packets_of_the_shelf_says_so_and_goes_on() {
    let folder = Folder::new("fails");
    let (keeper, mut baskets) = Keeper::open(plan(&folder), "mirror0", 1).unwrap();
    let data = [7; 60_000];
    let fill = |basket: &mut wire::kept::keeper::Basket, packets: usize| {
        for _ in 0..packets {
            basket.add(&Packet {
                ts: 1,
                link: 1,
                data: &data,
                wire_len: data.len(),
            });
            sleep(Duration::from_micros(50));
        }
    };
    let settled = |holds: &dyn Fn(&Status) -> bool| {
        (0..500).any(|_| {
            holds(&keeper.status()) || {
                sleep(Duration::from_millis(20));
                false
            }
        })
    };
    fs::remove_dir_all(&folder.0).unwrap();
    fs::write(&folder.0, b"no folder").unwrap();
    fill(&mut baskets[0], 300);
    assert!(settled(&|status| status.trouble.is_some() && status.lost > 200));
    let lost = keeper.status().lost;
    fs::remove_file(&folder.0).unwrap();
    fs::create_dir(&folder.0).unwrap();
    fill(&mut baskets[0], 300);
    assert!(settled(&|status| status.trouble.is_none() && status.kept > 200));
    drop(baskets);
    keeper.finish();
    let status = keeper.status();
    assert_eq!((status.kept + status.lost, status.lost), (600, lost));
    let said: u64 = list(&folder.0).unwrap().iter().map(|one| one.facts.as_ref().unwrap().lost).sum();
    assert_eq!(said, lost, "the segments tell what is missing between them");
    drop(fs::remove_dir_all(&folder.0));
}
