//! Messages as clients and servers send them, and broken ones.

use super::PROTOCOL;
use crate::context::Context;
use crate::protocols::{Dir, Probe};
use crate::testing::{identity, output, play_datagrams, rows, PlainRow};

fn message(op: u8, options: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 236];
    bytes[..8].copy_from_slice(&[op, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef]);
    bytes[28..34].copy_from_slice(&[0, 0x11, 0x22, 0x33, 0x44, 0x55]);
    [&bytes, &[0x63, 0x82, 0x53, 0x63][..], options].concat()
}

fn option(code: u8, value: &[u8]) -> Vec<u8> {
    [&[code, value.len() as u8], value].concat()
}

fn row(bytes: &[u8]) -> PlainRow {
    play_datagrams((PROTOCOL.conversation)().as_mut(), 67, &[(Dir::Orig, bytes)])
        .remove("dhcp")
        .unwrap()
        .remove(0)
}

fn discover() -> Vec<u8> {
    let options = [
        option(53, &[1]),
        option(12, b"CT-01"),
        option(60, b"MSFT 5.0"),
        option(61, &[1, 0, 0x11, 0x22, 0x33, 0x44, 0x55]),
        option(77, b"\x08modality\x02ct"),
        option(81, b"\x00\x00\x00ct01.hospital.test"),
        option(50, &[10, 0, 0, 7]),
        option(55, &[1, 3]),
        option(55, &[6, 15]),
        option(82, &[1, 2, 0, 7]),
        vec![255],
    ];
    message(1, &options.concat())
}

#[test]
fn a_client_describes_itself() {
    let expected = [
        ("msg_type", "DISCOVER"),
        ("op", "1"),
        ("trans_id", "3735928559"),
        ("mac", "00:11:22:33:44:55"),
        ("host_name", "CT-01"),
        ("vendor_class", "MSFT 5.0"),
        ("client_id", "1:001122334455"),
        ("user_class", "modality,ct"),
        ("client_fqdn", "ct01.hospital.test"),
        ("requested_addr", "10.0.0.7"),
        ("requested_params", "[1, 3, 6, 15]"),
        ("fingerprint", "1,3,6,15"),
        ("relay_agent", "true"),
        ("client_addr", "-"),
        ("malformed", "-"),
    ];
    let row = row(&discover());
    for (column, value) in expected {
        assert_eq!(row[column], value, "{column}");
    }
    assert_eq!((PROTOCOL.probe)(67, &discover()), Probe::Certain);
}

#[test]
fn options_go_on_in_file_and_sname() {
    let mut bytes = message(2, &[option(52, &[3]), option(53, &[5]), vec![255]].concat());
    bytes[16..20].copy_from_slice(&[10, 0, 0, 7]);
    bytes[108..115].copy_from_slice(&[51, 4, 0, 0, 14, 16, 255]);
    bytes[44..51].copy_from_slice(&[54, 4, 10, 0, 0, 1, 255]);
    let row = row(&bytes);
    let told = ["msg_type", "assigned_addr", "lease_time", "server_addr"].map(|column| row[column].as_str());
    assert_eq!(told, ["ACK", "10.0.0.7", "3600", "10.0.0.1"]);
}

#[test]
fn names_in_the_form_of_dns_and_plain_user_classes() {
    let row = row(&message(
        1,
        &[option(81, b"\x04\x00\x00\x02ct\x04test\x00"), option(77, b"RRAS.Microsoft")].concat(),
    ));
    assert_eq!(
        (row["client_fqdn"].as_str(), row["user_class"].as_str()),
        ("ct.test", "RRAS.Microsoft")
    );
}

#[test]
fn a_fingerprint_is_no_longer_than_a_cell() {
    let row = row(&message(1, &option(55, &[200; 100])));
    assert_eq!(row["fingerprint"], vec!["200"; 64].join(","));
    assert_eq!(row["requested_params"].matches("200").count(), 100);
}

