//! A message of which the first bytes are there: fields are read as if it were whole, and a field that has not come yet says how much to wait for.

/// Why a field cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// So many bytes of the message must stand together first.
    Need(usize),
    /// The message contradicts itself.
    Malformed(&'static str),
}

/// `bytes` are the first of a message of `len` bytes.
#[derive(Clone, Copy)]
pub struct View<'a> {
    bytes: &'a [u8],
    len: usize,
    /// What is not there will never come.
    cut: bool,
}

impl<'a> View<'a> {
    pub fn new(bytes: &'a [u8], len: usize) -> View<'a> {
        View {
            bytes: bytes.get(..len).unwrap_or(bytes),
            len,
            cut: false,
        }
    }

    /// The same of a message that the capture cut here.
    pub fn cut(bytes: &'a [u8], len: usize) -> View<'a> {
        View {
            cut: true,
            ..View::new(bytes, len)
        }
    }

    /// The first `len` bytes as a message of their own.
    pub fn first(&self, len: usize) -> View<'a> {
        View {
            cut: self.cut,
            ..View::new(self.bytes, len)
        }
    }

    /// Whether bytes of it are missing for good.
    pub fn is_cut(&self) -> bool {
        self.cut && self.bytes.len() < self.len
    }

    /// A field read, or `None` if it was cut off.
    pub fn known<T>(&self, field: Result<T, Fault>) -> Result<Option<T>, Fault> {
        match field {
            Err(Fault::Need(_)) if self.cut => Ok(None),
            field => field.map(Some),
        }
    }

    /// `count` bytes from `at`; of a message that was cut, as many of them as there are.
    pub fn some(&self, at: usize, count: usize) -> Result<&'a [u8], Fault> {
        match self.take(at, count) {
            Err(Fault::Need(_)) if self.cut => Ok(self.bytes.get(at..).unwrap_or_default()),
            bytes => bytes,
        }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// `count` bytes from `at`; offsets count from the message's start, as MS-SMB2 and MS-CIFS count them.
    pub fn take(&self, at: usize, count: usize) -> Result<&'a [u8], Fault> {
        let end = at.saturating_add(count);
        match self.bytes.get(at..end) {
            Some(bytes) => Ok(bytes),
            None if end <= self.len => Err(Fault::Need(end)),
            None => Err(Fault::Malformed("field beyond the message")),
        }
    }

    pub fn u8(&self, at: usize) -> Result<u8, Fault> {
        self.array::<1>(at).map(|[b]| b)
    }

    pub fn u16(&self, at: usize) -> Result<u16, Fault> {
        self.array(at).map(u16::from_le_bytes)
    }

    pub fn u32(&self, at: usize) -> Result<u32, Fault> {
        self.array(at).map(u32::from_le_bytes)
    }

    pub fn u64(&self, at: usize) -> Result<u64, Fault> {
        self.array(at).map(u64::from_le_bytes)
    }

    pub fn u128(&self, at: usize) -> Result<u128, Fault> {
        self.array(at).map(u128::from_le_bytes)
    }

    fn array<const N: usize>(&self, at: usize) -> Result<[u8; N], Fault> {
        self.take(at, N)?
            .try_into()
            .map_err(|_| Fault::Malformed("field beyond the message"))
    }
}
