//! Floods, and conversations that are damaged on purpose.

use super::{client, data, frame, get, headers, holds, server, status, END_HEADERS, END_STREAM, WHOLE};
use crate::context::Context;
use crate::half::Half;
use crate::limits;
use crate::protocols::http::session::HttpSession;
use crate::protocols::http::tests::uncut;
use crate::protocols::Dir::{Orig, Resp};
use crate::protocols::Session;
use crate::testing::{identity, output, play, rows};

#[test]
fn floods_give_few_rows() {
    let flood: Vec<_> = (0..5000u32)
        .flat_map(|n| [headers(WHOLE, 2 * n + 1, &get("/")), frame(3, 0, 2 * n + 1, &[0, 0, 0, 8])])
        .collect();
    let rows = play(&mut HttpSession::default(), &[(Orig, &client(&flood))], 1400)
        .remove("http")
        .unwrap();
    assert_eq!(rows.len(), limits::HTTP2_RESETS);
    assert_eq!(rows.iter().filter(|row| row["malformed"] == "resets").count(), 1);

    // Streams that are never answered.
    let many: Vec<_> = (0..2000u32).map(|n| headers(WHOLE, 2 * n + 1, &get("/"))).collect();
    let rows = play(&mut HttpSession::default(), &[(Orig, &client(&many))], 1400)
        .remove("http")
        .unwrap();
    assert_eq!(rows.len(), 2000);
    assert!(rows.iter().all(|row| row["partial"] == "true"));
}

#[test]
fn a_head_that_never_ends_holds_little() {
    // CVE-2024-27316: a head that never ends.
    let mut endless = vec![headers(END_STREAM, 1, &get("/"))];
    endless.extend((0..3000).map(|_| frame(9, 0, 1, &[b'a'; 100])));
    endless.extend([frame(9, END_HEADERS, 1, b""), headers(WHOLE, 3, &get("/index.html"))]);
    let (mut session, asks) = (HttpSession::default(), client(&endless));
    let (mut out, mut id, mut half) = (output(), identity(80, 6), Half::default());
    for part in asks.chunks(1400) {
        half.feed(&mut session, Orig, part, 1, &mut id, &mut out);
        assert!(session.held() < 2 * limits::HTTP_HEAD + 64 * 1024, "{}", session.held());
    }
    session.end(&mut Context {
        ts: 2,
        offset: 0,
        identity: &mut id,
        out: &mut out,
    });
    let rows = rows(&mut out).remove("http").unwrap();
    assert_eq!(rows.len(), 2);
    holds(&rows[0], &[("malformed", "head too long"), ("partial", "true"), ("uri", "-")]);
    holds(&rows[1], &[("malformed", "-"), ("uri", "/index.html")]);
}

#[test]
fn damaged_conversations_give_the_same_rows_however_they_are_cut() {
    let asks = client(&[
        headers(END_HEADERS, 1, &get("/fhir/Patient")),
        data(END_STREAM, 1, b"{\"resourceType\":\"Patient\"}"),
        headers(WHOLE, 3, &get("/x")),
    ]);
    let answers = server(&[
        headers(END_HEADERS, 1, &status("201")),
        data(0, 1, b"hello"),
        headers(WHOLE, 3, &status("204")),
        data(END_STREAM, 1, b"world"),
    ]);
    let mut state = 1u32;
    let mut random = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    for _ in 0..400 {
        let (mut there, mut back) = (asks.clone(), answers.clone());
        for _ in 0..1 + random(3) {
            let at = 40 + random(there.len() - 40);
            there[at] = [0, 1, 4, 9, 0x82, 0xbe, 0xff, b'a'][random(8)];
            let at = 20 + random(back.len() - 20);
            back[at] = [0, 1, 4, 9, 0x88, 0xbe, 0xff, b'a'][random(8)];
        }
        uncut(&[(Orig, &there), (Resp, &back)], "http");
    }
}

#[test]
fn anything_at_all_is_borne() {
    let mut state = 7u32;
    let mut random = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    for _ in 0..2000 {
        let mut said = [client(&[]), server(&[])];
        for n in 0..20 {
            let payload: Vec<u8> = (0..random(60)).map(|_| random(256) as u8).collect();
            let stream = [0, 1, 2, 3, 5, 0x7fff_ffff][random(6)];
            said[n % 2].extend(frame(random(11) as u8, random(256) as u8, stream, &payload));
            if random(4) == 0 {
                said[n % 2].extend(payload);
            }
        }
        let cut = 1 + random(40);
        play(&mut HttpSession::default(), &[(Orig, &said[0]), (Resp, &said[1])], cut);
    }
}
