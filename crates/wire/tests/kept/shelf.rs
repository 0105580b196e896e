//! The bounds of a shelf, whatever comes.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use wire::kept::segment::HEAD;
use wire::kept::shelf::{forget, list, sweep, Bounds, Shelf};

use crate::common::{soak, Random};
use crate::{bounds, entries, sealed, Folder, SECOND, T0};

/// What the folder's files take of the disk, half-written ones too.
fn on_disk(folder: &Folder) -> u64 {
    entries(&folder.0)
        .filter_map(|path| fs::metadata(path).ok())
        .map(|about| (about.blocks() * 512).max(about.len()))
        .sum()
}

fn numbers(folder: &Folder) -> Vec<String> {
    folder
        .names()
        .iter()
        .map(|name| name.trim_start_matches('0').replace(".packets", ""))
        .collect()
}

#[test]
fn never_more_than_the_size_whatever_comes() {
    let folder = Folder::new("size");
    let (over, done, size) = (AtomicU64::new(0), AtomicBool::new(false), AtomicU64::new(u64::MAX));
    thread::scope(|scope| {
        // Looks all the time, so that what is being written is seen too. The size only shrinks where nobody writes.
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                let allowed = size.load(Ordering::SeqCst);
                let (found, after) = (on_disk(&folder), size.load(Ordering::SeqCst));
                if found > allowed && allowed == after {
                    over.fetch_max(found, Ordering::SeqCst);
                }
            }
        });
        for seed in 1..=if soak() { 200 } else { 12 } {
            let mut random = Random(seed);
            let mut now = T0;
            for _ in 0..random.below(6) + 1 {
                size.store(u64::MAX, Ordering::SeqCst);
                let allowed = 100_000 + random.below(2_000_000) as u64;
                let mut shelf = Shelf::open(&folder.0, bounds(allowed), now).unwrap();
                size.store(allowed, Ordering::SeqCst);
                assert!(on_disk(&folder) <= allowed, "seed {seed}: opened");
                for _ in 0..random.below(40) {
                    now += random.below(20) as i64 * SECOND;
                    match random.below(10) {
                        0 => shelf.expire(now).unwrap(),
                        1 => entries(&folder.0).take(random.below(4)).for_each(|path| forget(&path).unwrap()),
                        // Left by a run that was killed: counted from the next start on, when it goes.
                        2 => {
                            size.store(u64::MAX, Ordering::SeqCst);
                            fs::write(folder.0.join("0000000099.tmp"), vec![1; 300_000]).unwrap();
                            shelf = Shelf::open(&folder.0, bounds(allowed), now).unwrap();
                            size.store(allowed, Ordering::SeqCst);
                        }
                        _ => {
                            let bytes = sealed(random.below(400_000), now, now + 100 * SECOND);
                            let fits = bytes.len() as u64 + 4096 <= allowed;
                            assert!(shelf.put(&bytes, now + 100 * SECOND).is_ok() || !fits, "seed {seed}");
                        }
                    }
                    assert!(on_disk(&folder) <= allowed, "seed {seed}");
                }
            }
        }
        done.store(true, Ordering::SeqCst);
    });
    assert_eq!(over.load(Ordering::SeqCst), 0);
}

#[test]
fn the_oldest_go_first_also_after_a_start() {
    let folder = Folder::new("oldest");
    let mut shelf = Shelf::open(&folder.0, bounds(40_000), T0).unwrap();
    for n in 0..5 {
        // The clock is set back: what came first goes first all the same.
        shelf.put(&sealed(10_000, T0 - n * SECOND, T0 + SECOND), T0 + SECOND).unwrap();
    }
    assert_eq!(numbers(&folder), ["3", "4", "5"]);
    let mut shelf = Shelf::open(&folder.0, bounds(30_000), T0).unwrap();
    assert_eq!(numbers(&folder), ["4", "5"]);
    shelf.put(&sealed(10_000, T0, T0 + SECOND), T0 + SECOND).unwrap();
    assert_eq!(numbers(&folder), ["5", "6"]);
}

