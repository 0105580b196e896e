//! Whole handshakes, cut and lost in every way.

use super::certificate::fingerprint;
use super::PROTOCOL;
use crate::context::Context;
use crate::half::Half;
use crate::protocols::{Dir, Probe};
use crate::testing::{identity, output, play, rows, PlainRows};

/// Self-signed with `openssl req`, for pacs.example.org and 10.0.0.2, P-256.
const HOST: &str = concat!(
    "308201d230820178a003020102021442b72d8eaee0a2a965a3d35bcaf4064f62859b2f300a06082a8648ce3d040302302d3110300e060355040a0c074578616d706c65311930",
    "1706035504030c10706163732e6578616d706c652e6f7267301e170d3236313132353034343433315a170d3336313132323034343433315a302d3110300e060355040a0c0745",
    "78616d706c653119301706035504030c10706163732e6578616d706c652e6f72673059301306072a8648ce3d020106082a8648ce3d03010703420004289387cab85692809586",
    "7a56fd608b758f11ada4488d0d7983f98f93d3a82e5bb9cac226c35355b4f546cc1eb42f2ebc08f4bf29c685d7ea815c70870603ede5a3763074301d0603551d0e0416041434",
    "20332bd6787e770a149a43b2d3c8de46feb656301f0603551d230418301680143420332bd6787e770a149a43b2d3c8de46feb656300f0603551d130101ff040530030101ff30",
    "210603551d11041a30188210706163732e6578616d706c652e6f726787040a000002300a06082a8648ce3d040302034800304502200ba4c215212b5fbc8a73a48934b51685aa",
    "1762341a940ddf2dca0964f430d09c0221008358a173fad0e19e5be454e90d66966e77b2af63ec6efa56f4d531b4585bde4e",
);

/// Self-signed with `openssl req`, for an invented person with a mail address.
const PERSON: &str = concat!(
    "308201dd30820184a003020102021463f65969a6b3d0d58276ce93a5a33aa2b3223c4a300a06082a8648ce3d04030230463110300e060355040a0c074578616d706c65311130",
    "0f06035504030c084a616e6520526f65311f301d06092a864886f70d01090116106a616e65406578616d706c652e6f7267301e170d3236313132353034343433315a170d3336",
    "313132323034343433315a30463110300e060355040a0c074578616d706c653111300f06035504030c084a616e6520526f65311f301d06092a864886f70d01090116106a616e",
    "65406578616d706c652e6f72673059301306072a8648ce3d020106082a8648ce3d03010703420004d65ad93f99fe03ea4dcc71fb083a480e6d63ff84a0b90a469011f6f8954a",
    "7bdfdee061ab5436cdd0aef53ae9a1978971df19f798173ca5f2c8f98480ac4cf5a0a350304e301d0603551d0e04160414db6e9fbf1a2f2357c1e49c622382d070f75857d530",
    "1f0603551d23041830168014db6e9fbf1a2f2357c1e49c622382d070f75857d5300c0603551d130101ff04023000300a06082a8648ce3d040302034700304402206922fc56cb",
    "9ab1e2a8feb6c186f45a2e280d5fb54d52f1aba2bbca6e924c478e02202e9bbd8dce134f8979d90e11a416e4e9f01e4e76eb633598f399496ee6bfc7c7",
);