#[test]
fn broken_messages_say_so() {
    assert_eq!(row(&message(1, &[53, 200, 1]))["malformed"], "option");
    assert_eq!(row(&message(1, &[])[..239])["malformed"], "header");
    // Of an option in two parts the second of which is broken the first is not the whole.
    let parted = row(&message(1, &[option(55, &[1, 3]), vec![55, 9, 6]].concat()));
    assert_eq!((parted["fingerprint"].as_str(), parted["malformed"].as_str()), ("-", "option"));
    let bytes = discover();
    for n in 0..bytes.len() {
        let _ = row(&bytes[..n]);
        let mut other = bytes.clone();
        other[n] ^= 0xff;
        let _ = row(&other);
    }
}

#[test]
fn a_message_that_the_capture_cut_gives_what_there_is_of_it() {
    let bytes = discover();
    for end in 34..bytes.len() {
        let shown = &bytes[..end];
        assert_eq!((PROTOCOL.probe)(67, shown), Probe::Certain, "{end}");
        let (mut conversation, mut out, mut identity) = ((PROTOCOL.conversation)(), output(), identity(67, 17));
        let mut cx = Context {
            ts: 5,
            offset: 1,
            identity: &mut identity,
            out: &mut out,
        };
        conversation.cut(Dir::Orig, shown, &mut cx);
        let row = &rows(&mut out)["dhcp"][0];
        let shown = |at: usize, value: &'static str| if end >= at { value } else { "-" };
        let told = ["mac", "op", "msg_type", "host_name", "relay_agent", "malformed"].map(|c| row[c].as_str());
        let relay = shown(bytes.len() - 1, "true");
        let expected = [
            "00:11:22:33:44:55",
            "1",
            shown(243, "DISCOVER"),
            shown(250, "CT-01"),
            relay,
            "cut by the capture",
        ];
        assert_eq!(told, expected, "{end}");
    }
}

#[test]
fn nothing_else_is_dhcp() {
    for other in [&discover()[..30], &[0; 300], &[1; 300], b"GET / HTTP/1.1\r\n\r\n"] {
        assert_eq!((PROTOCOL.probe)(67, other), Probe::Never);
    }
    assert_eq!((PROTOCOL.probe)(9999, &discover()[..200]), Probe::Never);
}

#[test]
fn people_are_not_named() {
    let of = |options: &[Vec<u8>]| row(&message(1, &options.concat()));
    let row = of(&[
        option(12, b"iPhone-von-Erika-Mustermann"),
        option(81, b"\x00\x00\x00Erikas-MBP.hospital.test"),
        option(77, b"Erika Mustermann"),
        option(60, b"android-dhcp-13 Erika Mustermann"),
        option(61, b"\x00Erika Mustermann"),
        option(15, b"mustermann.local"),
    ]);
    for (column, left) in [
        ("host_name", "iPhone-*"),
        ("client_fqdn", "*-MBP.hospital.test"),
        ("user_class", "{}"),
        ("vendor_class", "android-dhcp-13"),
    ] {
        assert_eq!(row[column], left, "{column}");
    }
    assert!(row["client_id"].starts_with("0:k1:"), "{}", row["client_id"]);
}

#[test]
fn client_ids_of_hardware_are_in_clear() {
    let id = |value: &[u8]| row(&message(1, &option(61, value)))["client_id"].clone();
    let duid_llt = b"\xff\x00\x11\x22\x33\x00\x01\x00\x01\x2c\x3d\x4e\x5f\x00\x11\x22\x33\x44\x55";
    assert_eq!(id(duid_llt), "255:00112233000100012c3d4e5f001122334455");
    let systemd = b"\xff\x00\x11\x22\x33\x00\x02\x00\x00\xab\x11\x00\x9c\xff\x17\xa0\x3b\x44\xd1";
    assert_eq!(id(systemd), "255:0011223300020000ab11009cff17a03b44d1");
    assert_eq!(id(b"\x1b\x00\x11\x22\xff\xfe\x33\x44\x55"), "27:001122fffe334455");
    for hidden in [
        &b"\x01Erika1"[..],
        b"\x01\x00\x11\x22",
        b"\x00\x00\x11\x22\x33\x44\x55",
        b"\x1bMRN00471",
        b"\xff\x00\x11\x22\x33\x00\x02\x00\x00\xab\x11MRN004711",
        b"\xff\x00\x11\x22\x33MRN004711",
        b"\xffMRN",
        b"\x63MRN004711",
    ] {
        let shown = id(hidden);
        assert!(shown.contains(":k1:") && !shown.contains("4d524e"), "{shown}");
    }
}
