//! Names of files and shares, kept so that they can be counted and compared but not read.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::OnceLock;

use crate::context::Context;
use crate::protocols::smb::state::Tree;

/// What is kept of the path of a file.
#[derive(Clone, Debug, Default)]
pub struct Name {
    /// Pseudonym of the last component, or a well-known pipe in clear.
    pub name: Option<String>,
    /// Pseudonym of the path before it.
    pub folder: Option<String>,
    pub extension: Option<Cow<'static, str>>,
    /// `None` if the path is not known.
    pub depth: Option<i64>,
    pub marks: Vec<&'static str>,
}

impl Name {
    /// The path of a file within its share, as it stood on the wire.
    pub fn file(path: &str, cx: &Context<'_>) -> Name {
        let path = path.trim_matches(['\\', '/', '\0']);
        let (folder, last) = path
            .rfind(['\\', '/'])
            .map_or(("", path), |at| (path.get(..at).unwrap_or(""), path.get(at..).unwrap_or("")));
        // What follows a colon is a stream of the file (MS-FSCC 2.1.5), not another file.
        let last = last.trim_start_matches(['\\', '/']).split(':').next().unwrap_or_default();
        let depth = folder.split(['\\', '/']).filter(|c| !c.is_empty()).count();
        let folder = if folder.contains('/') {
            Cow::Owned(folder.replace('/', "\\"))
        } else {
            Cow::Borrowed(folder)
        };
        Name {
            name: cx.pseudonym(last.as_bytes()),
            folder: cx.pseudonym(folder.as_bytes()),
            extension: extension(last, cx),
            depth: i64::try_from(depth).ok(),
            marks: marks(last),
        }
    }

    /// The name of what stands at `path` in a tree: a pipe there if it is one of pipes. Where the connection to the tree was not seen,
    /// the name of a well-known pipe tells.
    pub fn within(tree: Option<&Tree>, path: &str, cx: &Context<'_>) -> Name {
        let pipe = match tree {
            Some(tree) => tree.is_pipe(),
            None => known_pipe(path).is_some(),
        };
        if pipe {
            Name::pipe(path, cx)
        } else {
            Name::file(path, cx)
        }
    }

    /// The name of a pipe: in clear if it is a service that everybody has.
    pub fn pipe(path: &str, cx: &Context<'_>) -> Name {
        let known = known_pipe(path).map(str::to_owned);
        Name {
            name: known.or_else(|| cx.pseudonym(pipe_name(path).as_bytes())),
            depth: Some(0),
            marks: marks(path),
            ..Name::default()
        }
    }

    /// Whether it is that of a well-known pipe, whatever share it is in.
    pub fn is_pipe(&self) -> bool {
        self.name.as_deref().is_some_and(|name| known_pipe(name).is_some())
    }

    /// This name, in the folder of `other` if it came without one (MS-FSCC 2.4.42.1: a plain name stays in its folder).
    pub fn beside(self, other: &Name) -> Name {
        match self.depth {
            Some(0) => Name {
                folder: other.folder.clone(),
                depth: other.depth,
                ..self
            },
            _ => self,
        }
    }
}

/// The name of a pipe without the `\\PIPE\\` that may stand before it (MS-CIFS 2.2.4.1.1).
fn pipe_name(path: &str) -> &str {
    let name = path.trim_matches(['\\', '/', '\0']);
    name.get(..5)
        .filter(|p| p.eq_ignore_ascii_case("pipe\\"))
        .and_then(|_| name.get(5..))
        .unwrap_or(name)
}

/// Whether a name, as it is kept, is a well-known pipe's.
pub fn is_known_pipe(name: &str) -> bool {
    PIPES.contains(&name)
}

fn known_pipe(path: &str) -> Option<&'static str> {
    PIPES.iter().find(|p| p.eq_ignore_ascii_case(pipe_name(path))).copied()
}

/// `\\server\share` as it may be kept: a share of Windows itself in clear, any other as its pseudonym.
pub fn share(path: &str, cx: &Context<'_>) -> Option<String> {
    let share = path.trim_matches(['\\', '\0']).rsplit('\\').next().unwrap_or_default();
    let drive = matches!(share.as_bytes(), [letter, b'$'] if letter.is_ascii_alphabetic());
    if drive {
        return Some(share.to_ascii_uppercase());
    }
    SHARES
        .iter()
        .find(|s| s.eq_ignore_ascii_case(share))
        .map(|s| (*s).to_owned())
        .or_else(|| cx.pseudonym(share.as_bytes()))
}

