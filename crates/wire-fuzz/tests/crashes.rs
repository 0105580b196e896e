//! Every input that once showed a fault, and every seed, does no harm: `crashes/<target>/<name>`.

use std::fs;
use std::path::{Path, PathBuf};

use wire_fuzz::seeds::golden;
use wire_fuzz::targets::{all, named};

fn crashes() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("crashes")
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn what_once_crashed_does_no_more() {
    for folder in below(&crashes()).into_iter().filter(|path| path.is_dir()) {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let target = named(name).unwrap_or_else(|| panic!("{name} is no target"));
        for path in below(&folder) {
            println!("{}", path.display());
            target.play(&fs::read(path).unwrap());
        }
    }
}

#[test]
fn every_seed_does_no_harm() {
    let golden = golden();
    assert!(golden.len() > 40, "{}", golden.len());
    for target in all() {
        for (n, seed) in target.seeds(&golden).iter().enumerate() {
            println!("{} seed {n}", target.name);
            target.play(seed);
        }
    }
}

#[test]
fn every_parser_of_the_table_is_a_target_of_its_own_name() {
    let mut names: Vec<String> = all().into_iter().map(|target| target.name).collect();
    for protocol in wire::protocols::TCP {
        assert!(names.contains(&format!("tcp-{}", protocol.name)), "{}", protocol.name);
    }
    for protocol in wire::protocols::UDP {
        assert!(names.contains(&format!("udp-{}", protocol.name)), "{}", protocol.name);
    }
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count, "two targets have one name");
}

#[test]
fn every_target_has_seeds() {
    let golden = golden();
    let without: Vec<String> = all()
        .into_iter()
        .filter(|target| target.seeds(&golden).is_empty())
        .map(|target| target.name)
        .collect();
    assert!(without.is_empty(), "neither a golden capture nor first bytes of {without:?}");
}
