//! SMB 2 and 3.

use super::build::{compound, frame, Smb2, FILE};
use super::{actions, files, pseudonym, rows, Script};
use crate::protocols::Dir::{Orig, Resp};

pub fn mount(share: &str, kind: u8) -> Script {
    vec![
        (Resp, Smb2::negotiated(0x0311).framed()),
        (Resp, Smb2::session(1).framed()),
        (Orig, Smb2::connect(2, share).framed()),
        (Resp, Smb2::connected(2, kind, 0x8000).framed()),
    ]
}

/// A file of 20,000 bytes is written, renamed, read and closed; another is deleted.
pub fn work() -> Script {
    let noise: Vec<u8> = (0..20_000u32).map(|n| (n % 256) as u8).collect();
    let mut script = mount("\\\\pacs\\Doe^John", 1);
    script.extend([
        (Orig, Smb2::create(3, "ct\\2024\\Doe^John.dcm", 2, 0).framed()),
        (Resp, Smb2::created(3, 2, 0, FILE).framed()),
        (Orig, Smb2::write(4, FILE, 0, &noise[..1000]).framed()),
        (Orig, Smb2::write(5, FILE, 1000, &noise[1000..]).framed()),
        (Resp, Smb2::error(9, 4, 0x103).framed()),
        (Resp, Smb2::written(4, 1000).framed()),
        (Resp, Smb2::written(5, 19_000).framed()),
        (Orig, Smb2::rename(6, FILE, "ct\\2024\\Doe^John.lockbit").framed()),
        (Resp, Smb2::was_set(6).framed()),
        (Orig, Smb2::read(7, FILE).framed()),
        (Resp, Smb2::was_read(7, b"\x00\x00\x00\x5a\xfeSMB is only content").framed()),
        (Orig, Smb2::read(8, FILE).framed()),
        (Resp, Smb2::error(8, 8, 0xc000_0011).framed()),
        (Orig, Smb2::close(9, FILE).framed()),
        (Resp, Smb2::closed(9, 20_000).framed()),
        (Orig, Smb2::create(10, "RyukReadMe.txt", 1, 0x1000).framed()),
        (Resp, Smb2::created(10, 1, 5, 77).framed()),
        (Orig, Smb2::close(11, 77).framed()),
        (Resp, Smb2::closed(11, 0).framed()),
    ]);
    script
}

#[test]
fn the_life_of_a_file() {
    let rows = rows(&work());
    assert_eq!(
        actions(&rows),
        ["create", "rename", "read", "write", "close", "open", "delete", "close"]
    );
    let mapping = &rows["smb_mapping"][0];
    for (column, value) in [
        ("version", "SMB2"),
        ("dialect", "3.1.1"),
        ("share_type", "DISK"),
        ("encrypted", "true"),
        ("guest", "true"),
    ] {
        assert_eq!(mapping[column], value, "{column}");
    }
    assert_eq!(mapping["share"], pseudonym("DOE^JOHN"));
    assert_eq!((mapping["signing_required"].as_str(), mapping["tree_id"].as_str()), ("true", "7"));
    let [create, rename, read, write, close, note, delete, _] = files(&rows) else {
        panic!()
    };
    assert_eq!(
        (
            create["extension"].as_str(),
            create["depth"].as_str(),
            create["create_action"].as_str()
        ),
        ("dcm", "2", "created")
    );
    assert_eq!(create["folder"], pseudonym("CT\\2024"));
    assert_eq!((rename["extension"].as_str(), rename["new_extension"].as_str()), ("dcm", "lockbit"));
    assert_eq!(
        (&rename["name"], &rename["new_name"]),
        (&pseudonym("doe^john.dcm"), &pseudonym("doe^john.lockbit"))
    );
    assert_eq!(
        (read["bytes"].as_str(), read["operations"].as_str(), read["status"].as_str()),
        ("24", "2", "0")
    );
    assert_eq!((write["bytes"].as_str(), write["operations"].as_str()), ("20000", "2"));
    assert!(write["entropy"].parse::<f64>().unwrap() > 7.99 && write["entropy_bytes"] == "4096");
    assert_eq!((close["size"].as_str(), close["partial"].as_str()), ("20000", "false"));
    assert_eq!(
        (note["marks"].as_str(), delete["extension"].as_str()),
        ("[ransom-note-ryuk]", "txt")
    );
    // Each word is too long to stand in a pseudonym by chance.
    let all = format!("{rows:?}").to_lowercase();
    for word in ["doe^john", "ryukreadme", "\\\\pacs", "ct\\\\2024"] {
        assert!(!all.contains(word), "{word} in {all}");
    }
}

