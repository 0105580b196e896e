//! Wherever a capture ends, what stands before is told: no panic, no row that more bytes would make untrue, and no silence.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{golden, play, soak, Frame, Random};
use wire::testing::{PlainRow, PlainRows};

/// What the capture shows up to packet `last`, of which only `kept` bytes.
fn cut(packets: &[Frame], last: usize, kept: usize) -> Vec<Frame> {
    let mut short = packets[..=last].to_vec();
    short[last].data.truncate(kept);
    short
}

/// Rows but those of connections and of the sensor, by stream and identity.
fn identified(rows: &PlainRows) -> BTreeMap<(&str, &str), &PlainRow> {
    let streams = rows.iter().filter(|(stream, _)| !matches!(stream.as_str(), "conn" | "stats"));
    streams
        .flat_map(|(stream, rows)| rows.iter().map(move |row| ((stream.as_str(), row["event_id"].as_str()), row)))
        .collect()
}

/// Columns that what comes after a whole message may still fill.
fn later(stream: &str, column: &str) -> bool {
    match stream {
        // The answer.
        "dns" => matches!(
            column,
            "rcode" | "rcode_name" | "aa" | "ra" | "rejected" | "answers" | "ttls" | "rtt" | "services" | "malformed" | "tc" | "partial"
        ),
        // The acknowledgement.
        "hl7" | "poct1" => column == "latency",
        // The answer to the last frame, and that frame again.
        "astm" => matches!(column, "latency" | "naks" | "retransmitted"),
        // The next attempt.
        "ssh" => matches!(column, "auth_success" | "auth_attempts"),
        // What a conversation sums up, or tells in a later message.
        "snmp" => !matches!(column, "version" | "interim"),
        "ntp" => !matches!(column, "version" | "mode" | "opcode" | "interim"),
        "stun" => column != "interim",
        "syslog" => !matches!(column, "facility" | "interim"),
        "ssdp" => !matches!(column, "method" | "target" | "nts" | "interim"),
        "tftp" => !matches!(column, "kind" | "mode" | "name" | "path" | "extension" | "depth"),
        "icmp" => !matches!(column, "kind" | "icmp_type" | "icmp_code" | "interim"),
        _ => false,
    }
}

/// What is wrong with the rows of a part, given those of the whole.
fn wrong(part: &PlainRows, whole: &PlainRows) -> Option<String> {
    let (part, whole) = (identified(part), identified(whole));
    for (key, row) in &part {
        // Partial rows may be of something that the whole tells otherwise, but there are not more of them.
        let partial = match row.get("partial") {
            Some(partial) => partial == "true",
            None => row["malformed"] != "-",
        };
        // That a connection speaks SMB and has no tree is true until one is seen.
        let only_speaks = key.0 == "smb_mapping" && row["status"] == "-";
        if partial || only_speaks {
            continue;
        }
        let Some(told) = whole.get(key) else {
            let row: Vec<_> = row
                .iter()
                .filter(|(column, value)| *value != "-" && !column.starts_with("id_"))
                .collect();
            return Some(format!("{key:?} is complete, but not in the whole: {row:?}"));
        };
        let changed: Vec<_> = row
            .iter()
            .filter(|(column, value)| told[*column] != **value && !later(key.0, column))
            .map(|(column, value)| format!("{column}: {value}, later {}", told[column]))
            .collect();
        if !changed.is_empty() {
            return Some(format!("{key:?} is complete, but changes: {changed:?}"));
        }
    }
    let count = |rows: &BTreeMap<(&str, &str), &PlainRow>| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        rows.keys()
            .for_each(|(stream, _)| *counts.entry((*stream).to_owned()).or_insert(0) += 1);
        counts
    };
    let (fewer, more) = (count(&part), count(&whole));
    let grown = fewer.iter().find(|(stream, n)| more.get(*stream).is_none_or(|all| *all < **n));
    grown.map(|(stream, n)| format!("{n} rows of {stream}, in the whole {:?}", more.get(stream)))
}

/// Connections of which a service is known, but nothing else. What is left of a message of HL7, ASTM or POCT1 whose head was not captured
/// gives no row.
fn silent(rows: &PlainRows) -> Vec<String> {
    let told: BTreeSet<&str> = identified(rows).values().map(|row| row["uid"].as_str()).collect();
    let spoken = [
        "dicom",
        "hl7",
        "http",
        "dns",
        "netbios-ns",
        "dhcp",
        "ssl",
        "smb",
        "astm",
        "poct1",
        "rdp",
        "rfb",
        "snmp",
        "ntp",
        "stun",
        "krb",
        "krb_tcp",
        "telnet",
        "mysql",
        "postgresql",
        "tds",
    ];
    let connections = rows.get("conn").into_iter().flatten();
    connections
        .filter(|conn| spoken.contains(&conn["service"].as_str()) && !told.contains(conn["uid"].as_str()))
        .filter(|conn| !matches!(conn["service"].as_str(), "hl7" | "astm" | "poct1") || conn["midstream"] != "true")
        .map(|conn| format!("{} is silent", conn["service"]))
        .collect()
}

fn check(name: &str, packets: &[Frame], at: (usize, usize), whole: &PlainRows, found: &mut Vec<String>) {
    let rows = play(&cut(packets, at.0, at.1));
    let problems = wrong(&rows, whole).into_iter().chain(silent(&rows));
    found.extend(problems.map(|what| format!("{name}, packet {} to byte {}: {what}", at.0, at.1)));
}

fn report(found: &[String]) {
    assert!(
        found.is_empty(),
        "{} in all\n{}",
        found.len(),
        found.iter().take(20).cloned().collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn cut_after_any_packet() {
    let mut found = Vec::new();
    for (name, packets) in golden() {
        let whole = play(&packets);
        for (last, packet) in packets.iter().enumerate() {
            check(&name, &packets, (last, packet.data.len()), &whole, &mut found);
        }
    }
    report(&found);
}

#[test]
fn cut_within_any_packet() {
    let mut found = Vec::new();
    let mut random = Random(7);
    for (name, packets) in golden() {
        let whole = play(&packets);
        let all: Vec<(usize, usize)> = packets
            .iter()
            .enumerate()
            .flat_map(|(last, packet)| (0..packet.data.len()).map(move |kept| (last, kept)))
            .collect();
        let sample = if soak() { all.len() } else { 60 };
        for n in 0..sample {
            let at = if soak() { all[n] } else { all[random.below(all.len())] };
            check(&name, &packets, at, &whole, &mut found);
        }
    }
    report(&found);
}
