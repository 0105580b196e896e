//! What captures lose and attackers forge: never a panic, never an identifier in clear, and the next message is still read.

use super::build::*;
use super::{one, played, stored, Script};
use crate::context::Context;
use crate::half::Half;
use crate::protocols::dicom::{probe::probe, PROTOCOL};
use crate::protocols::Dir;
use crate::testing::{identity, output, play, rows, PlainRows};

/// Feeds the first part, loses `missing` bytes, feeds the rest.
fn with_gap(bytes: &[u8], at: usize, missing: usize) -> PlainRows {
    let mut out = output();
    let mut identity = identity(104, 6);
    let (mut half, mut session) = (Half::default(), (PROTOCOL.session)());
    half.feed(&mut *session, Dir::Orig, &bytes[..at], 1, &mut identity, &mut out);
    half.gap(&mut *session, Dir::Orig, missing as u64, 2, &mut identity, &mut out);
    half.feed(&mut *session, Dir::Orig, &bytes[at + missing..], 3, &mut identity, &mut out);
    session.end(&mut Context {
        ts: 4,
        offset: 0,
        identity: &mut identity,
        out: &mut out,
    });
    rows(&mut out)
}

#[test]
fn what_is_lost_does_not_take_the_next_message_with_it() {
    let request = opened(CT, EXPLICIT).remove(0).1;
    let image = [
        equipment(Order::Explicit),
        element(Order::Explicit, 0x7FE0_0010, b"OW", &[0x55; 3000]),
    ]
    .concat();
    let first = data(&[command(1, 1, CT, true), image], 500);
    let all = [
        request.clone(),
        first.clone(),
        data(&[command(0x30, 2, "1.2.840.10008.1.1", false)], 4096),
    ]
    .concat();
    for at in request.len()..request.len() + first.len() - 200 {
        for missing in [1, 150, 700] {
            if at + missing <= request.len() + first.len() {
                let rows = with_gap(&all, at, missing);
                assert_eq!(one(&rows, "C-ECHO-RQ")["malformed"], "-", "gap of {missing} at {at}");
                assert!(rows["dicom_message"].len() <= 3);
            }
        }
    }
    // Within pixel data nothing that anybody wanted is lost.
    let image = [
        equipment(Order::Explicit),
        element(Order::Explicit, 0x7FE0_0010, b"OW", &[0x55; 3000]),
    ]
    .concat();
    let all = [request, data(&[command(1, 1, CT, true), image], 4096)].concat();
    let rows = with_gap(&all, all.len() - 1000, 300);
    assert_eq!(
        (
            one(&rows, "C-STORE-RQ")["partial"].as_str(),
            one(&rows, "C-STORE-RQ")["model"].as_str()
        ),
        ("false", "Model 1")
    );
}

#[test]
fn lengths_that_lie() {
    let says = |script: Script| format!("{:?}", played(&script));
    let opening = opened(CT, EXPLICIT);
    let then = |bytes: Vec<u8>| [opening.clone(), vec![(Dir::Orig, bytes)]].concat();
    assert!(says(then(pdu(4, &[0, 0, 0, 1, 1, 3]))).contains("value does not fit its P-DATA-TF"));
    assert!(says(then(pdu(4, &[0, 0, 9, 0, 1, 3]))).contains("value does not fit its P-DATA-TF"));
    assert!(says(then(pdu(4, &[0, 0, 0, 2, 1, 0, 0, 0]))).contains("P-DATA-TF ends within the head"));
    assert!(says(then(vec![4, 0, 0x90, 0, 0, 0, 0, 0])).contains("no PDU where one should begin"));
    assert!(says(then(data(&[vec![0, 0, 0, 1, 0xFF, 0xFF, 0, 0, 1]], 4096))).contains("command element longer than the command set"));
    assert!(says(then(data(&[vec![0; 40_000]], 4096))).contains("command set longer than 16 KiB"));
    assert!(says(then(data(&[command(1, 1, CT, true), vec![]], 4096))).contains("C-STORE-RQ"));
    let long = [&[1, 0, 0x7F, 0, 0, 0][..], &opening[0].1[6..]].concat();
    assert!(says(vec![(Dir::Orig, long)]).contains("association PDU longer than 256 KiB"));
    let many = request((0..3000).map(|n| (n as u8 | 1, CT, EXPLICIT)));
    assert!(says(vec![(Dir::Orig, many)]).contains("more than 128 presentation contexts"));
}