/// Self-signed: CN=Mustermann.Erika.19640812, OU=Erika Mustermann, L=Ottersbridge, O=Example, C=DE; a mail address.
const CARD: &str = concat!(
    "308202643082020ba00302010202145f3f132e6ee94b7c3522c36ddf180790d4d7de83300a06082a8648ce3d04030230753110300e060355040a0c074578616d706c65310b30",
    "090603550406130244453115301306035504070c0c4f747465727362726964676531193017060355040b0c104572696b61204d75737465726d616e6e3122302006035504030c",
    "194d75737465726d616e6e2e4572696b612e3139363430383132301e170d3236313132383033353632305a170d3336313132353033353632305a30753110300e060355040a0c",
    "074578616d706c65310b30090603550406130244453115301306035504070c0c4f747465727362726964676531193017060355040b0c104572696b61204d75737465726d616e",
    "6e3122302006035504030c194d75737465726d616e6e2e4572696b612e31393634303831323059301306072a8648ce3d020106082a8648ce3d030107034200048b38ca92f8d3",
    "4870c20282cbe08deb54d03740e2a3322de555c714ebef11b5449db1d599a000a0bd1ab83ada8fa0432e93d130ce704eaea61bccca933cee8086a3793077301d0603551d0e04",
    "16041477fa74b1e216bb4713812e32a4a164440c285a20301f0603551d2304183016801477fa74b1e216bb4713812e32a4a164440c285a2030270603551d110420301e811c65",
    "72696b612e6d75737465726d616e6e406578616d706c652e6f7267300c0603551d130101ff04023000300a06082a8648ce3d0403020347003044022017faaa1a11d2a49f71bf",
    "08f94330df109a9ad9c3c5d63695f2d6dcdb9870e36802201dbc8458bafd52613c4e9879452ff1ed28bba1270070cd7ec7e3942ad73f4bac",
);

/// Self-signed: CN=mustermann.erika, OU=Staff Mustermann, O=Example.
const USER: &str = concat!(
    "308201e330820188a003020102021419be81fb84b0261fafed58586611ad63fd801fcd300a06082a8648ce3d04030230483110300e060355040a0c074578616d706c65311930",
    "17060355040b0c105374616666204d75737465726d616e6e3119301706035504030c106d75737465726d616e6e2e6572696b61301e170d3236313132383033353632305a170d",
    "3336313132353033353632305a30483110300e060355040a0c074578616d706c6531193017060355040b0c105374616666204d75737465726d616e6e3119301706035504030c",
    "106d75737465726d616e6e2e6572696b613059301306072a8648ce3d020106082a8648ce3d030107034200041a2ec20631d953bff67ad2c66452e1c69b1245d2e0cd1bb80241",
    "06379608847f1de98063cdf34c191f047c684311f2322d8d871e8cea6d6c7705894fe327f3a5a350304e301d0603551d0e041604146e01dbcba7491d91925090064756dc1b37",
    "588aa8301f0603551d230418301680146e01dbcba7491d91925090064756dc1b37588aa8300c0603551d130101ff04023000300a06082a8648ce3d0403020349003046022100",
    "c40114cbf6f3fd11196176cfc7acb1fec2677fb515398268087679b19ffb94a4022100e74128b4f908d7a32a9a84a08dc8ff00bbe086e4b515801ead8eb4a8047df056",
);

/// Self-signed: CN=Erikas-MBP.hospital.local, O=Example, for that name and for `Erika Mustermann`.
const PHONE: &str = concat!(
    "308201f73082019ea00302010202146ed499b710a4f01b0797e7de7274211f46456655300a06082a8648ce3d04030230363110300e060355040a0c074578616d706c65312230",
    "2006035504030c194572696b61732d4d42502e686f73706974616c2e6c6f63616c301e170d3236313132383033353632305a170d3336313132353033353632305a3036311030",
    "0e060355040a0c074578616d706c653122302006035504030c194572696b61732d4d42502e686f73706974616c2e6c6f63616c3059301306072a8648ce3d020106082a8648ce",
    "3d0301070342000402ed6f714212c3cb297d81b17fda9b469ab5ee845263b2d8d6c6a2065e7a4e5e582f4b21884a7779a9e7452dcca3828ab673a102dee37c75b6c741d023dd",
    "243fa38189308186301d0603551d0e04160414399c75f912240ab210c59a3b2955ca7916422603301f0603551d23041830168014399c75f912240ab210c59a3b2955ca791642",
    "260330360603551d11042f302d82194572696b61732d4d42502e686f73706974616c2e6c6f63616c82104572696b61204d75737465726d616e6e300c0603551d130101ff0402",
    "3000300a06082a8648ce3d04030203470030440220730c24b8f31fa8a21d770ece2677ce9fb16167fe2831e833b34c6dbe83ffec6b022059a646311f9109a59a947741a257db",
    "3e14dcfb14f3107fb906fdbe75fe603ec7",
);

