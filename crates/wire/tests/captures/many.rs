//! Many captures as one stream.

use wire::capture::Captures;

use crate::making::*;

#[test]
fn many_files_are_one_stream_in_time_order() {
    let folder = Folder::new("many");
    let a: &[(i64, &[u8])] = &[(T0, b"1"), (T0 + 20_000, b"3")];
    let b: &[(i64, &[u8])] = &[(T0 + 10_000, b"2"), (T0 + 30_000, b"4")];
    folder.file("z.pcap", &pcap(a, false, false));
    folder.file("a.pcap", &pcap(b, true, true));
    folder.file("notes.txt", b"no capture");
    let captures = Captures::open(std::slice::from_ref(&folder.0)).unwrap();
    assert_eq!(captures.skipped, [folder.0.join("notes.txt")]);
    let (got, _) = read(&[&folder.0]).unwrap();
    let order: Vec<u8> = got.iter().map(|(.., data)| data[0]).collect();
    assert_eq!(order, b"1234");
}
