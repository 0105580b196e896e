//! Messages by the page: MS-SMB2 2.2, MS-CIFS 2.2.

/// In a session service frame. RFC 1002 4.3.1.
pub fn frame(messages: &[u8]) -> Vec<u8> {
    let mut bytes = (messages.len() as u32).to_be_bytes().to_vec();
    bytes.extend(messages);
    bytes
}

pub fn session_request() -> Vec<u8> {
    let mut bytes = vec![0x81, 0, 0, 68];
    for _ in 0..2 {
        bytes.push(32);
        bytes.extend([b'C', b'A'].repeat(16));
        bytes.push(0);
    }
    bytes
}

pub fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn put(to: &mut [u8], at: usize, bytes: &[u8]) {
    to[at..at + bytes.len()].copy_from_slice(bytes);
}

/// A message of SMB2.
#[derive(Clone)]
pub struct Smb2(pub Vec<u8>);

pub const TREE: u32 = 7;
pub const FILE: u128 = 0x0011_2233_4455_6677_8899_aabb_ccdd_eeff;

impl Smb2 {
    fn new(command: u16, id: u64, fixed: usize) -> Smb2 {
        let mut bytes = vec![0; 64 + fixed];
        put(&mut bytes, 0, b"\xfeSMB\x40");
        put(&mut bytes, 12, &command.to_le_bytes());
        put(&mut bytes, 24, &id.to_le_bytes());
        put(&mut bytes, 36, &TREE.to_le_bytes());
        put(&mut bytes, 40, &5u64.to_le_bytes());
        Smb2(bytes)
    }

    pub fn set(mut self, at: usize, bytes: &[u8]) -> Smb2 {
        put(&mut self.0, at, bytes);
        self
    }

    fn with(mut self, bytes: &[u8]) -> Smb2 {
        self.0.extend(bytes);
        self
    }

    pub fn status(self, status: u32) -> Smb2 {
        self.set(8, &status.to_le_bytes())
    }

    pub fn related(self) -> Smb2 {
        self.set(16, &4u32.to_le_bytes())
    }

    fn answer(command: u16, id: u64, fixed: usize) -> Smb2 {
        Smb2::new(command, id, fixed).set(16, &1u32.to_le_bytes())
    }

    /// An answer without a body but the size of one.
    pub fn error(command: u16, id: u64, status: u32) -> Smb2 {
        Smb2::answer(command, id, 9).set(64, &[9]).status(status)
    }

    pub fn negotiated(dialect: u16) -> Smb2 {
        Smb2::answer(0, 0, 64).set(66, &[3]).set(68, &dialect.to_le_bytes())
    }

    pub fn session(flags: u8) -> Smb2 {
        Smb2::answer(1, 1, 8).set(66, &[flags])
    }

    pub fn connect(id: u64, path: &str) -> Smb2 {
        let path = utf16(path);
        Smb2::new(3, id, 8)
            .set(68, &72u16.to_le_bytes())
            .set(70, &(path.len() as u16).to_le_bytes())
            .with(&path)
    }

    pub fn connected(id: u64, kind: u8, flags: u32) -> Smb2 {
        Smb2::answer(3, id, 16).set(66, &[kind]).set(68, &flags.to_le_bytes())
    }

    pub fn create(id: u64, path: &str, disposition: u8, options: u32) -> Smb2 {
        let name = utf16(path);
        Smb2::new(5, id, 56)
            .set(100, &[disposition])
            .set(104, &options.to_le_bytes())
            .set(108, &120u16.to_le_bytes())
            .set(110, &(name.len() as u16).to_le_bytes())
            .with(&name)
    }

    pub fn created(id: u64, action: u8, size: u64, file: u128) -> Smb2 {
        Smb2::answer(5, id, 88)
            .set(64, &[89])
            .set(68, &[action])
            .set(112, &size.to_le_bytes())
            .set(128, &file.to_le_bytes())
    }

    pub fn close(id: u64, file: u128) -> Smb2 {
        Smb2::new(6, id, 24).set(72, &file.to_le_bytes())
    }

    pub fn closed(id: u64, size: u64) -> Smb2 {
        Smb2::answer(6, id, 60).set(64, &[60]).set(66, &[1]).set(112, &size.to_le_bytes())
    }

    pub fn read(id: u64, file: u128) -> Smb2 {
        Smb2::new(8, id, 49).set(80, &file.to_le_bytes())
    }

    pub fn was_read(id: u64, bytes: &[u8]) -> Smb2 {
        Smb2::answer(8, id, 16)
            .set(66, &[80])
            .set(68, &(bytes.len() as u32).to_le_bytes())
            .with(bytes)
    }

    pub fn write(id: u64, file: u128, offset: u64, bytes: &[u8]) -> Smb2 {
        Smb2::new(9, id, 48)
            .set(66, &112u16.to_le_bytes())
            .set(68, &(bytes.len() as u32).to_le_bytes())
            .set(72, &offset.to_le_bytes())
            .set(80, &file.to_le_bytes())
            .with(bytes)
    }

    pub fn written(id: u64, bytes: u32) -> Smb2 {
        Smb2::answer(9, id, 16).set(68, &bytes.to_le_bytes())
    }

    pub fn set_info(id: u64, file: u128, class: u8, info: &[u8]) -> Smb2 {
        Smb2::new(0x11, id, 32)
            .set(66, &[1, class])
            .set(68, &(info.len() as u32).to_le_bytes())
            .set(72, &96u16.to_le_bytes())
            .set(80, &file.to_le_bytes())
            .with(info)
    }

    pub fn rename(id: u64, file: u128, to: &str) -> Smb2 {
        let name = utf16(to);
        let mut info = vec![0; 20];
        put(&mut info, 16, &(name.len() as u32).to_le_bytes());
        info.extend(name);
        Smb2::set_info(id, file, 10, &info)
    }

    pub fn was_set(id: u64) -> Smb2 {
        Smb2::answer(0x11, id, 2)
    }

    pub fn framed(self) -> Vec<u8> {
        frame(&self.0)
    }
}

/// Messages one behind the other, each on an 8-byte boundary. MS-SMB2 3.2.4.1.4.
pub fn compound(messages: &[Smb2]) -> Vec<u8> {
    let mut all = Vec::new();
    for (n, message) in messages.iter().enumerate() {
        let mut bytes = message.0.clone();
        if n + 1 < messages.len() {
            bytes.resize(bytes.len().div_ceil(8) * 8, 0);
            let next = (bytes.len() as u32).to_le_bytes();
            put(&mut bytes, 20, &next);
        }
        all.extend(bytes);
    }
    frame(&all)
}

/// A message of SMB1 in Unicode: command, parameter words, data bytes.
pub fn smb1(command: u8, reply: bool, status: u32, mid: u16, words: &[u8], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 32];
    put(&mut bytes, 0, &[0xff, b'S', b'M', b'B', command]);
    put(&mut bytes, 5, &status.to_le_bytes());
    put(&mut bytes, 9, &[if reply { 0x98 } else { 0x18 }, 1, 0xc0]);
    put(&mut bytes, 24, &[9, 0, 1, 0, 1, 0]);
    put(&mut bytes, 30, &mid.to_le_bytes());
    bytes.push((words.len() / 2) as u8);
    bytes.extend(words);
    bytes.extend((data.len() as u16).to_le_bytes());
    bytes.extend(data);
    frame(&bytes)
}
