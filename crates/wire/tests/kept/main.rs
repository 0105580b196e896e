//! Kept packets: never more of the disk than allowed, never longer than allowed, never in clear, and given back as they were heard.
#![cfg(target_os = "linux")]

#[path = "../common/mod.rs"]
#[allow(dead_code)] // nothing is played here
mod common;

mod export;
mod keeper;
mod shelf;

use std::fs;
use std::path::{Path, PathBuf};

use wire::kept::segment::{seal, Facts, SiteKey, HEAD};
use wire::kept::shelf::Bounds;

pub const SECOND: i64 = 1_000_000_000;
pub const T0: i64 = 1_700_000_000 * SECOND;

pub fn key() -> SiteKey {
    SiteKey::new(&[7; 32], "k1")
}

pub fn bounds(size: u64) -> Bounds {
    Bounds {
        size,
        reserve: 0,
        keep: 100 * SECOND,
    }
}

/// A folder of this test's own, gone when it ends.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("asepsis-kept-{name}-{}", std::process::id()));
        drop(fs::remove_dir_all(&path));
        Folder(path)
    }

    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = entries(&self.0)
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

pub fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

/// A sealed segment of `plain` zeros whose last packet came at `last`.
pub fn sealed(plain: usize, last: i64, expires: i64) -> Vec<u8> {
    let mut bytes = vec![0; HEAD + plain];
    let facts = Facts {
        first: last,
        last,
        expires,
        packets: 1,
        ..Facts::default()
    };
    seal(&mut bytes, facts, &key()).unwrap();
    bytes
}
