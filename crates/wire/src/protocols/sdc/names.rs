//! The names that the standards of SDC give: namespaces, actions, types. All else may be anybody's.

use std::sync::LazyLock;

use crate::protocols::http::uri::UNKNOWN;

/// Namespaces whose types are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    Dpws,
    Mdpws,
    Sdc,
    Biceps,
    Other,
}

const IEEE: &[u8] = b"http://standards.ieee.org/downloads/11073/11073-";
const DPWS: &[u8] = b"http://docs.oasis-open.org/ws-dd/ns/dpws/2009/01";
const DISCOVERY: &str = "http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01";

/// Of the IEEE's, a year follows the number of the standard.
pub fn space(name: &[u8]) -> Space {
    match name.strip_prefix(IEEE) {
        Some(standard) if standard.starts_with(b"20702") => Space::Mdpws,
        Some(standard) if standard.starts_with(b"20701") => Space::Sdc,
        Some(standard) if standard.starts_with(b"10207") => Space::Biceps,
        _ if name == DPWS => Space::Dpws,
        _ => Space::Other,
    }
}

/// A type in the prefix that the standards write it with.
pub fn kind(space: Space, local: &str) -> &'static str {
    match (space, local) {
        (Space::Dpws, "Device") => "dpws:Device",
        (Space::Mdpws, "MedicalDevice") => "mdpws:MedicalDevice",
        (Space::Sdc, "GetService") => "sdc:GetService",
        (Space::Sdc, "SetService") => "sdc:SetService",
        (Space::Sdc, "StateEventService") => "sdc:StateEventService",
        (Space::Sdc, "DescriptionEventService") => "sdc:DescriptionEventService",
        (Space::Sdc, "ContextService") => "sdc:ContextService",
        (Space::Sdc, "WaveformService") => "sdc:WaveformService",
        (Space::Sdc, "ContainmentTreeService") => "sdc:ContainmentTreeService",
        (Space::Sdc, "ArchiveService") => "sdc:ArchiveService",
        (Space::Sdc, "LocalizationService") => "sdc:LocalizationService",
        _ => UNKNOWN,
    }
}

/// An action as it may be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Action {
    pub service: Option<&'static str>,
    pub name: Option<&'static str>,
    /// Of the glue standard's own namespace.
    pub medical: bool,
    /// Of WS-Discovery 1.1.
    pub discovery: bool,
}

/// Actions by their service and name.
static ACTIONS: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    let lines = include_str!("../../../data/sdc_actions.txt")
        .lines()
        .filter(|l| !l.starts_with('#'));
    let services = lines.filter_map(|line| line.split_once(' '));
    services
        .flat_map(|(service, names)| names.split_ascii_whitespace().map(move |name| (service, name)))
        .collect()
});

/// The service that an action's namespace is of, where it is not written in the action.
const PREFIXES: &[(&str, &str)] = &[
    (DISCOVERY, "discovery"),
    ("http://schemas.xmlsoap.org/ws/2005/04/discovery", "discovery"),
    ("http://schemas.xmlsoap.org/ws/2004/09/transfer", "transfer"),
    ("http://schemas.xmlsoap.org/ws/2004/09/mex", "metadata"),
    ("http://schemas.xmlsoap.org/ws/2004/08/eventing", "eventing"),
    ("http://www.w3.org/2005/08/addressing", "fault"),
    ("http://www.w3.org/2005/08/addressing/soap", "fault"),
    ("http://docs.oasis-open.org/ws-dd/ns/dpws/2009/01", "fault"),
];

pub fn action(uri: &str) -> Action {
    let known = |service: &str, name: &str| ACTIONS.iter().find(|known| **known == (service, name)).copied();
    let found = PREFIXES.iter().find_map(|(prefix, service)| {
        let name = uri.strip_prefix(prefix)?.strip_prefix('/')?;
        known(service, name)
    });
    let medical = space(uri.as_bytes()) == Space::Sdc;
    let own = || {
        let mut parts = uri.rsplitn(3, '/');
        let (name, service) = (parts.next()?, parts.next()?);
        known(service, name).filter(|_| medical)
    };
    let (service, name) = found.or_else(own).map_or((None, UNKNOWN), |(service, name)| (Some(service), name));
    Action {
        service,
        // GetMetadata is written with what it is.
        name: Some(match name {
            "GetMetadata/Request" => "GetMetadata",
            "GetMetadata/Response" => "GetMetadataResponse",
            name => name,
        }),
        medical,
        discovery: uri.starts_with(DISCOVERY),
    }
}

/// The codes of faults (SOAP 1.2 part 1, table 4).
pub fn fault(code: &str) -> &'static str {
    const CODES: &[&str] = &["VersionMismatch", "MustUnderstand", "DataEncodingUnknown", "Sender", "Receiver"];
    let local = code.rsplit(':').next().unwrap_or_default();
    CODES.iter().find(|c| **c == local).copied().unwrap_or(UNKNOWN)
}
