use super::fields::Fields;
use super::*;
use crate::protocols::http::head::Start;

/// What a block says: method or status, target, host, and its user agent or server.
fn said(fields: &Fields) -> (String, String, String, String) {
    let text = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or(b"-")).into_owned();
    let head = fields.head();
    let (first, target) = match head.start {
        Start::Request { method, target } => (method.unwrap_or("-").to_owned(), text(target)),
        Start::Response { status, .. } => (status.to_string(), "-".to_owned()),
        Start::Neither => ("-".to_owned(), "-".to_owned()),
    };
    (first, target, text(head.host), text(head.server.or(head.user_agent)))
}

fn read(table: &mut Table, block: &[u8]) -> (Fields, Result<(), Stop>) {
    let mut fields = Fields::default();
    let result = table.read(block, &mut fields);
    (fields, result)
}

fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    let byte = |n: usize| u8::from_str_radix(&digits[n..n + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}

#[test]
fn integers() {
    // RFC 7541 C.1.
    assert_eq!(integer(&[0b1110_1010], 5), Ok((10, 1)));
    assert_eq!(integer(&[0xff, 0x9a, 0x0a], 5), Ok((1337, 3)));
    assert_eq!(integer(&[42], 8), Ok((42, 1)));
    assert_eq!(integer(&[0xff, 0x9a], 5), Err(Stop::Short));
    assert_eq!(integer(&[0xff, 0x80, 0x80, 0x80, 0x80, 0x10], 7), Err(Stop::Broken));
    assert_eq!(integer(&[0xff; 12], 7), Err(Stop::Broken));
}

#[test]
fn requests_of_the_standard() {
    // RFC 7541 C.3, C.4: the same three requests, plain and in Huffman code.
    let plain = [
        "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        "8286 84be 5808 6e6f 2d63 6163 6865",
        "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
    ];
    let coded = [
        "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
        "8286 84be 5886 a8eb 1064 9cbf",
        "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
    ];
    for blocks in [plain, coded] {
        let mut table = Table::default();
        for (block, target, size) in [(blocks[0], "/", 57), (blocks[1], "/", 110), (blocks[2], "/index.html", 164)] {
            let (fields, result) = read(&mut table, &hex(block));
            let (method, path, host, _) = said(&fields);
            assert_eq!(
                (result, method.as_str(), path.as_str(), host.as_str()),
                (Ok(()), "GET", target, "www.example.com")
            );
            assert!(!fields.cut && fields.malformed.is_none());
            assert_eq!(table.size, size);
        }
    }
}

#[test]
fn responses_of_the_standard_in_a_table_of_256_bytes() {
    // RFC 7541 C.5, C.6: entries are evicted.
    let plain = [
        "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        "4803 3330 37c1 c0bf",
        "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31",
    ];
    let coded = [
        "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
        "4883 640e ffc1 c0bf",
        "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
    ];
    for blocks in [plain, coded] {
        let mut table = Table {
            most: 256,
            ..Table::default()
        };
        for (block, status, size) in [(blocks[0], "302", 222), (blocks[1], "307", 222), (blocks[2], "200", 215)] {
            let (fields, result) = read(&mut table, &hex(block));
            assert_eq!((result, said(&fields).0.as_str()), (Ok(()), status));
            assert_eq!(table.size, size);
        }
        assert_eq!(table.entries.len(), 3);
    }
}

#[test]
fn what_was_not_seen_stays_unknown() {
    let mut table = Table::default();
    table.lost();
    // Status from what was lost; then it is entered anew, and known.
    let (fields, result) = read(&mut table, &hex("bf 88"));
    assert!(result.is_ok() && fields.cut);
    let (fields, _) = read(&mut table, &hex("48 03 333032 c5"));
    assert_eq!((said(&fields).0.as_str(), fields.cut), ("302", true));
    let (fields, _) = read(&mut table, &hex("be"));
    assert_eq!((said(&fields).0.as_str(), fields.cut), ("302", false));
    // A value under a name that was lost is nobody's.
    let (fields, _) = read(&mut table, &hex("7f 10 03 616263 be"));
    assert!(fields.cut && fields.malformed.is_none());
    // The same is an error where all was seen.
    assert_eq!(read(&mut Table::default(), &hex("be")).1, Err(Stop::Broken));
    assert_eq!(read(&mut Table::default(), &hex("80")).1, Err(Stop::Broken));
}

#[test]
fn bombs_stay_small() {
    // An entry as large as the table, then a reference to it in each byte.
    let mut block = vec![0x41, 0x7f, 0xd7, 0x1e];
    block.extend([b'a'; 4064 - 10]);
    block.extend([0xbe; 60_000]);
    let mut table = Table::default();
    let (_, result) = read(&mut table, &block);
    assert_eq!(result, Err(Stop::Long));
    // A table that grows beyond what is kept.
    let mut table = Table::default();
    assert_eq!(read(&mut table, &hex("3f e1 ff ff ff 07")).1, Ok(()));
    for _ in 0..1000 {
        let mut entry = vec![0x41, 0x7f, 0xd1, 0x0e];
        entry.extend([b'a'; 2000]);
        read(&mut table, &entry).1.unwrap();
    }
    assert!(table.held() <= limits::HTTP2_TABLE * 2, "{}", table.held());
    assert_eq!(read(&mut table, &hex("ff 80 10")).1, Ok(()));
    // What the other side allows bounds it too.
    table.allow(4096);
    read(&mut table, &hex("3f e1 ff ff ff 07")).1.unwrap();
    assert!(table.size <= 4096);
}
