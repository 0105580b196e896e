//! Announcements, searches and answers, and broken ones.

use super::PROTOCOL;
use crate::protocols::Dir::{self, Orig};
use crate::protocols::Probe;
use crate::testing::{play_datagrams, PlainRow};

fn play(script: &[&[u8]]) -> Vec<PlainRow> {
    let script: Vec<(Dir, &[u8])> = script.iter().map(|said| (Orig, *said)).collect();
    play_datagrams((PROTOCOL.conversation)().as_mut(), 1900, &script)
        .remove("ssdp")
        .unwrap_or_default()
}

fn told(row: &PlainRow, expected: &[(&str, &str)]) {
    for (column, value) in expected {
        assert_eq!(row[*column], *value, "{column}");
    }
}

fn notify(target: &str, location: &str) -> Vec<u8> {
    format!(
        "NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nCACHE-CONTROL: max-age = 1800\r\nLOCATION: {location}\r\nNT: {target}\r\n\
         NTS: ssdp:alive\r\nSERVER: Linux/3.14 UPnP/1.0 Erika/1.0 Portable SDK for UPnP devices/1.6.18\r\nUSN: uuid:4711-erika::{target}\r\n\r\n"
    )
    .into_bytes()
}

#[test]
fn who_announces_what_is_told_and_whose_it_is_is_not() {
    let known = notify("urn:schemas-upnp-org:device:MediaServer:1", "http://10.0.0.7:49152/Erika/desc.xml");
    let own = notify("urn:erika-mustermann:device:MRN004711:1", "http://erika-mustermann.local/x");
    let rows = play(&[&known, &known, &own]);
    let expected = [
        ("method", "NOTIFY"),
        ("target", "urn:schemas-upnp-org:device:MediaServer:1"),
        ("nts", "ssdp:alive"),
        ("server", "Linux/3.14 UPnP/1.0 Portable SDK for UPnP devices/1.6.18"),
        ("location_h", "10.0.0.7"),
        ("location_p", "49152"),
        ("max_age", "1800"),
        ("mx", "-"),
        ("messages", "2"),
        ("devices", "1"),
        ("malformed", "-"),
    ];
    let expected = expected.map(|(column, value)| (column, if column == "server" { &rows[0]["server"] } else { value }));
    told(&rows[0], &expected);
    assert!(rows[0]["server"].starts_with("Linux/3.14 UPnP/1.0"));
    told(&rows[1], &[("target", "urn:*:device:*:1"), ("location_p", "80")]);
    let text = format!("{rows:?}").to_lowercase();
    assert!(["erika", "muster", "4711"].iter().all(|word| !text.contains(word)), "{text}");
}

#[test]
fn who_looks_for_what_and_who_answers() {
    let search = b"M-SEARCH * HTTP/1.1\r\nHost:239.255.255.250:1900\r\nMan:\"ssdp:discover\"\r\nST: ssdp:all\r\nMX:3\r\n\r\n";
    told(
        &play(&[search])[0],
        &[
            ("method", "M-SEARCH"),
            ("target", "ssdp:all"),
            ("mx", "3"),
            ("nts", "-"),
            ("location_h", "-"),
        ],
    );
    let answer = b"HTTP/1.1 200 OK\r\nST:upnp:rootdevice\r\nUSN:uuid:1::upnp:rootdevice\r\nLocation: http://[fe80::1%25eth0]:80/\r\n\r\n";
    told(
        &play(&[answer])[0],
        &[
            ("method", "RESPONSE"),
            ("target", "upnp:rootdevice"),
            ("location_h", "fe80::1"),
            ("devices", "1"),
        ],
    );
    told(
        &play(&[b"M-SEARCH * HTTP/1.1\r\nST: uuid:erika\r\n\r\n"])[0],
        &[("target", "uuid:*")],
    );
}

#[test]
fn cut_anywhere_and_without_what_they_need_they_are_told() {
    let whole = notify("upnp:rootdevice", "http://10.0.0.7/");
    for kept in 0..18 {
        assert_eq!((PROTOCOL.probe)(1900, &whole[..kept]), Probe::Never);
        told(&play(&[&whole, &whole[..kept]])[0], &[("messages", "1"), ("malformed", "message")]);
    }
    for kept in 19..whole.len() {
        assert!(!play(&[&whole[..kept]]).is_empty());
    }
    told(
        &play(&[b"M-SEARCH * HTTP/1.1\r\n\r\n"])[0],
        &[("target", "-"), ("malformed", "target")],
    );
    assert_eq!((PROTOCOL.probe)(1900, b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n"), Probe::Never);
}

#[test]
fn targets_and_devices_are_bounded() {
    let all: Vec<Vec<u8>> = (0..=255)
        .map(|n| notify(&format!("urn:x:device:Basic:{n}"), "http://10.0.0.7/"))
        .collect();
    let script: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
    assert_eq!(play(&script).len(), crate::limits::SSDP_TARGETS);
    let all: Vec<Vec<u8>> = (0..200)
        .map(|n| format!("NOTIFY * HTTP/1.1\r\nNT: ssdp:all\r\nUSN: uuid:{n}\r\n\r\n").into_bytes())
        .collect();
    let script: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
    told(&play(&script)[0], &[("messages", "200"), ("devices", "64")]);
}
