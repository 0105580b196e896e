//! Every form of capture gives the same packets.

use crate::making::*;

#[test]
fn pcap_in_both_resolutions_and_byte_orders() {
    let folder = Folder::new("pcap");
    let packets: &[(i64, &[u8])] = &[(T0, b"one"), (T0 + 1_000_000, b"two packets")];
    for (nano, big) in [(false, false), (false, true), (true, false), (true, true)] {
        let path = folder.file("a.pcap", &pcap(packets, nano, big));
        assert_eq!(read(&[&path]).unwrap(), (expected(packets), vec![]), "nano {nano} big {big}");
    }
}

#[test]
fn pcapng_with_many_interfaces_resolutions_and_unknown_blocks() {
    let folder = Folder::new("pcapng");
    for big in [false, true] {
        let mut file = section(big);
        file.extend(interface(1, None, None, big));
        file.extend(block(0x8000_0bad, &[0xaa; 33], big));
        file.extend(interface(101, Some(9), None, big));
        file.extend(interface(1, Some(0x80 | 20), Some(1_600_000_000), big));
        file.extend(enhanced(0, (T0 / 1000) as u64, b"micro", big));
        file.extend(enhanced(1, T0 as u64 + 7, b"nano", big));
        file.extend(enhanced(2, 100_000_000 << 20 | 1 << 19, b"binary", big));
        file.extend(enhanced(9, 0, b"an interface that is not there", big));
        file.extend(section(!big));
        file.extend(interface(113, Some(6), None, !big));
        file.extend(enhanced(0, (T0 / 1000) as u64 + 2_000_000, b"second section", !big));
        let path = folder.file("a.pcapng", &file);
        let (got, problems) = read(&[&path]).unwrap();
        let seen: Vec<_> = got
            .iter()
            .map(|(ts, link, _, data)| (*ts, *link, std::str::from_utf8(data).unwrap()))
            .collect();
        assert_eq!(
            seen,
            [
                (T0, 1, "micro"),
                (T0 + 7, 101, "nano"),
                (1_700_000_000_500_000_000, 1, "binary"),
                (T0 + 2_000_000_000, 113, "second section")
            ],
            "big {big}"
        );
        assert!(
            problems[0].why.starts_with("1 of 5 packets were left out: they name no interface"),
            "{problems:?}"
        );
    }
}

#[test]
fn pcapng_blocks_that_hold_no_packet_or_too_much_are_passed() {
    let folder = Folder::new("blocks");
    for big in [false, true] {
        let mut file = section(big);
        file.extend(interface(1, None, None, big));
        // Name resolution, interface statistics, journal, decryption secrets, custom: none is looked at.
        for kind in [4, 5, 9, 10, 0x0bad, 0x4000_0bad] {
            file.extend(block(kind, b"10.0.0.9 station-of-zztest", big));
        }
        file.extend(block(10, &vec![0; 3 << 20], big));
        let mut long = enhanced(0, (T0 / 1000) as u64, b"long", big);
        long.truncate(long.len() - 4);
        for word in 0..70_000u32 {
            long.extend(n16(1, big));
            long.extend(n16(16, big));
            long.extend([word as u8; 16]);
        }
        let total = long.len() as u32 + 4;
        long[4..8].copy_from_slice(&n32(total, big));
        long.extend(n32(total, big));
        let cut = file.len() + long.len() - 9;
        file.extend(&long);
        file.extend(enhanced(7, 0, b"of no interface", big));
        let mut lying = enhanced(0, 0, b"longer than its block", big);
        lying[20..24].copy_from_slice(&n32(30, big));
        file.extend(lying);
        file.extend(enhanced(0, (T0 / 1000) as u64 + 1, b"next", big));
        let (got, captures) = read_all(&[&folder.file("a", &file)]).unwrap();
        let seen: Vec<_> = got.iter().map(|(ts, .., data)| (*ts, data.as_slice())).collect();
        assert_eq!(seen, [(T0, b"long".as_slice()), (T0 + 1000, b"next")], "big {big}");
        assert_eq!((captures.unreadable, captures.problems.len()), (2, 1));
        let (got, problems) = read(&[&folder.file("a", &file[..cut])]).unwrap();
        assert_eq!((got.len(), problems.len()), (1, 1), "cut in its options, a packet is whole");
    }
}