/// Extension of `name`: known ones in clear, others as pseudonym. A name that only begins with a dot has none.
fn extension(name: &str, cx: &Context<'_>) -> Option<Cow<'static, str>> {
    static KNOWN: OnceLock<HashSet<&'static str>> = OnceLock::new();
    let (stem, extension) = name.rsplit_once('.')?;
    if stem.is_empty() || extension.is_empty() {
        return None;
    }
    let known = KNOWN.get_or_init(|| lines(include_str!("../../../data/extensions.txt")).collect());
    let lower = extension.to_ascii_lowercase();
    match known.get(lower.as_str()) {
        Some(known) => Some(Cow::Borrowed(known)),
        None => cx.pseudonym(extension.as_bytes()).map(Cow::Owned),
    }
}

/// Identifiers of the marks that `name` bears.
pub fn marks(name: &str) -> Vec<&'static str> {
    static MARKS: OnceLock<Vec<(&'static str, &'static str)>> = OnceLock::new();
    let marks = MARKS.get_or_init(|| {
        lines(include_str!("../../../data/marks_names.tsv"))
            .filter_map(|line| {
                let mut cells = line.split('\t');
                Some((cells.next()?, cells.next()?))
            })
            .collect()
    });
    let bears = |pattern: &str| match pattern.strip_suffix('*') {
        Some(prefix) => name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)),
        None => name.eq_ignore_ascii_case(pattern),
    };
    marks.iter().filter(|(_, pattern)| bears(pattern)).map(|(id, _)| *id).collect()
}

/// Lines of a data file; `;` begins a comment (names may begin with `#`).
fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with(';'))
}

/// Shares that Windows and Samba make themselves (MS-SRVS 3.1.1.1; MS-ADTS for SYSVOL and NETLOGON).
const SHARES: &[&str] = &["ADMIN$", "IPC$", "print$", "FAX$", "SYSVOL", "NETLOGON"];

/// Named pipes of well-known services: the endpoints of the Windows protocols (MS-SCMR, MS-SRVS, MS-LSAT, MS-SAMR, ...), and PsExec's.
const PIPES: &[&str] = &[
    "atsvc",
    "browser",
    "cert",
    "dnsserver",
    "drsuapi",
    "efsrpc",
    "epmapper",
    "eventlog",
    "fssagentrpc",
    "initshutdown",
    "keysvc",
    "lsarpc",
    "lsass",
    "mdssvc",
    "msftewds",
    "netdfs",
    "netlogon",
    "ntsvcs",
    "plugplay",
    "protected_storage",
    "psexesvc",
    "remcom_communicaton",
    "router",
    "samr",
    "scerpc",
    "spoolss",
    "srvsvc",
    "svcctl",
    "tapsrv",
    "trkwks",
    "w32time",
    "winreg",
    "wkssvc",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn with<T>(f: impl FnOnce(&Context<'_>) -> T) -> T {
        let mut out = testing::output();
        let mut identity = testing::identity(445, 6);
        f(&Context {
            ts: 0,
            offset: 0,
            identity: &mut identity,
            out: &mut out,
        })
    }

    #[test]
    fn a_path_becomes_pseudonyms() {
        with(|cx| {
            let name = Name::file("\\radiology\\2024\\Doe^John.DCM:stream:$DATA", cx);
            assert_eq!((name.extension.as_deref(), name.depth), (Some("dcm"), Some(2)));
            assert_eq!(name.name, cx.pseudonym(b"doe^john.dcm"));
            assert_eq!(name.folder, cx.pseudonym(b"RADIOLOGY\\2024"));
            assert_eq!(name.folder, Name::file("radiology/2024/x", cx).folder);
            let odd = Name::file("a.John Doe 1960", cx);
            assert_eq!(odd.extension.as_deref(), cx.pseudonym(b"john doe 1960").as_deref());
            assert_eq!((odd.folder, odd.depth), (None, Some(0)));
            for none in [".profile", "README", "end.", ""] {
                assert_eq!(Name::file(none, cx).extension, None);
            }
        });
    }

    #[test]
    fn shares_pipes_and_marks() {
        with(|cx| {
            assert_eq!(share("\\\\srv\\admin$", cx).as_deref(), Some("ADMIN$"));
            assert_eq!(share("\\\\srv\\d$\0", cx).as_deref(), Some("D$"));
            assert_eq!(share("\\\\srv\\Smith, Anna", cx), cx.pseudonym(b"smith, anna"));
            assert_eq!(Name::pipe("\\PIPE\\SVCCTL", cx).name.as_deref(), Some("svcctl"));
            assert!(Name::pipe("mine", cx).name.is_some_and(|n| n.starts_with("k1:")));
            assert_eq!(Name::file("x\\ryukreadme.TXT", cx).marks, ["ransom-note-ryuk"]);
            assert_eq!(Name::file("@Please_Read_Me@.txt", cx).marks, ["ransom-note-wannacry"]);
            assert_eq!(Name::file("README_FOR_DECRYPT.txt", cx).marks, ["ransom-note"]);
            assert!(Name::file("readme.txt", cx).marks.is_empty());
        });
    }

    #[test]
    fn the_data_files_are_in_order() {
        let extensions: Vec<_> = lines(include_str!("../../../data/extensions.txt")).collect();
        assert!(extensions.windows(2).all(|w| w[0] < w[1]) && extensions.len() > 350);
        assert!(extensions.iter().all(|e| e
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')));
        assert!(lines(include_str!("../../../data/marks_names.tsv")).all(|l| l.split('\t').count() == 3));
    }
}
