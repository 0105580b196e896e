//! NetBIOS names. RFC 1001 section 14 (first-level encoding), RFC 1002 4.2.18 (node status).

use crate::hostname::host;
use crate::limits;

/// The suffix of the messenger service: its names are those of users who are logged on.
const MESSENGER: u8 = 0x03;

/// A label in first-level encoding as `NAME<20>`: two letters A to P a byte, fifteen characters and a suffix.
pub fn decode(label: &[u8]) -> Option<String> {
    if label.len() != 32 || !label.iter().all(|c| (b'A'..=b'P').contains(c)) {
        return None;
    }
    let nibble = |c: &u8| c.wrapping_sub(b'A') & 15;
    let bytes: Vec<u8> = label
        .chunks_exact(2)
        .filter_map(|pair| Some(nibble(pair.first()?) << 4 | nibble(pair.last()?)))
        .collect();
    show(&bytes)
}

/// Sixteen bytes of a name: fifteen characters and a suffix.
fn show(bytes: &[u8]) -> Option<String> {
    let (&suffix, name) = bytes.split_last()?;
    let name = if suffix == MESSENGER { None } else { host(name) };
    Some(format!("{}<{suffix:02x}>", name.unwrap_or_default()))
}

/// The names in a node status answer: a count, then names of sixteen bytes with two bytes of flags each.
pub fn node_status(data: &[u8]) -> Vec<String> {
    let count = usize::from(data.first().copied().unwrap_or(0)).min(limits::LIST);
    let names = data.get(1..).unwrap_or_default().chunks_exact(18).take(count);
    names.filter_map(|entry| show(entry.get(..16)?)).collect()
}