#[test]
fn a_compound_means_the_file_it_opens() {
    let mut script = mount("\\\\srv\\IPC$", 1);
    script.extend([
        (
            Orig,
            compound(&[
                Smb2::create(3, "x.TXT", 5, 0),
                Smb2::write(4, u128::MAX, 0, b"aaaabbbb").related(),
                Smb2::close(5, u128::MAX).related(),
            ]),
        ),
        (
            Resp,
            compound(&[Smb2::created(3, 3, 0, FILE), Smb2::written(4, 8), Smb2::closed(5, 8)]),
        ),
        (
            Orig,
            compound(&[Smb2::create(6, "none", 1, 0), Smb2::close(7, u128::MAX).related()]),
        ),
        (Resp, compound(&[Smb2::error(5, 6, 0xc000_0034), Smb2::error(6, 7, 0xc000_0034)])),
    ]);
    let rows = rows(&script);
    assert_eq!(rows["smb_mapping"][0]["share"], "IPC$");
    assert_eq!(actions(&rows), ["create", "write", "close", "open"]);
    assert_eq!(
        (files(&rows)[0]["create_action"].as_str(), files(&rows)[3]["status"].as_str()),
        ("overwritten", "3221225524")
    );
    assert_eq!((files(&rows)[1]["bytes"].as_str(), files(&rows)[2]["size"].as_str()), ("8", "8"));
}

#[test]
fn dispositions_sizes_and_failures() {
    let mut script = mount("\\\\srv\\data", 1);
    script.extend([
        (Orig, Smb2::create(3, "a.doc", 1, 0).framed()),
        (Resp, Smb2::created(3, 1, 9, FILE).framed()),
        (Orig, Smb2::set_info(4, FILE, 13, &[1]).framed()),
        (Resp, Smb2::error(0x11, 4, 0xc000_0022).framed()),
        (Orig, Smb2::set_info(5, FILE, 20, &4096u64.to_le_bytes()).framed()),
        (Resp, Smb2::was_set(5).framed()),
        (Orig, Smb2::set_info(6, FILE, 13, &[1]).framed()),
        (Resp, Smb2::was_set(6).framed()),
    ]);
    let rows = rows(&script);
    assert_eq!(actions(&rows), ["open", "delete", "set_info", "delete"]);
    assert_eq!(
        (files(&rows)[1]["status"].as_str(), files(&rows)[3]["status"].as_str()),
        ("3221225506", "0")
    );
    assert_eq!(
        (files(&rows)[2]["size"].as_str(), files(&rows)[2]["info_class"].as_str()),
        ("4096", "20")
    );
}

#[test]
fn pipes_are_named_and_not_sampled() {
    let mut script = mount("\\\\srv\\IPC$", 2);
    script.extend([
        (Orig, Smb2::create(3, "svcctl", 1, 0).framed()),
        (Resp, Smb2::created(3, 1, 0, FILE).framed()),
        (Orig, Smb2::write(4, FILE, 0, &[5; 200]).framed()),
        (Resp, Smb2::written(4, 200).framed()),
    ]);
    let rows = rows(&script);
    assert_eq!(actions(&rows), ["open", "write"]);
    let write = &files(&rows)[1];
    assert_eq!(
        (write["name"].as_str(), write["share_type"].as_str(), write["entropy"].as_str()),
        ("svcctl", "PIPE", "-")
    );
    assert_eq!((write["partial"].as_str(), write["extension"].as_str()), ("true", "-"));
}

#[test]
fn what_is_hidden_has_a_shape() {
    let hidden = |magic: u8, session: u64, length: usize| {
        let mut bytes = vec![0; length];
        bytes[..4].copy_from_slice(&[magic, b'S', b'M', b'B']);
        bytes[44..52].copy_from_slice(&session.to_le_bytes());
        frame(&bytes)
    };
    let script = vec![
        (Resp, Smb2::negotiated(0x0300).framed()),
        (Orig, hidden(0xfd, 1, 100)),
        (Resp, hidden(0xfd, 1, 5000)),
        (Orig, hidden(0xfd, 1, 70_000)),
        (Orig, hidden(0xfd, 2, 80)),
        (Orig, hidden(0xfc, 0, 90)),
    ];
    let rows = rows(&script);
    assert_eq!(actions(&rows), ["encrypted", "encrypted", "compressed"]);
    let shape = |n: usize| ["messages_orig", "bytes_orig", "messages_resp", "bytes_resp"].map(|c| files(&rows)[n][c].as_str());
    assert_eq!(shape(0), ["2", "70100", "1", "5000"]);
    assert_eq!(shape(1), ["1", "80", "0", "0"]);
    assert_eq!(
        (files(&rows)[0]["encrypted"].as_str(), files(&rows)[2]["encrypted"].as_str()),
        ("true", "false")
    );
    assert_eq!(
        (rows["smb_mapping"][0]["dialect"].as_str(), rows["smb_mapping"][0]["share"].as_str()),
        ("3.0", "-")
    );
}