/// Self-signed: CN=ct01.hospital.local, OU=Radiology, O=Example.
const MACHINE: &str = concat!(
    "308201da30820180a0030201020214485561707da68d839c8d59fdc17f6f1dc4751c2c300a06082a8648ce3d04030230443110300e060355040a0c074578616d706c65311230",
    "10060355040b0c09526164696f6c6f6779311c301a06035504030c13637430312e686f73706974616c2e6c6f63616c301e170d3236313132383033353632305a170d33363131",
    "32353033353632305a30443110300e060355040a0c074578616d706c6531123010060355040b0c09526164696f6c6f6779311c301a06035504030c13637430312e686f737069",
    "74616c2e6c6f63616c3059301306072a8648ce3d020106082a8648ce3d030107034200042655567d65742326d514dce130ef36e101763dbee45b305acff5d244a0cfd81cd09f",
    "f645258f73103f44fe4f72b4a99658e601e5c93956a7433ea6ce3ac5d4aba350304e301d0603551d0e0416041421243f0631ffd50ee9564477b69dcf873973e00d301f060355",
    "1d2304183016801421243f0631ffd50ee9564477b69dcf873973e00d300c0603551d130101ff04023000300a06082a8648ce3d04030203480030450220652e4ba942c7cf7409",
    "da68a8f03fc8c261ceebad8a7cef898d5a2f298e87ad63022100ebcd23512c58f817d2c15bb57be6b0f0525ea7a28c4598d1071effa61f8a9e3b",
);

/// Self-signed: CN=CT01, OU=Radiology, O=Example, for ct01.hospital.local and 10.0.0.7.
const DEVICE: &str = concat!(
    "308201e330820188a003020102021452943d84c3d6f6c0e5be19ab39f6e2c8a49ae849300a06082a8648ce3d04030230353110300e060355040a0c074578616d706c65311230",
    "10060355040b0c09526164696f6c6f6779310d300b06035504030c0443543031301e170d3236313132383033353632305a170d3336313132353033353632305a30353110300e",
    "060355040a0c074578616d706c6531123010060355040b0c09526164696f6c6f6779310d300b06035504030c04435430313059301306072a8648ce3d020106082a8648ce3d03",
    "010703420004243a4f17386e8252c1e3f24423733224f7fc406830f88702ae1b0c29ebd4675b74373360c6479dda3ea080e6b70a82e8d25149424a2d98c7b996fc20b9152caf",
    "a3763074301d0603551d0e0416041474bc4f92f34effe16fd5d280106924833cc8eb83301f0603551d2304183016801474bc4f92f34effe16fd5d280106924833cc8eb833024",
    "0603551d11041d301b8213637430312e686f73706974616c2e6c6f63616c87040a000007300c0603551d130101ff04023000300a06082a8648ce3d0403020349003046022100",
    "86df73871dee710e601b169e440940074f714a801c85dc9a82014e99ebae527b022100e2670f67922704cd947b9c6e6c73f78232e145262164ed53f33d56e0207a60e4",
);

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2)
        .map(|n| u8::from_str_radix(&text[2 * n..2 * n + 2], 16).unwrap())
        .collect()
}

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3], &(body.len() as u16).to_be_bytes()[..], body].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind], &(body.len() as u32).to_be_bytes()[1..], body].concat()
}

fn vector(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_be_bytes()[..], bytes].concat()
}

fn words(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_be_bytes()).collect()
}

fn extension(kind: u16, body: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &vector(body)].concat()
}