#[test]
fn time_before_1970_keeps_its_sign() {
    let folder = Folder::new("before");
    let mut file = section(false);
    file.extend(interface(1, None, None, false));
    file.extend(interface(1, Some(9), Some((-2i64) as u64), false));
    file.extend(interface(1, Some(12), None, false));
    file.extend(interface(1, Some(0x80 | 10), None, false));
    file.extend(interface(1, Some(0), None, false));
    for (n, ticks) in [(0, -1_500_000i64), (1, 5), (2, -1), (3, -512), (4, i64::MIN)] {
        file.extend(enhanced(n, ticks as u64, b"x", false));
    }
    let (got, _) = read(&[&folder.file("a", &file)]).unwrap();
    let times: Vec<i64> = got.iter().map(|(ts, ..)| *ts).collect();
    assert_eq!(times, [-1_500_000_000, -1_999_999_995, -1, -500_000_000, i64::MIN]);
}

#[test]
fn older_forms_of_pcap() {
    let folder = Folder::new("older");
    let packets: &[(i64, &[u8])] = &[(T0, b"one"), (T0 + 1_000_000, b"two")];
    for big in [false, true] {
        let mut nano = pcap(packets, true, big);
        nano[..4].copy_from_slice(&n32(0xa12b_3c4d, big));
        assert_eq!(read(&[&folder.file("a", &nano)]).unwrap(), (expected(packets), vec![]));
        let usual = pcap(packets, false, big);
        let mut modified = usual[..24].to_vec();
        modified[..4].copy_from_slice(&n32(0xa1b2_cd34, big));
        for record in usual[24..].chunks(16 + 3) {
            modified.extend(&record[..16]);
            modified.extend([0, 0, 0, 1, 8, 0, 0, 0]);
            modified.extend(&record[16..]);
        }
        assert_eq!(read(&[&folder.file("a", &modified)]).unwrap(), (expected(packets), vec![]));
    }
}

#[test]
fn a_cut_capture_gives_what_stands_before_the_cut_and_says_so() {
    let folder = Folder::new("cut");
    let packets: &[(i64, &[u8])] = &[(T0, b"first"), (T0 + 1_000_000, b"second")];
    let mut ng = section(false);
    ng.extend(interface(1, None, None, false));
    let head = ng.len();
    ng.extend(enhanced(0, (T0 / 1000) as u64, b"first", false));
    let first = ng.len();
    ng.extend(enhanced(0, (T0 / 1000) as u64 + 1000, b"second", false));
    for (whole, head, first) in [(pcap(packets, false, false), 24, 24 + 16 + 5), (ng, head, first)] {
        for cut in 0..whole.len() {
            let path = folder.file("cut", &whole[..cut]);
            match read(&[&path]) {
                Ok((got, problems)) => {
                    assert_eq!(got, expected(packets)[..usize::from(cut >= first)], "cut at {cut}");
                    let clean = cut == head || cut == first || (head != 24 && got.is_empty());
                    assert_eq!(problems.is_empty(), clean, "cut at {cut}: {problems:?}");
                }
                Err(refused) => assert!(cut < first, "cut at {cut}: {refused}"),
            }
        }
    }
}

#[test]
fn what_is_no_capture_is_refused_in_one_line() {
    let folder = Folder::new("refused");
    let cases: &[(&str, &[u8], &str)] = &[
        ("empty", b"", "is empty"),
        ("text", b"hello, world, no capture", "is not a capture"),
        ("short", b"ab", "is not a capture"),
    ];
    for (name, bytes, why) in cases {
        let refused = read(&[&folder.file(name, bytes)]).unwrap_err();
        assert!(refused.why.starts_with(why), "{name}: {refused}");
        assert!(!refused.to_string().contains('\n'));
    }
    assert!(read(&[&folder.0.join("absent")]).unwrap_err().why.contains("does not exist"));
    let lying = pcap(&[(T0, b"x")], false, false);
    let mut lying = lying.clone();
    lying[32..36].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(read(&[&folder.file("lying", &lying)]).unwrap_err().why.contains("impossible"));
}