#[test]
fn data_sets_that_attack() {
    for order in [Order::Explicit, Order::Implicit] {
        let mut deep = element(order, 0x0008_0060, b"CS", b"CT");
        for _ in 0..1000 {
            deep.extend(open_sequence(order, 0x0008_1115));
        }
        let syntax = if order == Order::Explicit { EXPLICIT } else { "1.2.840.10008.1.2" };
        let row = stored(syntax, &deep);
        assert_eq!(
            (row["modality"].as_str(), row["malformed"].as_str()),
            ("CT", "sequences nested too deep")
        );
        let back = [
            element(order, 0x0008_0070, b"LO", b"MAKER "),
            element(order, 0x0008_0060, b"CS", b"CT"),
        ]
        .concat();
        assert_eq!(stored(syntax, &back)["malformed"], "data set out of order");
        let beyond = [open_sequence(order, 0x0008_1115), element(order, 0x0008_0060, b"CS", b"CT")].concat();
        let mut cut = beyond.clone();
        let item = if order == Order::Explicit { 16 } else { 12 };
        cut[item..item + 4].copy_from_slice(&[4, 0, 0, 0]);
        assert_eq!(stored(syntax, &cut)["malformed"], "element longer than its sequence");
    }
    let bomb = [
        element(Order::Explicit, 0x0008_0060, b"CS", b"CT"),
        element(Order::Explicit, 0x0009_0010, b"UN", &vec![0; 4 << 20]),
    ]
    .concat();
    assert_eq!(stored("1.2.840.10008.1.2.1.99", &deflate(&bomb))["modality"], "CT");
    assert_eq!(
        stored("1.2.840.10008.1.2.1.99", &[0xFF; 300])["malformed"],
        "deflated data set does not inflate"
    );
    let named = element(Order::Explicit, 0x0018_1002, b"UI", b"DOE^JOHN");
    assert_eq!(stored(EXPLICIT, &named)["device_uid"], "-");
}

#[test]
fn cut_off_anywhere() {
    let mut script = opened(CT, EXPLICIT);
    script.push((Dir::Orig, data(&[command(1, 1, CT, true), equipment(Order::Explicit)], 60)));
    script.push((Dir::Resp, data(&[response(0x8001, 1, 0)], 4096)));
    script.push((Dir::Orig, released()));
    for (n, (_, bytes)) in script.iter().enumerate() {
        for end in 0..bytes.len() {
            let mut short = script[..=n].to_vec();
            short[n].1.truncate(end);
            let parts: Vec<(Dir, &[u8])> = short.iter().map(|(dir, bytes)| (*dir, bytes.as_slice())).collect();
            let rows = play(&mut *(PROTOCOL.session)(), &parts, 11);
            if n > 0 {
                assert_eq!(rows["dicom_association"][0]["partial"], "true");
            }
            probe(Dir::Orig, &bytes[..end]);
        }
    }
}

#[test]
fn bytes_that_were_tampered_with() {
    let deflated = deflate(&equipment(Order::Explicit));
    let mut script = opened(CT, "1.2.840.10008.1.2.1.99");
    script.push((Dir::Orig, data(&[command(1, 1, CT, true), deflated], 100)));
    script.push((Dir::Orig, data(&[command(0x20, 2, CT, true), equipment(Order::Big)], 90)));
    script.push((
        Dir::Resp,
        data(&[with_data(response(0x8020, 2, 0xFF00)), equipment(Order::Implicit)], 4096),
    ));
    let mut noise = 1u64;
    for _ in 0..1500 {
        let mut script = script.clone();
        for (_, bytes) in &mut script {
            noise = noise
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let at = (noise >> 33) as usize % bytes.len();
            bytes[at] = [0, 1, 4, 0x7F, 0x80, 0xFE, 0xFF][(noise >> 20) as usize % 7];
        }
        let parts: Vec<(Dir, &[u8])> = script.iter().map(|(dir, bytes)| (*dir, bytes.as_slice())).collect();
        let rows = play(&mut *(PROTOCOL.session)(), &parts, 64);
        assert!(!format!("{rows:?}").contains("MRN1"));
    }
}