#[test]
fn what_is_too_old_goes() {
    let folder = Folder::new("old");
    let mut shelf = Shelf::open(&folder.0, bounds(1 << 20), T0).unwrap();
    for second in [0, 10, 20] {
        let last = T0 + second * SECOND;
        shelf.put(&sealed(100, last, last + 100 * SECOND), last + 100 * SECOND).unwrap();
    }
    shelf.expire(T0 + 99 * SECOND).unwrap();
    assert_eq!(numbers(&folder), ["1", "2", "3"]);
    shelf.expire(T0 + 100 * SECOND).unwrap();
    assert_eq!(numbers(&folder), ["2", "3"]);
    // At the next start fewer hours count for what is there, too; more do not bring back what was promised to go.
    let with = |keep: i64| Bounds {
        keep: keep * SECOND,
        ..bounds(1 << 20)
    };
    drop(Shelf::open(&folder.0, with(30), T0 + 45 * SECOND).unwrap());
    assert_eq!(numbers(&folder), ["3"]);
    drop(Shelf::open(&folder.0, with(1000), T0 + 120 * SECOND).unwrap());
    assert!(numbers(&folder).is_empty());
}

#[test]
fn a_sweep_without_a_shelf_removes_what_is_over() {
    let folder = Folder::new("sweep");
    let mut shelf = Shelf::open(&folder.0, bounds(1 << 20), T0).unwrap();
    for second in [0, 10] {
        shelf.put(&sealed(100, T0, T0 + second * SECOND), T0 + 10 * SECOND).unwrap();
    }
    fs::write(folder.0.join("0000000003.tmp"), b"half").unwrap();
    sweep(&folder.0, T0 + 5 * SECOND).unwrap();
    assert_eq!(numbers(&folder), ["2"]);
    sweep(&folder.0.join("none"), T0).unwrap();
}

#[test]
fn one_whose_head_is_damaged_takes_room_and_goes_in_time() {
    let folder = Folder::new("damaged");
    drop(Shelf::open(&folder.0, bounds(1 << 20), T0).unwrap());
    fs::write(folder.0.join("0000000007.packets"), vec![0; 9000]).unwrap();
    let shelf = Shelf::open(&folder.0, bounds(1 << 20), T0).unwrap();
    assert_eq!((shelf.segments(), shelf.bytes()), (1, 12_288));
    let later = i64::from(u32::MAX) * SECOND; // 2106
    let shelf = Shelf::open(&folder.0, bounds(1 << 20), later).unwrap();
    assert_eq!(shelf.segments(), 0);
}

#[test]
fn a_disk_without_room_takes_nothing_and_says_so() {
    let folder = Folder::new("full");
    let mut shelf = Shelf::open(&folder.0, bounds(1 << 20), T0).unwrap();
    shelf.put(&sealed(100, T0, T0 + SECOND), T0 + SECOND).unwrap();
    // Others need all of the disk: what is kept gives way.
    let all = Bounds {
        reserve: u64::MAX,
        ..bounds(1 << 20)
    };
    let refused = Shelf::open(&folder.0, all, T0).err().unwrap();
    assert!(refused.to_string().contains("of the disk are for the lake"), "{refused}");
    assert!(folder.names().is_empty());
}

#[test]
fn only_the_owner_may_read_and_nothing_of_the_key_is_left() {
    let folder = Folder::new("mode");
    let mut shelf = Shelf::open(&folder.0, bounds(1 << 20), T0).unwrap();
    shelf.put(&sealed(5000, T0, T0 + SECOND), T0 + SECOND).unwrap();
    let path = list(&folder.0).unwrap()[0].path.clone();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder.0), mode(&path)), (0o700, 0o600));
    // What the disk still holds of a removed file is what this name leads to.
    let held = folder.0.join("held");
    fs::hard_link(&path, &held).unwrap();
    forget(&path).unwrap();
    assert_eq!(folder.names(), ["held"]);
    assert_eq!(fs::read(&held).unwrap()[..HEAD], [0; HEAD]);
}
