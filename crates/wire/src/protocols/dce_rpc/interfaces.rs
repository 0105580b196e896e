//! Interfaces and their operations by name (`data/dce_rpc_interfaces.tsv`, `data/dce_rpc_operations.tsv`).

use std::collections::HashMap;
use std::sync::LazyLock;

const INTERFACES: &str = include_str!("../../../data/dce_rpc_interfaces.tsv");
const OPERATIONS: &str = include_str!("../../../data/dce_rpc_operations.tsv");

/// MS-NRPC 1.9.
const NETLOGON: u128 = 0x1234_5678_1234_abcd_ef00_0123_4567_cffb;

struct Known {
    names: HashMap<u128, &'static str, ahash::RandomState>,
    operations: HashMap<(&'static str, u16), &'static str, ahash::RandomState>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| Known {
    names: rows(INTERFACES).filter_map(|[uuid, name, _]| Some((number(uuid)?, name))).collect(),
    operations: rows(OPERATIONS)
        .filter_map(|[name, number, operation]| Some(((name, number.parse().ok()?), operation)))
        .collect(),
});

fn rows(text: &'static str) -> impl Iterator<Item = [&'static str; 3]> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split('\t').collect::<Vec<_>>().try_into().ok())
}

/// A UUID as people write it.
fn number(uuid: &str) -> Option<u128> {
    u128::from_str_radix(&uuid.replace('-', ""), 16).ok()
}

/// An interface, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interface {
    /// `{}` for one that is not in the table: its sixteen bytes may say anything.
    pub name: &'static str,
    pub netlogon: bool,
}

pub fn interface(uuid: u128) -> Interface {
    Interface {
        name: KNOWN.names.get(&uuid).copied().unwrap_or("{}"),
        netlogon: uuid == NETLOGON,
    }
}

pub fn operation(interface: Interface, opnum: u16) -> &'static str {
    KNOWN.operations.get(&(interface.name, opnum)).copied().unwrap_or("{}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_and_stands_once() {
        let all: Vec<_> = rows(INTERFACES).collect();
        let lines = |text: &str| text.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!((KNOWN.names.len(), KNOWN.operations.len()), (lines(INTERFACES), lines(OPERATIONS)));
        assert!(all
            .iter()
            .all(|[uuid, name, source]| uuid.len() == 36 && !name.is_empty() && source.len() > 10));
        let named = |name: &str| all.iter().any(|[_, known, _]| *known == name);
        assert!(rows(OPERATIONS).all(|[name, ..]| named(name)));
        let plain = |word: &str| word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'));
        assert!(rows(OPERATIONS).all(|[name, _, operation]| plain(name) && plain(operation)));
        assert!(all.iter().all(|[_, name, _]| rows(OPERATIONS).any(|[known, ..]| known == *name)));
    }

    #[test]
    fn what_attackers_call_has_its_name() {
        for (uuid, opnum, endpoint, name) in [
            ("367abb81-9844-35f1-ad32-98f038001003", 12, "svcctl", "CreateServiceW"),
            (
                "86d35949-83c9-4044-b424-db363231fd0c",
                1,
                "ITaskSchedulerService",
                "SchRpcRegisterTask",
            ),
            ("1ff70682-0a51-30e8-076d-740be8cee98b", 0, "atsvc", "NetrJobAdd"),
            ("e3514235-4b06-11d1-ab04-00c04fc2dcd2", 3, "drsuapi", "DRSGetNCChanges"),
            ("9556dc99-828c-11cf-a37e-00aa003240c7", 24, "IWbemServices", "ExecMethod"),
            ("12345678-1234-abcd-ef00-01234567cffb", 26, "netlogon", "NetrServerAuthenticate3"),
            ("c681d488-d850-11d0-8c52-00c04fd90f7e", 0, "efsrpc", "EfsRpcOpenFileRaw"),
            (
                "12345678-1234-abcd-ef00-0123456789ab",
                65,
                "spoolss",
                "RpcRemoteFindFirstPrinterChangeNotificationEx",
            ),
            ("99fcfec4-5260-101b-bbcb-00aa0021347a", 5, "IObjectExporter", "ServerAlive2"),
        ] {
            let found = interface(number(uuid).unwrap());
            assert_eq!((found.name, operation(found, opnum)), (endpoint, name));
        }
        assert!(interface(NETLOGON).netlogon);
        let unknown = interface(1);
        assert_eq!((unknown.name, operation(unknown, 3)), ("{}", "{}"));
    }
}
