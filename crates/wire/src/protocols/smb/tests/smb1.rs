//! SMB1.

use super::build::{session_request, smb1, utf16};
use super::{actions, files, pseudonym, rows, Script};
use crate::protocols::Dir::{Orig, Resp};

fn words(length: usize, fields: &[(usize, &[u8])]) -> Vec<u8> {
    let mut words = vec![0; length];
    words[0] = 0xff;
    for (at, bytes) in fields {
        words[*at..*at + bytes.len()].copy_from_slice(bytes);
    }
    words
}

/// Unicode text and its end; the data of all these messages begins at an odd offset, so a pad stands before it.
fn padded(text: &str) -> Vec<u8> {
    [vec![0], utf16(text), vec![0, 0]].concat()
}

fn formatted(texts: &[&str]) -> Vec<u8> {
    texts
        .iter()
        .enumerate()
        .flat_map(|(n, text)| [if n == 0 { vec![4] } else { vec![4, 0] }, utf16(text), vec![0, 0]].concat())
        .collect()
}

pub fn work() -> Script {
    let mut transaction = words(
        30,
        &[
            (20, &66u16.to_le_bytes()),
            (22, &[40, 0]),
            (24, &72u16.to_le_bytes()),
            (26, &[1]),
            (28, &[8, 0]),
        ],
    );
    transaction[0] = 6;
    let name = utf16("b.locked");
    let rename = [&[0][..], &[3, 0, 0xf2, 3, 0, 0], &[0; 8], &(name.len() as u32).to_le_bytes(), &name].concat();
    let data = b"aaaabbbbccccdddd";
    let write = [(4, &[3, 0][..]), (20, &[16, 0]), (22, &64u16.to_le_bytes())];
    vec![
        (Orig, session_request()),
        (Resp, vec![0x82, 0, 0, 0]),
        (Orig, smb1(0x72, false, 0, 1, &[], b"\x02PC NETWORK PROGRAM 1.0\0\x02NT LM 0.12\0")),
        (Resp, smb1(0x72, true, 0, 1, &words(34, &[(0, &[1, 0, 0x0b])]), &[])),
        (
            Orig,
            smb1(
                0x75,
                false,
                0,
                2,
                &words(8, &[(6, &[1, 0])]),
                &[&[0][..], &utf16("\\\\srv\\Archive"), &[0, 0], b"?????\0"].concat(),
            ),
        ),
        (
            Resp,
            smb1(0x75, true, 0, 2, &words(6, &[]), &[&b"A:\0"[..], &utf16("NTFS"), &[0, 0]].concat()),
        ),
        (Orig, smb1(0xa2, false, 0, 3, &words(48, &[(35, &[2])]), &padded("\\dir\\b.txt"))),
        (Resp, smb1(0xa2, true, 0, 3, &words(68, &[(5, &[3, 0]), (7, &[2])]), &[])),
        (Orig, smb1(0x2f, false, 0, 4, &words(28, &write), &[&[0][..], data].concat())),
        (Resp, smb1(0x2f, true, 0, 4, &words(12, &[(4, &[16, 0])]), &[])),
        (Orig, smb1(0x2e, false, 0, 5, &words(24, &[(4, &[3, 0])]), &[])),
        (Resp, smb1(0x2e, true, 0, 5, &words(24, &[(10, &[16, 0])]), data)),
        (Orig, smb1(0x32, false, 0, 6, &transaction, &rename)),
        (Resp, smb1(0x32, true, 0, 6, &[0; 20], &[])),
        (Orig, smb1(0x04, false, 0, 7, &[3, 0, 0, 0, 0, 0], &[])),
        (Resp, smb1(0x04, true, 0, 7, &[], &[])),
        (Orig, smb1(0x07, false, 0, 8, &[0, 0], &formatted(&["\\x.doc", "\\y\\x.zip"]))),
        (Resp, smb1(0x07, true, 0, 8, &[], &[])),
        (Orig, smb1(0x06, false, 0, 9, &[0, 0], &formatted(&["\\x.doc"]))),
        (Resp, smb1(0x06, true, 0xc000_0034, 9, &[], &[])),
        (Orig, smb1(0x2d, false, 0, 10, &words(30, &[(16, &[1])]), &padded("\\z.ini"))),
    ]
}

