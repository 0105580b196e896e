//! The objects of a JSON array, counted (PS3.18 F.2): a search gives one a match, metadata one an instance.

#[derive(Debug, Default)]
pub struct Objects {
    depth: u32,
    in_string: bool,
    escaped: bool,
    /// The outermost is an array.
    array: bool,
    pub count: u64,
    /// The array was closed.
    pub whole: bool,
    stopped: bool,
}

impl Objects {
    pub fn wants_more(&self) -> bool {
        !self.stopped && !self.whole
    }

    /// Looks at nothing more.
    pub fn stop(&mut self) {
        self.stopped = true;
    }

    pub fn feed(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if std::mem::take(&mut self.escaped) {
                continue;
            }
            match byte {
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'[' | b'{' => {
                    self.array |= self.depth == 0 && *byte == b'[';
                    let one = self.array && self.depth == 1 && *byte == b'{';
                    self.count = self.count.saturating_add(u64::from(one));
                    self.depth = self.depth.saturating_add(1);
                }
                b']' | b'}' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.whole |= self.depth == 0;
                }
                _ => {}
            }
        }
    }
}
