//! Conversations of which bytes were lost, or the beginning.

use super::{client, data, frame, get, headers, holds, server, status, END_HEADERS, END_STREAM, WHOLE};
use crate::context::Context;
use crate::half::Half;
use crate::protocols::http::http2::find::{find, probe};
use crate::protocols::http::session::HttpSession;
use crate::protocols::Dir::{self, Orig, Resp};
use crate::protocols::{Probe, Session};
use crate::testing::{identity, output, play, rows, PlainRows};

/// Rows of a conversation of which bytes are lost: pieces with how many bytes were lost before each.
fn lossy(script: &[(Dir, u64, &[u8])]) -> PlainRows {
    let (mut session, mut out, mut id) = (HttpSession::default(), output(), identity(80, 6));
    let mut halves = [Half::default(), Half::default()];
    for (n, (dir, missing, bytes)) in script.iter().enumerate() {
        let half = &mut halves[*dir as usize];
        if *missing > 0 {
            half.gap(&mut session, *dir, *missing, n as i64, &mut id, &mut out);
        }
        half.feed(&mut session, *dir, bytes, n as i64, &mut id, &mut out);
    }
    for dir in [Orig, Resp] {
        halves[dir as usize].cut(&mut session, dir, &mut id, &mut out);
    }
    session.end(&mut Context {
        ts: 99,
        offset: 0,
        identity: &mut id,
        out: &mut out,
    });
    rows(&mut out)
}

#[test]
fn after_a_gap_frames_are_found_again_and_what_was_lost_stays_unknown() {
    let asks = client(&[
        headers(WHOLE, 1, &get("/a.pdf")),
        headers(WHOLE, 3, &get("/index.html")),
        headers(WHOLE, 5, &get("/b.pdf")),
    ]);
    // A server's status and name from the table: of stream 1 entered, of stream 5 referred to.
    let entered = [&[0x48, 3][..], b"200", &[0x76, 5], b"nginx"].concat();
    let begins = server(&[headers(END_HEADERS, 1, &entered)]);
    let body = [data(0, 1, &[b'x'; 3000]), data(END_STREAM, 1, &[b'x'; 100])].concat();
    let after = [
        headers(WHOLE, 3, &status("404")),
        headers(WHOLE, 5, &[0x88, 0xbe]),
        frame(6, 0, 0, &[0; 8]),
    ]
    .concat();
    // Within a frame: nothing else is lost.
    let rows = &lossy(&[
        (Orig, 0, &asks),
        (Resp, 0, &[&begins, &body[..500]].concat()),
        (Resp, 1000, &[&body[1500..], &after].concat()),
    ])["http"];
    assert_eq!(rows.len(), 3);
    holds(
        &rows[0],
        &[
            ("status_code", "200"),
            ("response_body_len", "3100"),
            ("server", "nginx"),
            ("malformed", "-"),
        ],
    );
    holds(&rows[1], &[("status_code", "404"), ("partial", "false")]);
    holds(&rows[2], &[("status_code", "200"), ("partial", "false"), ("server", "nginx")]);
    // Beyond it: frames are found again within the rest of a body.
    let gap = (body.len() - 60 - 500) as u64;
    let script = [
        (Orig, 0, &asks[..]),
        (Resp, 0, &[&begins, &body[..500]].concat()),
        (Resp, gap, &[&body[body.len() - 60..], &after].concat()),
    ];
    let rows = &lossy(&script)["http"];
    let by = |uri: &str| rows.iter().find(|row| row["uri"] == uri).unwrap();
    assert_eq!(rows.len(), 3);
    holds(by("/index.html"), &[("status_code", "404"), ("partial", "true")]);
    let unknown = rows.iter().find(|row| row["trans_depth"] == "3").unwrap();
    holds(
        unknown,
        &[
            ("status_code", "200"),
            ("partial", "true"),
            ("server", "-"),
            ("response_body_len", "0"),
            ("malformed", "-"),
        ],
    );
    let broken = rows.iter().find(|row| row["trans_depth"] == "1").unwrap();
    holds(broken, &[("status_code", "200"), ("partial", "true"), ("server", "nginx")]);
}

#[test]
fn picked_up_in_the_middle() {
    // The client's head refers to a path and a host of its table that were not seen.
    let asks = [
        headers(WHOLE, 9, &[0x82, 0x86, 0xbe, 0xbf]),
        headers(WHOLE, 11, &[0x83, 0x86, 0x84, 0xbf]),
    ]
    .concat();
    let answers = [
        headers(END_HEADERS, 9, &[0x88, 0xc0]),
        data(END_STREAM, 9, b"hello"),
        headers(WHOLE, 11, &[0x8d, 0xc0]),
    ]
    .concat();
    for script in [[(Orig, &asks[..]), (Resp, &answers)], [(Resp, &answers), (Orig, &asks)]] {
        assert_eq!(probe(script[0].1), Probe::Certain);
        let rows = play(&mut HttpSession::default(), &script, usize::MAX).remove("http").unwrap();
        assert!(rows
            .iter()
            .all(|row| row["partial"] == "true" && row["malformed"] == "-" && row["server"] == "-"));
        if script[0].0 == Orig {
            assert_eq!(rows.len(), 2);
            holds(
                &rows[0],
                &[
                    ("method", "GET"),
                    ("uri", "-"),
                    ("host", "-"),
                    ("status_code", "200"),
                    ("response_body_len", "5"),
                ],
            );
            holds(
                &rows[1],
                &[("method", "POST"), ("uri", "/"), ("status_code", "404"), ("username_seen", "-")],
            );
        }
    }
    let noise = [&[7; 3000][..], &asks, &frame(6, 0, 0, &[0; 8])].concat();
    assert_eq!(find(&noise), Some(3000));
}