#[test]
fn the_life_of_a_file() {
    let rows = rows(&work());
    let mapping = &rows["smb_mapping"][0];
    assert_eq!(mapping["share"], pseudonym("archive"));
    for (column, value) in [
        ("version", "SMB1"),
        ("dialect", "NT LM 0.12"),
        ("service", "A:"),
        ("native_file_system", "NTFS"),
        ("signing_required", "true"),
    ] {
        assert_eq!(mapping[column], value, "{column}");
    }
    assert_eq!(
        actions(&rows),
        ["create", "rename", "read", "write", "close", "rename", "delete", "open"]
    );
    let [create, rename, read, write, close, moved, delete, open] = files(&rows) else {
        panic!()
    };
    assert_eq!(
        (create["extension"].as_str(), create["depth"].as_str(), &create["folder"]),
        ("txt", "1", &pseudonym("dir"))
    );
    assert_eq!(
        (rename["new_extension"].as_str(), &rename["new_folder"]),
        ("locked", &pseudonym("dir"))
    );
    assert_eq!(
        (read["bytes"].as_str(), write["bytes"].as_str(), write["entropy"].as_str()),
        ("16", "16", "2")
    );
    assert_eq!((close["extension"].as_str(), close["status"].as_str()), ("locked", "0"));
    assert_eq!(
        (moved["extension"].as_str(), moved["new_extension"].as_str(), &moved["new_folder"]),
        ("doc", "zip", &pseudonym("y"))
    );
    assert_eq!((delete["status"].as_str(), delete["partial"].as_str()), ("3221225524", "false"));
    assert_eq!(
        (open["partial"].as_str(), open["extension"].as_str(), open["status"].as_str()),
        ("true", "ini", "-")
    );
}

#[test]
fn smb1_may_be_answered_in_smb2() {
    let script = vec![
        (Orig, smb1(0x72, false, 0, 0, &[], b"\x02NT LM 0.12\0\x02SMB 2.???\0")),
        (Resp, super::build::Smb2::negotiated(0x02ff).framed()),
        (Resp, super::build::Smb2::negotiated(0x0210).framed()),
    ];
    let rows = rows(&script);
    assert_eq!(rows["smb_mapping"].len(), 1);
    assert_eq!(
        (
            rows["smb_mapping"][0]["version"].as_str(),
            rows["smb_mapping"][0]["dialect"].as_str()
        ),
        ("SMB2", "2.1")
    );
}

#[test]
fn a_chain_that_goes_backwards_ends() {
    let back = words(24, &[(0, &[0x2e, 0, 32, 0])]);
    let rows = rows(&vec![
        (Orig, smb1(0x2d, false, 0, 1, &words(30, &[(0, &[0x2e, 0, 32, 0])]), &padded("\\a"))),
        (Orig, smb1(0x2e, false, 0, 2, &back, &[])),
    ]);
    assert_eq!(files(&rows)[0]["malformed"], "AndX chain goes backwards");
}

#[test]
fn free_text_of_the_server_is_not_kept() {
    let mut script = work();
    let said = [&b"Erika\0"[..], &utf16("Mustermann"), &[0, 0]].concat();
    let at = script
        .iter()
        .position(|(dir, bytes)| *dir == Resp && bytes.windows(2).any(|w| w == b"A:"))
        .unwrap();
    script[at].1 = smb1(0x75, true, 0, 2, &words(6, &[]), &said);
    let mapping = &rows(&script)["smb_mapping"][0];
    assert_eq!((mapping["service"].as_str(), mapping["native_file_system"].as_str()), ("{}", "{}"));
}
