//! `wire-fuzz SECONDS [TARGET...]` fuzzes the targets one after the other, so many seconds altogether, and says how often each ran;
//! `wire-fuzz --one TARGET [FLAG...]` is libFuzzer on one target: replay a file, or go on with its own flags.

mod libfuzzer;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use wire_fuzz::seeds::{golden, Golden};
use wire_fuzz::targets::{all, named, Target};

/// Flags of libFuzzer: seconds and megabytes after which one input counts as a fault.
const TIMEOUT: u32 = 10;
const MEGABYTES: u32 = 1536;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let mut rest = words.iter();
    match rest.next().map(String::as_str) {
        Some("--one") => match rest.next().and_then(|name| named(name)) {
            Some(target) => libfuzzer::run(target, rest.cloned().collect()),
            None => wrong("no such target"),
        },
        Some(seconds) => match (seconds.parse(), chosen(rest.as_slice())) {
            (Ok(seconds), Some(targets)) => every(&targets, Duration::from_secs(seconds)),
            _ => wrong("usage: wire-fuzz SECONDS [TARGET...]"),
        },
        None => {
            all().iter().for_each(|target| println!("{}", target.name));
            ExitCode::SUCCESS
        }
    }
}

fn wrong(why: &str) -> ExitCode {
    eprintln!("wire-fuzz: {why}");
    ExitCode::from(2)
}

fn chosen(names: &[String]) -> Option<Vec<Target>> {
    if names.is_empty() {
        return Some(all());
    }
    names.iter().map(|name| named(name)).collect()
}

/// Each target has its share of the time that is left.
fn every(targets: &[Target], time: Duration) -> ExitCode {
    let (golden, end) = (golden(), Instant::now() + time);
    let (mut executions, mut failed) = (0, Vec::new());
    println!("{:<20} {:>12} {:>9}", "target", "executions", "a second");
    for (n, target) in targets.iter().enumerate() {
        let left = end.saturating_duration_since(Instant::now()).as_secs_f64();
        let share = (left / (targets.len() - n) as f64).round().max(1.0);
        let began = Instant::now();
        match fuzz(target, &golden, share as u64) {
            Ok(count) => {
                let rate = count as f64 / began.elapsed().as_secs_f64();
                println!("{:<20} {count:>12} {rate:>9.0}", target.name);
                executions += count;
            }
            Err(why) => {
                println!("{:<20} {why}", target.name);
                failed.push(target.name.as_str());
            }
        }
    }
    println!("{:<20} {executions:>12}", "all");
    if failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!(
        "faults in {}: name the new files of crates/wire-fuzz/crashes after what they show, and mend it",
        failed.join(", ")
    );
    ExitCode::FAILURE
}

/// Where corpora and logs are kept from one run to the next.
fn kept(kind: &str, target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../target/fuzz")
        .join(kind)
        .join(&target.name)
}

fn fuzz(target: &Target, golden: &[Golden], seconds: u64) -> Result<u64, String> {
    let (corpus, seeds, log) = (kept("corpus", target), kept("seeds", target), kept("log", target));
    let crashes = Path::new(env!("CARGO_MANIFEST_DIR")).join("crashes").join(&target.name);
    let said = |e: std::io::Error| e.to_string();
    let _ = fs::remove_dir_all(&seeds);
    for folder in [Some(corpus.as_path()), Some(seeds.as_path()), log.parent()].into_iter().flatten() {
        fs::create_dir_all(folder).map_err(said)?;
    }
    for (n, seed) in target.seeds(golden).iter().enumerate() {
        fs::write(seeds.join(n.to_string()), seed).map_err(said)?;
    }
    let known = crashes.is_dir();
    fs::create_dir_all(&crashes).map_err(said)?;
    let status = Command::new(std::env::current_exe().map_err(said)?)
        .args(["--one", &target.name])
        .args([&corpus, &seeds])
        .arg(format!("-artifact_prefix={}/", crashes.display()))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={}", wire_fuzz::LONGEST))
        .arg(format!("-timeout={TIMEOUT}"))
        .arg(format!("-rss_limit_mb={MEGABYTES}"))
        .args(["-print_final_stats=1", "-use_value_profile=1"])
        .stderr(fs::File::create(&log).map_err(said)?)
        .stdout(Stdio::null())
        .status()
        .map_err(said)?;
    if !known {
        // Stays only if something was found.
        let _ = fs::remove_dir(&crashes);
    }
    let said = String::from_utf8_lossy(&fs::read(&log).unwrap_or_default()).into_owned();
    let executions = said
        .lines()
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units:")?.trim().parse().ok());
    match executions {
        Some(count) if status.success() => Ok(count),
        _ => Err(format!("{} ({})", fault(&said), log.display())),
    }
}

/// The line of a log that says what went wrong.
fn fault(log: &str) -> &str {
    let mut lines = log.lines();
    while let Some(line) = lines.next() {
        if line.contains("panicked at") {
            return lines.next().unwrap_or(line);
        }
        if line.contains("ERROR: libFuzzer") {
            return line;
        }
    }
    log.lines().last().unwrap_or("it said nothing")
}