fn client_hello() -> Vec<u8> {
    let name = [&[0u8][..], &vector(b"pacs.example.org")].concat();
    let shares = [
        words(&[0x2a2a]),
        vector(&[0]),
        words(&[0x11ec]),
        vector(&[7; 40]),
        words(&[29]),
        vector(&[7; 32]),
    ]
    .concat();
    let extensions = [
        extension(0x1a1a, &[]),
        extension(0, &vector(&name)),
        extension(10, &vector(&words(&[0x2a2a, 0x11ec, 29]))),
        extension(16, &vector(b"\x02h2\x08http/1.1")),
        extension(43, &[&[6u8][..], &words(&[0x3a3a, 0x0304, 0x0303])].concat()),
        extension(51, &vector(&shares)),
    ]
    .concat();
    let body = [
        &[3, 3][..],
        &[1; 32],
        &[32],
        &[9; 32],
        &vector(&words(&[0x0a0a, 0x1301, 0xc02b])),
        &[1, 0],
        &vector(&extensions),
    ]
    .concat();
    message(1, &body)
}

fn server_hello(random: &[u8], session: &[u8], cipher: u16, extensions: &[u8]) -> Vec<u8> {
    let body = [
        &[3, 3][..],
        random,
        &[session.len() as u8],
        session,
        &cipher.to_be_bytes(),
        &[0],
        &vector(extensions),
    ]
    .concat();
    message(2, &body)
}

fn certificates(ders: &[&str]) -> Vec<u8> {
    let list: Vec<u8> = ders.iter().flat_map(|der| message(0, &unhex(der))[1..].to_vec()).collect();
    message(11, &message(0, &list)[1..])
}

/// TLS 1.2 with certificates of both sides; the server's flight is spread over records of 100 bytes.
fn tls12() -> Vec<(Dir, Vec<u8>)> {
    let flight = [
        server_hello(&[2; 32], &[8; 32], 0xc02b, &extension(16, &vector(b"\x08http/1.1"))),
        certificates(&[HOST, PERSON]),
        message(12, &[3, 0, 29, 1, 5]),
        message(13, &[1, 64, 0, 0]),
        message(14, &[]),
    ]
    .concat();
    let reply = [certificates(&[PERSON]), message(16, &[1, 2])].concat();
    vec![
        (Dir::Orig, record(22, &client_hello())),
        (Dir::Resp, flight.chunks(100).flat_map(|part| record(22, part)).collect()),
        (Dir::Orig, [record(22, &reply), record(20, &[1]), record(22, &[0x5a; 40])].concat()),
        (
            Dir::Resp,
            [record(20, &[1]), record(22, &[0xa5; 40]), record(23, &[7; 99])].concat(),
        ),
        (Dir::Orig, record(23, &[7; 999])),
    ]
}

const RETRY: &str = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c";

/// TLS 1.3 with a HelloRetryRequest and the ChangeCipherSpec records that middle boxes want to see.
fn tls13() -> Vec<(Dir, Vec<u8>)> {
    let chosen = |share: &[u8]| [extension(43, &[3, 4]), extension(51, share)].concat();
    vec![
        (Dir::Orig, record(22, &client_hello())),
        (
            Dir::Resp,
            [
                record(22, &server_hello(&unhex(RETRY), &[9; 32], 0x1301, &chosen(&[0, 29]))),
                record(20, &[1]),
            ]
            .concat(),
        ),
        (Dir::Orig, [record(20, &[1]), record(22, &client_hello())].concat()),
        (
            Dir::Resp,
            [
                record(22, &server_hello(&[4; 32], &[9; 32], 0x1301, &chosen(b"\x11\xec\x00\x01x"))),
                record(23, &[6; 900]),
            ]
            .concat(),
        ),
        (Dir::Orig, [record(23, &[6; 53]), record(23, &[6; 500])].concat()),
    ]
}

fn run(script: &[(Dir, Vec<u8>)], cut: usize) -> PlainRows {
    let borrowed: Vec<(Dir, &[u8])> = script.iter().map(|(dir, bytes)| (*dir, bytes.as_slice())).collect();
    let mut all = play((PROTOCOL.session)().as_mut(), &borrowed, cut);
    for row in all.values_mut().flatten() {
        row.remove("ts");
    }
    all
}

