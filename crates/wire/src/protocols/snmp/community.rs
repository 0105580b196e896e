//! Communities that makers hand out (`data/marks_communities.tsv`).

use std::collections::HashMap;
use std::sync::LazyLock;

static DEFAULTS: LazyLock<HashMap<&'static [u8], &'static str, ahash::RandomState>> =
    LazyLock::new(|| lines().map(|(mark, community, _)| (community.as_bytes(), mark)).collect());

/// Mark, community and source.
fn lines() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let lines = include_str!("../../../data/marks_communities.tsv").lines();
    lines.filter(|line| !line.starts_with(';')).filter_map(|line| {
        let mut parts = line.split('\t');
        Some((parts.next()?, parts.next()?, parts.next()?))
    })
}

/// The mark of a community, if makers hand it out. Communities are compared byte by byte (RFC 1157 3.2.5).
pub fn mark(community: &[u8]) -> Option<&'static str> {
    DEFAULTS.get(community).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_file_is_in_order() {
        let all: Vec<_> = lines().collect();
        assert!(
            all.windows(2).all(|pair| pair[0].1 < pair[1].1),
            "in order of the communities, each once"
        );
        assert!(all.iter().all(|(mark, _, source)| mark.starts_with("snmp-") && source.len() > 10));
        let text = include_str!("../../../data/marks_communities.tsv");
        assert_eq!(text.lines().filter(|line| !line.starts_with(';')).count(), all.len());
    }

    #[test]
    fn what_is_handed_out_is_marked() {
        assert_eq!(mark(b"public"), Some("snmp-default-community"));
        assert_eq!(mark(b"private"), Some("snmp-default-community"));
        assert_eq!((mark(b"Public"), mark(b"publi"), mark(b"")), (None, None, None));
    }
}
