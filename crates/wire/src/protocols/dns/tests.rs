//! Look-ups over UDP and TCP, with names that loop, end early or never were.

use super::message::{name, Message};
use super::{DNS, NETBIOS, OVER_TCP};
use crate::context::{Context, Ends, Identity};
use crate::half::Half;
use crate::protocols::{Datagrams, Dir, Probe};
use crate::testing::{identity, output, play, play_datagrams, rows, PlainRow, PlainRows};

fn label_name(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in text.split('.') {
        bytes.push(label.len() as u8);
        bytes.extend_from_slice(label.as_bytes());
    }
    bytes.push(0);
    bytes
}

fn words(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_be_bytes()).collect()
}

fn query(id: u16, name: &str, kind: u16) -> Vec<u8> {
    [words(&[id, 0x0100, 1, 0, 0, 0]), label_name(name), words(&[kind, 1])].concat()
}

/// A record whose name points to the question.
fn record(kind: u16, ttl: u16, data: &[u8]) -> Vec<u8> {
    [words(&[0xc00c, kind, 1, 0, ttl, data.len() as u16]), data.to_vec()].concat()
}

fn response(id: u16, name: &str, kind: u16, code: u16, records: &[Vec<u8>]) -> Vec<u8> {
    [
        words(&[id, 0x8580 | code, 1, records.len() as u16, 0, 0]),
        label_name(name),
        words(&[kind, 1]),
        records.concat(),
    ]
    .concat()
}

fn talk(protocol: &Datagrams, port: u16, script: &[(Dir, &[u8])]) -> Vec<PlainRow> {
    play_datagrams((protocol.conversation)().as_mut(), port, script)
        .remove("dns")
        .unwrap_or_default()
}

fn netbios_label(text: &str, suffix: u8) -> String {
    let padded: Vec<u8> = text.bytes().chain(std::iter::repeat(b' ')).take(15).chain([suffix]).collect();
    padded
        .iter()
        .flat_map(|b| [char::from(b'A' + (b >> 4)), char::from(b'A' + (b & 15))])
        .collect()
}