#[test]
fn tls12_with_certificates_of_both_sides() {
    let all = run(&tls12(), usize::MAX);
    let row = &all["ssl"][0];
    let expected = [
        ("version", "TLSv12"),
        ("cipher", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
        ("curve", "x25519"),
        ("next_protocol", "http/1.1"),
        ("server_name", "pacs.example.org"),
        ("established", "true"),
        ("resumed", "false"),
        ("partial", "false"),
        ("cert_count", "2"),
        ("client_cert", "true"),
        ("sni_matches_cert", "true"),
        ("pq_hybrid_offered", "true"),
        ("pq_hybrid", "false"),
        ("malformed", "-"),
        ("key_share_groups", "[X25519MLKEM768, x25519]"),
        ("client_versions", "[772, 771]"),
        ("client_ciphers_count", "2"),
    ];
    for (name, value) in expected {
        assert_eq!(row[name], value, "{name}");
    }
    assert!(row["ja4"].starts_with("t13d0205h2_"));
    let certs = &all["x509"];
    assert_eq!(certs.len(), 3);
    assert_eq!(certs[0]["fingerprint"], fingerprint(&unhex(HOST)));
    assert_eq!(certs[0]["certificate_subject"], "CN=pacs.example.org,O=Example");
    assert_eq!(
        (certs[0]["certificate_key_type"].as_str(), certs[0]["certificate_curve"].as_str()),
        ("ecdsa", "secp256r1")
    );
    assert_eq!(
        (certs[0]["san_dns"].as_str(), certs[0]["san_ip"].as_str()),
        ("[pacs.example.org]", "[10.0.0.2]")
    );
    assert_eq!((certs[0]["self_signed"].as_str(), certs[0]["host_cert"].as_str()), ("true", "true"));
    assert_eq!(
        (certs[2]["client_cert"].as_str(), certs[2]["certificate_subject"].as_str()),
        ("true", "O=Example")
    );
    assert_eq!(certs[1]["certificate_subject"], "CN=*,O=Example");
    assert!(!format!("{all:?}").contains("Jane") && !format!("{all:?}").contains("jane"));
    let ids: std::collections::BTreeSet<_> = certs.iter().map(|cert| &cert["event_id"]).collect();
    assert_eq!(ids.len(), 3);
}

#[test]
fn tls13_with_a_retry() {
    let all = run(&tls13(), usize::MAX);
    let row = &all["ssl"][0];
    for (name, value) in [
        ("version", "TLSv13"),
        ("curve", "X25519MLKEM768"),
        ("pq_hybrid", "true"),
        ("hello_retry", "true"),
        ("established", "true"),
    ] {
        assert_eq!(row[name], value, "{name}");
    }
    assert_eq!(all["ssl"].len(), 1);
}

#[test]
fn an_abbreviated_handshake_is_resumed() {
    let script = [
        (Dir::Orig, record(22, &client_hello())),
        (
            Dir::Resp,
            [
                record(22, &server_hello(&[2; 32], &[9; 32], 0xc02b, &[])),
                record(20, &[1]),
                record(22, &[0x5a; 40]),
            ]
            .concat(),
        ),
        (Dir::Orig, [record(20, &[1]), record(22, &[0x5a; 40])].concat()),
    ];
    let row = &run(&script, 7)["ssl"][0];
    assert_eq!(
        (row["resumed"].as_str(), row["established"].as_str(), row["cert_count"].as_str()),
        ("true", "true", "0")
    );
}

#[test]
fn a_fatal_alert_ends_it() {
    let script = [(Dir::Orig, record(22, &client_hello())), (Dir::Resp, record(21, &[2, 70]))];
    let row = &run(&script, 1)["ssl"][0];
    assert_eq!(
        (row["last_alert"].as_str(), row["established"].as_str(), row["partial"].as_str()),
        ("protocol_version", "false", "false")
    );
}

#[test]
fn rows_do_not_depend_on_how_packets_were_cut() {
    for script in [tls12(), tls13()] {
        let whole = run(&script, usize::MAX);
        for cut in [1, 7, 1460] {
            assert_eq!(run(&script, cut), whole, "cut {cut}");
        }
    }
}

#[test]
fn truncated_anywhere_it_gives_one_row() {
    for script in [tls12(), tls13()] {
        for n in 0..script.len() {
            for cut in 1..script[n].1.len() {
                let mut shorter = script[..=n].to_vec();
                shorter[n].1.truncate(cut);
                assert_eq!(run(&shorter, usize::MAX)["ssl"].len(), 1);
            }
        }
    }
}

#[test]
fn any_byte_may_be_wrong() {
    for script in [tls12(), tls13()] {
        for n in 0..script.len() {
            for at in (0..script[n].1.len()).step_by(3) {
                let mut other = script.clone();
                other[n].1[at] ^= 0xff;
                assert!(run(&other, usize::MAX)["ssl"].len() == 1);
            }
        }
    }
}

#[test]
fn a_loss_is_partial_and_the_rest_is_read() {
    let (mut session, mut out) = ((PROTOCOL.session)(), output());
    let mut identity = identity(443, 6);
    let mut halves = [Half::default(), Half::default()];
    for (n, (dir, bytes)) in tls12().into_iter().enumerate() {
        let half = &mut halves[dir as usize];
        if n == 1 {
            half.feed(session.as_mut(), dir, &bytes[..150], 1, &mut identity, &mut out);
            half.gap(session.as_mut(), dir, bytes.len() as u64 - 150, 1, &mut identity, &mut out);
        } else {
            half.feed(session.as_mut(), dir, &bytes, 1, &mut identity, &mut out);
        }
    }
    session.end(&mut Context {
        ts: 1,
        offset: 0,
        identity: &mut identity,
        out: &mut out,
    });
    let row = &rows(&mut out)["ssl"][0];
    assert_eq!(
        (row["partial"].as_str(), row["established"].as_str(), row["version"].as_str()),
        ("true", "true", "TLSv12")
    );
}

/// Rows of a script of which the last piece was cut after `end` bytes: because the input ends there, and because the rest was lost.
fn cut_at(script: &[(Dir, Vec<u8>)], end: usize) -> [PlainRows; 2] {
    [false, true].map(|lost| {
        let (mut session, mut out, mut identity) = ((PROTOCOL.session)(), output(), identity(443, 6));
        let mut halves = [Half::default(), Half::default()];
        for (n, (dir, bytes)) in script.iter().enumerate() {
            let half = &mut halves[*dir as usize];
            let last = n + 1 == script.len();
            let shown = if last { &bytes[..end] } else { &bytes[..] };
            half.feed(session.as_mut(), *dir, shown, 1, &mut identity, &mut out);
            if last && lost {
                half.gap(session.as_mut(), *dir, (bytes.len() - end) as u64, 1, &mut identity, &mut out);
            }
        }
        for dir in [Dir::Orig, Dir::Resp] {
            halves[dir as usize].cut(session.as_mut(), dir, &mut identity, &mut out);
        }
        session.end(&mut Context {
            ts: 1,
            offset: 0,
            identity: &mut identity,
            out: &mut out,
        });
        rows(&mut out)
    })
}

#[test]
fn of_a_hello_that_was_cut_what_is_whole_is_read() {
    let hello = client_hello();
    let spread: Vec<u8> = hello.chunks(60).flat_map(|part| record(22, part)).collect();
    for bytes in [record(22, &hello), spread] {
        let at = |text: &[u8]| bytes.windows(text.len()).position(|w| w == text).map(|n| n + text.len());
        // Spread over records its parts are not where they are here; then only that nothing breaks or lies is looked at.
        let whole = at(b"pacs.example.org").zip(at(b"\x08http/1.1")).zip(at(&[0x3a, 0x3a, 3, 4, 3, 3]));
        for end in 5..bytes.len() {
            for rows in cut_at(&[(Dir::Orig, bytes.clone())], end) {
                let row = &rows["ssl"][0];
                let never = ["ja3", "ja4", "malformed", "version"].map(|column| row[column].as_str());
                assert_eq!(never, ["-"; 4], "{end}");
                assert_eq!((row["partial"].as_str(), row["established"].as_str()), ("true", "false"));
                let Some(((name, alpn), versions)) = whole.filter(|_| bytes.len() < hello.len() + 10) else {
                    continue;
                };
                assert_eq!(row["server_name"], if end >= name { "pacs.example.org" } else { "-" }, "{end}");
                assert_eq!(row["client_alpn"], if end >= alpn { "[h2, http/1.1]" } else { "[]" }, "{end}");
                assert_eq!(row["client_versions"], if end >= versions { "[772, 771]" } else { "[]" }, "{end}");
                let hybrid = if end >= name + 12 { "true" } else { "-" };
                assert_eq!(row["pq_hybrid_offered"], hybrid, "{end}");
            }
        }
    }
}

#[test]
fn of_a_flight_that_was_cut_what_is_whole_is_read() {
    let script = tls12();
    let flight = &script[1].1;
    let mut certificates = 0;
    for end in 5..flight.len() {
        for rows in cut_at(&script[..2], end) {
            let row = &rows["ssl"][0];
            assert_eq!((row["partial"].as_str(), row["malformed"].as_str()), ("true", "-"), "{end}");
            assert_eq!(row["server_name"], "pacs.example.org");
            // 1.2 is what 1.3 calls itself too, until the end of the hello says that it is.
            let version = if end >= 5 + 91 { "TLSv12" } else { "-" };
            assert_eq!(row["version"], version, "{end}");
            let found = rows.get("x509").map_or(0, Vec::len);
            assert_eq!(row["cert_count"], found.to_string(), "{end}");
            assert!(found >= certificates, "{end}");
            certificates = found;
        }
    }
    assert_eq!(certificates, 2);
}

#[test]
fn an_endless_message_is_given_up() {
    let mut script = vec![(Dir::Orig, record(22, &[1, 0xff, 0xff, 0xff]))];
    script.extend((0..8).map(|_| (Dir::Orig, record(22, &[0; 16_000]))));
    assert_eq!(run(&script, 1460)["ssl"][0]["malformed"], "handshake message too long");
}

#[test]
fn hellos_in_sslv2_form() {
    let hello = [&[0x80, 0x1f, 1, 3, 1, 0, 6, 0, 0, 0, 16][..], &[0, 0, 4, 1, 0, 0x80], &[5; 16]].concat();
    assert_eq!((PROTOCOL.probe)(Dir::Orig, &hello), Probe::Certain);
    let answer = [record(22, &server_hello(&[2; 32], &[], 4, &[])), record(21, &[2, 40])].concat();
    let all = run(&[(Dir::Orig, hello.clone()), (Dir::Resp, answer)], 1);
    assert_eq!(
        (all["ssl"][0]["client_versions"].as_str(), all["ssl"][0]["cipher"].as_str()),
        ("[769]", "TLS_RSA_WITH_RC4_128_MD5")
    );
    let old = run(
        &[(Dir::Orig, hello), (Dir::Resp, vec![0x80, 20, 4, 0, 1, 0, 2, 0, 0, 0, 3, 0, 16])],
        1,
    );
    assert_eq!(old["ssl"][0]["version"], "SSLv2");
}

#[test]
fn picked_up_in_the_middle() {
    let later = [record(23, &[0x99; 64]), record(23, &[0x99; 64])].concat();
    assert_eq!((PROTOCOL.probe)(Dir::Resp, &later), Probe::Certain);
    let row = &run(&[(Dir::Resp, later)], usize::MAX)["ssl"][0];
    assert_eq!((row["partial"].as_str(), row["established"].as_str()), ("true", "true"));
    for script in [tls12(), tls13()] {
        for (dir, bytes) in script {
            assert_eq!((PROTOCOL.probe)(dir, &bytes), Probe::Certain);
        }
    }
}

#[test]
fn other_protocols_are_never_tls() {
    let others: &[&[u8]] = &[
        b"GET / HTTP/1.1\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x01\0\0\0\x00\xcd\0\x01\0\0",
        b"\x0bMSH|^~\\&|A|B",
        b"\0\0\0\x45\xffSMBr\0\0\0\0",
        b"\xff\xfd\x18\xff\xfd\x20",
        b"\x03\0\0\x13\x0e\xe0\0\0\0\0\0",
        b"220 mail ESMTP\r\n",
        b"RFB 003.008\n",
        b"\x16\x03\x01\x00\x05\x63\0\0\0\0\x99\x99\x99\x99\x99\x99",
        b"\x80\x1f\x07\x03\x01\0\x06",
        b"\x16\x02\x01\x00\x05\x01\0\0\0\0",
        b"\x17\x03\x03\0\x02xxnot a record follows",
    ];
    for other in others {
        assert_eq!((PROTOCOL.probe)(Dir::Orig, other), Probe::Never, "{other:?}");
        assert_eq!((PROTOCOL.probe)(Dir::Resp, other), Probe::Never, "{other:?}");
    }
    assert_eq!((PROTOCOL.probe)(Dir::Orig, &[0x16]), Probe::Unsure);
}

/// The row of the certificate that a client (or, without `client`, a server) shows as its own.
fn shown_by(client: bool, der: &str) -> crate::testing::PlainRow {
    let mut script = tls12();
    if client {
        script[2].1 = [record(22, &certificates(&[der])), record(20, &[1])].concat();
    } else {
        let flight = [
            server_hello(&[2; 32], &[8; 32], 0xc02b, &[]),
            certificates(&[der]),
            message(14, &[]),
        ]
        .concat();
        script[1].1 = record(22, &flight);
    }
    let which = if client { "client_cert" } else { "host_cert" };
    run(&script, usize::MAX)["x509"]
        .iter()
        .find(|row| row[which] == "true")
        .unwrap()
        .clone()
}

#[test]
fn certificates_of_people_name_their_organisation() {
    for (client, der, subject, san) in [
        (true, CARD, "C=DE,O=Example", "[]"),
        (true, USER, "O=Example", "[]"),
        (true, PHONE, "O=Example", "[*-MBP.hospital.local]"),
        (true, PERSON, "O=Example", "[]"),
        (true, MACHINE, "CN=ct01.hospital.local,OU=Radiology,O=Example", "[]"),
        (true, DEVICE, "CN=CT01,OU=Radiology,O=Example", "[ct01.hospital.local]"),
        (false, PHONE, "CN=*-MBP.hospital.local,O=Example", "[*-MBP.hospital.local]"),
        (false, CARD, "CN=*.*,OU=*,L=Ottersbridge,C=DE,O=Example", "[]"),
        (false, MACHINE, "CN=ct01.hospital.local,OU=Radiology,O=Example", "[]"),
    ] {
        let row = shown_by(client, der);
        assert_eq!((row["certificate_subject"].as_str(), row["san_dns"].as_str()), (subject, san));
        assert_eq!(row["certificate_issuer"], subject);
        for planted in ["Mustermann", "mustermann", "Erika", "erika", "19640812"] {
            assert!(!format!("{row:?}").contains(planted), "{row:?}");
        }
    }
}

#[test]
fn names_that_a_client_asks_for_are_those_of_hosts() {
    let asking = |name: &[u8], alpn: &[u8]| {
        let name = [&[0u8][..], &vector(name)].concat();
        let extensions = [
            extension(0, &vector(&name)),
            extension(16, &vector(&[&[alpn.len() as u8], alpn, b"\x02h2"].concat())),
        ]
        .concat();
        let body = [
            &[3, 3][..],
            &[1; 32],
            &[0],
            &vector(&words(&[0xc02b])),
            &[1, 0],
            &vector(&extensions),
        ]
        .concat();
        let row = run(&[(Dir::Orig, record(22, &message(1, &body)))], usize::MAX)["ssl"][0].clone();
        ["server_name", "malformed", "client_alpn"].map(|column| row[column].clone())
    };
    assert_eq!(asking(b"Erikas-MBP.local", b"dicom"), ["*-MBP.local", "-", "[dicom, h2]"]);
    assert_eq!(asking(b"Erika Mustermann", b"Erika"), ["-", "server name", "[{}, h2]"]);
    assert_eq!(asking(b"M\xfcstermann.de", b"h3"), ["-", "server name", "[h3, h2]"]);
    assert_eq!(asking(b"", b"h3")[..2], ["-", "server name"]);
}
