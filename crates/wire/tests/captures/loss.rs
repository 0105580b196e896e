//! What a capture does not give is said, with the rest of the captures read.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use wire::capture::Refused;

use crate::making::*;

fn said(problems: &[Refused]) -> Vec<(String, &str)> {
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    problems.iter().map(|p| (name(&p.path), p.why.as_str())).collect()
}

#[test]
fn a_link_type_that_is_not_known_is_named_with_its_packets() {
    let folder = Folder::new("links");
    let packets: &[(i64, &[u8])] = &[(T0, b"one"), (T0 + 1000, b"two")];
    let mut file = header(999);
    file.extend(&pcap(packets, false, false)[24..]);
    let (got, problems) = read(&[&folder.file("strange.pcap", &file)]).unwrap();
    assert_eq!(got.len(), 2);
    let why = "2 of 2 packets were left out: link type 999 is not known; capture Ethernet or raw IP";
    assert_eq!(said(&problems), [("strange.pcap".to_owned(), why)]);

    let mut file = section(false);
    for link in [1, 127, 147, 189, 201] {
        file.extend(interface(link, None, None, false));
    }
    for of in 0..5 {
        file.extend(enhanced(of, (T0 / 1000) as u64, b"packet", false));
    }
    let (got, problems) = read(&[&folder.file("mixed.pcapng", &file)]).unwrap();
    assert_eq!(got.len(), 5);
    let why = "4 of 5 packets were left out: link type 127, 147, 189, ... is not known; capture Ethernet or raw IP";
    assert_eq!(said(&problems), [("mixed.pcapng".to_owned(), why)]);
}

#[test]
fn packets_of_no_interface_are_said_also_where_there_are_no_others() {
    let folder = Folder::new("no-interface");
    let mut file = section(false);
    file.extend(enhanced(0, (T0 / 1000) as u64, b"packet", false));
    let path = folder.file("a.pcapng", &file);
    let (got, problems) = read(&[&path]).unwrap();
    assert_eq!(got, []);
    let why = "1 of 1 packets were left out: they name no interface that the capture describes, or do not fit their block";
    assert_eq!(said(&problems), [("a.pcapng".to_owned(), why)]);
}

#[test]
fn a_capture_of_a_folder_that_cannot_be_read_is_a_problem_and_what_is_none_is_left_out() {
    let folder = Folder::new("troubled");
    let packets: &[(i64, &[u8])] = &[(T0, b"one"), (T0 + 1000, b"two")];
    let whole = pcap(packets, false, false);
    folder.file("good.pcap", &whole);
    folder.file("cut in its head.pcap", &whole[..20]);
    folder.file("cut in its packet.pcap", &whole[..42]);
    folder.file("empty.pcap", b"");
    folder.file("notes.txt", b"no capture");
    // Nothing stands at its first address: reading it fails, for root too.
    symlink("/proc/self/mem", folder.0.join("unread.pcap")).unwrap();
    let (got, captures) = read_all(&[&folder.0]).unwrap();
    assert_eq!(got, expected(packets));
    assert_eq!(captures.skipped, ["empty.pcap", "notes.txt"].map(|name| folder.0.join(name)));
    let said = said(&captures.problems);
    let names: Vec<_> = said.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["cut in its head.pcap", "cut in its packet.pcap", "unread.pcap"]);
    let words = ["is cut: the file header", "no whole packet stands before the cut", "cannot be read"];
    assert!(said.iter().zip(words).all(|((_, why), word)| why.contains(word)), "{said:?}");

    fs::remove_file(folder.0.join("good.pcap")).unwrap();
    let refused = read(&[&folder.0]).unwrap_err();
    assert!(refused.path.ends_with("cut in its head.pcap"), "{refused}");
    assert!(refused.why.ends_with("(and 2 more)"), "{refused}");
}

#[test]
fn what_another_reader_reads_is_passed_over() {
    let folder = Folder::new("elsewhere");
    let log = folder.file("conn.log", b"a log");
    folder.file("notes.txt", b"no capture");
    let paths: Vec<PathBuf> = vec![folder.0.clone()];
    assert!(wire::capture::Captures::open(&paths, &[]).is_err());
    let mut captures = wire::capture::Captures::open(&paths, &[log]).unwrap();
    assert_eq!(captures.skipped, [folder.0.join("notes.txt")]);
    assert!(!captures.next(|_| {}));
}