#[test]
fn a_query_and_its_answer_are_one_row() {
    let records = [
        record(5, 60, b"\x04pacs\xc0\x0c"),
        record(1, 60, &[10, 0, 0, 2]),
        record(28, 60, &[0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
        record(15, 60, b"\x00\x0a\x04mail\xc0\x0c"),
        record(33, 60, b"\x00\x00\x00\x05\x2b\x68\x03dcm\xc0\x0c"),
        record(16, 60, b"\x0bJane's note"),
    ];
    let answer = response(7, "h1.test", 1, 0, &records);
    let all = talk(&DNS, 53, &[(Dir::Orig, &query(7, "h1.test", 1)), (Dir::Resp, &answer)]);
    assert_eq!(all.len(), 1);
    let answers = "[pacs.h1.test, 10.0.0.2, 2001:db8::1, 10 mail.h1.test, 0 5 11112 dcm.h1.test, TXT 12]";
    let expected = [
        ("query", "h1.test"),
        ("qtype_name", "A"),
        ("rcode_name", "NOERROR"),
        ("answers", answers),
        ("ttls", "[60, 60, 60, 60, 60, 60]"),
        ("rtt", "0.001"),
        ("flavor", "dns"),
        ("rd", "true"),
        ("ra", "true"),
        ("aa", "true"),
        ("malformed", "-"),
    ];
    for (column, value) in expected {
        assert_eq!(all[0][column], value, "{column}");
    }
}

#[test]
fn queries_are_paired_by_id_and_name() {
    let (a, b) = (query(1, "a.test", 1), query(1, "b.test", 1));
    let late = response(1, "A.TEST", 1, 3, &[]);
    let stray = response(9, "c.test", 1, 5, &[]);
    let all = talk(
        &DNS,
        53,
        &[(Dir::Orig, &b), (Dir::Orig, &a), (Dir::Resp, &late), (Dir::Resp, &stray)],
    );
    let told: Vec<_> = all
        .iter()
        .map(|row| (row["query"].as_str(), row["rcode_name"].as_str(), row["rejected"].as_str()))
        .collect();
    assert_eq!(
        told,
        [("a.test", "NXDOMAIN", "false"), ("c.test", "REFUSED", "true"), ("b.test", "-", "-")]
    );
    assert_eq!(all[2]["partial"], "false");
}

#[test]
fn waiting_queries_are_bounded() {
    let asked: Vec<Vec<u8>> = (0..1000).map(|n| query(n, "a.test", 1)).collect();
    let script: Vec<(Dir, &[u8])> = asked.iter().map(|q| (Dir::Orig, q.as_slice())).collect();
    assert_eq!(talk(&DNS, 53, &script).len(), 1000);
}

#[test]
fn multicast_names_services_but_no_people() {
    let service = label_name("_ipp._tcp.local");
    let instance = b"\x0cJane's iPad2\xc0\x0c";
    let pointer = [service, words(&[12, 0x8001, 0, 120, instance.len() as u16]), instance.to_vec()].concat();
    let message = [words(&[0, 0x8400, 0, 1, 0, 0]), pointer].concat();
    assert_eq!((DNS.probe)(5353, &message), Probe::Certain);
    assert_eq!((DNS.probe)(9999, &message), Probe::Never);
    let (mut conversation, mut out) = ((DNS.conversation)(), output());
    let mut ends = identity(5353, 17).ends;
    ends.orig_port = 5353;
    let mut identity = Identity::new(Ends { ..ends }, 0, 0);
    conversation.datagram(
        Dir::Orig,
        &message,
        &mut Context {
            ts: 5,
            offset: 1,
            identity: &mut identity,
            out: &mut out,
        },
    );
    let row = &rows(&mut out)["dns"][0];
    let told = ["flavor", "query", "services", "answers", "qclass"].map(|c| row[c].as_str());
    assert_eq!(told, ["mdns", "_ipp._tcp.local", "[_ipp._tcp]", "[*._ipp._tcp.local]", "1"]);
}

#[test]
fn each_question_of_a_multicast_message_has_a_row() {
    let names = ["1.0.0.10.in-addr.arpa", "ct-1.local", "pacs.local"];
    let asked = names.map(|name| [label_name(name), words(&[255, 0x8001])].concat()).concat();
    let all = talk(&DNS, 5353, &[(Dir::Orig, &[words(&[0, 0, 3, 0, 0, 0]), asked].concat())]);
    let mut told: Vec<_> = all.iter().map(|row| (row["query"].as_str(), row["qclass"].as_str())).collect();
    told.sort_unstable();
    assert_eq!(told, names.map(|name| (name, "1")));
    let ids: std::collections::BTreeSet<_> = all.iter().map(|row| &row["event_id"]).collect();
    assert_eq!(ids.len(), 3);
}

#[test]
fn netbios_names_have_their_suffix() {
    let name = netbios_label("PACS", 0x20);
    let ask = [words(&[3, 0x0110, 1, 0, 0, 0]), label_name(&name), words(&[0x20, 1])].concat();
    let data = [0x60, 0, 10, 0, 0, 2];
    let told = [
        words(&[3, 0x8500, 0, 1, 0, 0]),
        label_name(&name),
        words(&[0x20, 1, 0, 60, 6]),
        data.to_vec(),
    ]
    .concat();
    for message in [&ask, &told] {
        assert_eq!((NETBIOS.probe)(137, message), Probe::Certain);
        assert_eq!((DNS.probe)(137, message), Probe::Never);
    }
    let all = talk(&NETBIOS, 137, &[(Dir::Orig, &ask), (Dir::Resp, &told)]);
    assert_eq!(
        ["query", "answers", "qtype_name", "flavor"].map(|c| all[0][c].as_str()),
        ["PACS<20>", "[10.0.0.2]", "NB", "nbns"]
    );
    let user = [
        words(&[3, 0x0110, 1, 0, 0, 0]),
        label_name(&netbios_label("JROE", 0x03)),
        words(&[0x20, 1]),
    ]
    .concat();
    assert_eq!(talk(&NETBIOS, 137, &[(Dir::Orig, &user)])[0]["query"], "<03>");
}

#[test]
fn pointers_that_loop_end_the_name() {
    let head = words(&[7, 0x0100, 1, 0, 0, 0]);
    for bad in [&b"\xc0\x0c"[..], b"\x01a\xc0\x0c", b"\xc0\x0e\xc0\x0c", b"\xc0\xff"] {
        let message = [head.clone(), bad.to_vec(), words(&[1, 1])].concat();
        assert_eq!(name(&message, 12), None);
        assert_eq!(
            ((DNS.probe)(53, &message), (DNS.probe)(9999, &message)),
            (Probe::Certain, Probe::Never)
        );
        let told = ["query", "malformed", "partial"].map(|c| talk(&DNS, 53, &[(Dir::Orig, &message)])[0][c].clone());
        assert!(told[0] == "-" && told[1] != "-" && told[2] == "false", "{told:?}");
        let framed = framed(&message);
        assert_eq!((OVER_TCP.probe)(Dir::Orig, &framed), Probe::Certain);
        assert_eq!(over_tcp(7, &[(Dir::Orig, &framed)])["dns"][0]["malformed"], told[1]);
    }
    let long = [head, [&[63u8][..], &[b'x'; 63]].concat().repeat(5), vec![0], words(&[1, 1])].concat();
    assert_eq!(name(&long, 12), None);
}

#[test]
fn a_record_whose_name_points_at_itself_is_malformed() {
    let own = words(&[0xc000 | 25, 1, 1, 0, 60, 4]);
    let answer = response(7, "h1.test", 1, 0, &[[own, vec![10, 0, 0, 2]].concat()]);
    let all = talk(&DNS, 53, &[(Dir::Orig, &query(7, "h1.test", 1)), (Dir::Resp, &answer)]);
    let told = ["query", "malformed", "answers"].map(|c| all[0][c].as_str());
    assert_eq!(told, ["h1.test", "record name", "[10.0.0.2]"]);
}

#[test]
fn a_message_that_the_capture_cut_gives_what_there_is_of_it() {
    let answer = response(7, "h1.test", 1, 0, &[record(1, 60, &[10, 0, 0, 2]), record(1, 60, &[10, 0, 0, 3])]);
    for end in 12..answer.len() {
        let shown = &answer[..end];
        assert_eq!((DNS.probe)(53, shown), Probe::Certain, "{end}");
        let (mut conversation, mut out, mut identity) = ((DNS.conversation)(), output(), identity(53, 17));
        let mut cx = Context {
            ts: 5,
            offset: 1,
            identity: &mut identity,
            out: &mut out,
        };
        conversation.cut(Dir::Resp, shown, &mut cx);
        let row = &rows(&mut out)["dns"][0];
        let asked = if end >= 25 { "h1.test" } else { "-" };
        let answers = if end >= 41 { "[10.0.0.2]" } else { "[]" };
        let told = ["query", "answers", "partial", "malformed", "trans_id", "rcode_name"].map(|c| row[c].as_str());
        assert_eq!(told, [asked, answers, "true", "-", "7", "NOERROR"], "{end}");
        // The same over TCP.
        let stream = framed(&answer);
        assert_eq!((OVER_TCP.probe)(Dir::Resp, &stream[..end + 2]), Probe::Likely, "{end}");
        let over = &over_tcp(usize::MAX, &[(Dir::Resp, &stream[..end + 2])])["dns"][0];
        let told = ["query", "answers", "partial", "malformed", "trans_id", "rcode_name"].map(|c| over[c].as_str());
        assert_eq!(told, [asked, answers, "true", "-", "7", "NOERROR"], "{end}");
    }
    let named = netbios_label("PACS", 0x20);
    let ask = [words(&[3, 0x0110, 1, 0, 0, 0]), label_name(&named), words(&[0x20, 1])].concat();
    assert_eq!((NETBIOS.probe)(137, &ask[..30]), Probe::Certain);
}

#[test]
fn a_count_that_lies_is_malformed() {
    let mut message = query(7, "h1.test", 1);
    message[7] = 200;
    assert_eq!(talk(&DNS, 53, &[(Dir::Orig, &message)])[0]["malformed"], "answer record");
    assert!(Message::parse(&[0; 11]).is_none());
}

#[test]
fn hostile_bytes_never_panic() {
    let answer = response(
        7,
        "h1.test",
        1,
        0,
        &[
            record(33, 60, b"\x00\x00\x00\x05\x2b\x68\x03dcm\xc0\x0c"),
            record(15, 1, b"\0\x0a\xc0\x0c"),
        ],
    );
    for n in 0..answer.len() {
        let _ = talk(&DNS, 53, &[(Dir::Resp, &answer[..n])]);
        let _ = talk(&NETBIOS, 137, &[(Dir::Resp, &answer[..n])]);
        for flip in [0x01, 0x80, 0xff] {
            let mut other = answer.clone();
            other[n] ^= flip;
            assert_eq!(talk(&DNS, 53, &[(Dir::Resp, &other)]).len(), 1);
            let _ = ((DNS.probe)(53, &other), (NETBIOS.probe)(137, &other));
        }
    }
}

fn framed(message: &[u8]) -> Vec<u8> {
    [&(message.len() as u16).to_be_bytes()[..], message].concat()
}

fn over_tcp(cut: usize, script: &[(Dir, &[u8])]) -> PlainRows {
    let mut all = play((OVER_TCP.session)().as_mut(), script, cut);
    for row in all.values_mut().flatten() {
        row.retain(|column, _| column != "ts" && column != "rtt");
    }
    all
}

#[test]
fn over_tcp_however_it_was_cut() {
    let asked = [framed(&query(1, "a.test", 1)), framed(&query(2, "b.test", 28))].concat();
    let answered = [
        framed(&response(2, "b.test", 28, 3, &[])),
        framed(&response(1, "a.test", 1, 0, &[record(1, 9, &[1, 2, 3, 4])])),
    ]
    .concat();
    let script = [(Dir::Orig, asked.as_slice()), (Dir::Resp, answered.as_slice())];
    let whole = over_tcp(usize::MAX, &script);
    assert_eq!(whole["dns"].len(), 2);
    for cut in [1, 7, 1460] {
        assert_eq!(over_tcp(cut, &script), whole);
    }
    for n in 0..asked.len() {
        over_tcp(
            usize::MAX,
            &[(Dir::Orig, &asked[..n]), (Dir::Resp, &answered[..n.min(answered.len())])],
        );
    }
    assert_eq!((OVER_TCP.probe)(Dir::Orig, &framed(&query(1, "a.test", 1))), Probe::Certain);
    assert_eq!((OVER_TCP.probe)(Dir::Orig, &asked[..9]), Probe::Unsure);
    assert_eq!((OVER_TCP.probe)(Dir::Orig, &asked[..20]), Probe::Likely);
}

#[test]
fn after_a_loss_the_next_message_is_read() {
    let (mut session, mut out, mut half) = ((OVER_TCP.session)(), output(), Half::default());
    let mut identity = identity(53, 6);
    half.feed(
        session.as_mut(),
        Dir::Orig,
        &framed(&query(1, "a.test", 1))[..20],
        1,
        &mut identity,
        &mut out,
    );
    half.gap(session.as_mut(), Dir::Orig, 100, 2, &mut identity, &mut out);
    half.feed(session.as_mut(), Dir::Orig, b"somewhere in a message", 3, &mut identity, &mut out);
    half.feed(
        session.as_mut(),
        Dir::Orig,
        &framed(&query(2, "b.test", 1)),
        4,
        &mut identity,
        &mut out,
    );
    session.end(&mut Context {
        ts: 5,
        offset: 0,
        identity: &mut identity,
        out: &mut out,
    });
    let all = &rows(&mut out)["dns"];
    let told: Vec<_> = all
        .iter()
        .map(|r| (r["query"].as_str(), r["trans_id"].as_str(), r["partial"].as_str()))
        .collect();
    assert_eq!(told, [("-", "1", "true"), ("b.test", "2", "true")]);
}

#[test]
fn other_protocols_are_never_dns() {
    let others: &[&[u8]] = &[
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x00\x05\x01\0\0\0\0\0\0\0\0\0\0",
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        b"\x01\x00\x00\x00\x00\xcd\x00\x01\x00\x00ANY-SCP         ",
        b"\x00\x00\x00\x45\xffSMB\x72\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        b"\x0bMSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.5\r",
        b"\x30\x29\x02\x01\x00\x04\x06public\xa0\x1c\x02\x04\0\0\0\0\x02\x01\0\x02\x01\0\x30",
        &[0x23; 48],
        &[0; 48],
    ];
    for other in others {
        assert_eq!((OVER_TCP.probe)(Dir::Orig, other), Probe::Never, "{other:?}");
        assert_eq!((DNS.probe)(161, other), Probe::Never, "{other:?}");
        assert_eq!((DNS.probe)(53, other), Probe::Never, "{other:?}");
        assert_eq!((NETBIOS.probe)(137, other), Probe::Never, "{other:?}");
    }
}

#[test]
fn the_owners_of_machines_are_not_named() {
    let told = |protocol: &Datagrams, port, message: &[u8]| talk(protocol, port, &[(Dir::Orig, message)])[0]["query"].clone();
    for (port, name, left) in [
        (53, "Erikas-MBP.fritz.box", "*-MBP.fritz.box"),
        (5353, "iPhone-von-Erika-Mustermann.local", "iPhone-*.local"),
        (5355, "MUSTERMANN-PC", "*-PC"),
        (53, "mrn004711.ward.local", "mrn*.ward.local"),
        (53, "srv-pacs.hospital.local", "srv-pacs.hospital.local"),
    ] {
        assert_eq!(told(&DNS, port, &query(1, name, 1)), left);
    }
    for (suffix, left) in [(0x00, "*-PC<00>"), (0x20, "*-PC<20>"), (0x1d, "*-PC<1d>")] {
        let label = netbios_label("ERIKA-PC", suffix);
        let ask = [words(&[3, 0x0110, 1, 0, 0, 0]), label_name(&label), words(&[0x20, 1])].concat();
        assert_eq!(told(&NETBIOS, 137, &ask), left);
    }
    let answer = response(
        1,
        "12.0.0.10.in-addr.arpa",
        12,
        0,
        &[record(12, 60, &label_name("Annas-iPhone.lan"))],
    );
    assert_eq!(talk(&DNS, 53, &[(Dir::Resp, &answer)])[0]["answers"], "[*-iPhone.lan]");
    let mut status = vec![2];
    for name in [*b"ERIKA-PC       \x00", *b"PACS           \x20"] {
        status.extend(name.iter().chain(&[4, 0]));
    }
    let label = label_name(&netbios_label("*", 0));
    let told = [
        words(&[3, 0x8400, 0, 1, 0, 0]),
        label,
        words(&[0x21, 1, 0, 0, status.len() as u16]),
        status,
    ]
    .concat();
    assert_eq!(talk(&NETBIOS, 137, &[(Dir::Resp, &told)])[0]["answers"], "[*-PC<00>, PACS<20>]");
}

#[test]
fn a_chain_of_pointers_is_not_walked_for_ever() {
    let mut bytes = vec![1, b'a', 0];
    let mut last = 0u16;
    for n in 0..40 {
        let here = bytes.len() as u16;
        bytes.extend((0xc000 | last).to_be_bytes());
        last = here;
        assert_eq!(
            super::message::labels(&bytes, usize::from(here)).is_some(),
            n < crate::limits::DNS_POINTERS,
            "{n}"
        );
    }
}
