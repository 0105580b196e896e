//! One message, taken apart: a line and fields as HTTP's. UPnP Device Architecture 2.0, 1.2 and 1.3.

use std::borrow::Cow;

use crate::hostname;
use crate::limits;
use crate::protocols::Probe;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Search,
    Notify,
    Response,
}

impl Method {
    pub fn name(self) -> &'static str {
        match self {
            Method::Search => "M-SEARCH",
            Method::Notify => "NOTIFY",
            Method::Response => "RESPONSE",
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    pub method: Method,
    fields: &'a [u8],
}

/// An answer begins as any of HTTP: its fields tell.
pub fn probe(_port: u16, payload: &[u8]) -> Probe {
    match read(payload) {
        Some(message) if message.method != Method::Response || message.field(b"st").is_some() && message.field(b"usn").is_some() => {
            Probe::Certain
        }
        _ => Probe::Never,
    }
}

pub fn read(payload: &[u8]) -> Option<Message<'_>> {
    const LINES: [(&[u8], Method); 3] = [
        (b"M-SEARCH * HTTP/1.", Method::Search),
        (b"NOTIFY * HTTP/1.", Method::Notify),
        (b"HTTP/1.1 200 ", Method::Response),
    ];
    let (_, method) = LINES.iter().find(|(line, _)| payload.starts_with(line))?;
    let at = payload.iter().position(|byte| *byte == b'\n')?;
    Some(Message {
        method: *method,
        fields: payload.get(at.checked_add(1)?..)?,
    })
}

impl<'a> Message<'a> {
    /// Value of the first field of that name, which is in lower case.
    pub fn field(&self, name: &[u8]) -> Option<&'a [u8]> {
        let lines = self.fields.split(|byte| *byte == b'\n').take(limits::SSDP_FIELDS);
        let mut fields = lines.filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let (key, value) = line.split_at_checked(colon)?;
            key.trim_ascii()
                .eq_ignore_ascii_case(name)
                .then(|| value.get(1..).unwrap_or_default().trim_ascii())
        });
        fields.next().filter(|value| !value.is_empty())
    }

    /// What is looked for or announced.
    pub fn target(&self) -> Option<Cow<'static, str>> {
        let name: &[u8] = if self.method == Method::Notify { b"nt" } else { b"st" };
        self.field(name).map(target)
    }

    pub fn nts(&self) -> Option<&'static str> {
        let value = self.field(b"nts")?;
        ["ssdp:alive", "ssdp:byebye", "ssdp:update"]
            .into_iter()
            .find(|known| value.eq_ignore_ascii_case(known.as_bytes()))
    }

    pub fn location(&self) -> Option<(String, Option<u16>)> {
        let value = std::str::from_utf8(self.field(b"location")?).ok()?;
        let (scheme, rest) = value.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let authority = authority.rsplit('@').next()?;
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port.parse().ok()),
            _ => (authority, None),
        };
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let bare = bare.split('%').next()?;
        let host = match bare.parse::<std::net::IpAddr>() {
            Ok(address) => address.to_string(),
            Err(_) => hostname::host(hostname::valid(host)?.as_bytes())?,
        };
        let usual = if scheme.eq_ignore_ascii_case("https") { 443 } else { 80 };
        Some((host, port.or(Some(usual))))
    }

    /// `max-age = 1800`.
    pub fn max_age(&self) -> Option<i64> {
        let value = std::str::from_utf8(self.field(b"cache-control")?).ok()?;
        let (name, number) = value.split(',').next()?.split_once('=')?;
        let number = number.trim().parse::<u32>().ok().map(i64::from);
        number.filter(|_| name.trim().eq_ignore_ascii_case("max-age"))
    }

    pub fn mx(&self) -> Option<i64> {
        std::str::from_utf8(self.field(b"mx")?).ok()?.parse::<u16>().ok().map(i64::from)
    }

    /// Which device is meant: the part of USN before the target.
    pub fn device(&self) -> Option<&'a [u8]> {
        let value = self.field(b"usn")?;
        let end = value.windows(2).position(|pair| pair == b"::").unwrap_or(value.len());
        value.get(..end)
    }
}

/// Whose names are known.
const DOMAINS: &[&str] = &[
    "schemas-upnp-org",
    "dial-multiscreen-org",
    "schemas-wifialliance-org",
    "schemas-microsoft-com",
    "microsoft.com",
    "schemas-sony-com",
    "schemas-dlna-org",
    "samsung.com",
    "schemas-nds-com",
    "smartspeaker-audio",
    "schemas-denon-com",
    "schemas-frontier-silicon-com",
    "schemas-tencent-com",
    "avm.de",
    "schemas-axis-com",
    "axis-com",
    "roku-com",
    "schemas-pelco-com",
    "schemas-canon-com",
    "schemas-epson-com",
];

/// Types of devices and services: UPnP Forum's standardised control protocols, DIAL, Wi-Fi Alliance, Microsoft, makers of cameras.
const TYPES: &[&str] = &[
    "AVTransport",
    "Basic",
    "BasicDevice",
    "BasicManagement",
    "BinaryLight",
    "ConfigurationManagement",
    "ConnectionManager",
    "ContentDirectory",
    "ContentSync",
    "DeviceProtection",
    "DeviceSecurity",
    "dial",
    "DigitalSecurityCamera",
    "DigitalSecurityCameraMotionImage",
    "DigitalSecurityCameraSettings",
    "DigitalSecurityCameraStillImage",
    "DimmableLight",
    "Dimming",
    "EnergyManagement",
    "ExternalActivity",
    "Feeder",
    "fritzbox",
    "HVAC_FanOperatingMode",
    "HVAC_System",
    "HVAC_ZoneThermostat",
    "InternetGatewayDevice",
    "LANDevice",
    "LANHostConfigManagement",
    "Layer3Forwarding",
    "LowPower",
    "ManageableDevice",
    "MediaRenderer",
    "MediaServer",
    "NetworkCamera",
    "PrintBasic",
    "PrintEnhanced",
    "Printer",
    "QosDevice",
    "QosManager",
    "QosPolicyHolder",
    "RemoteAccessServer",
    "RemoteUIClient",
    "RemoteUIClientDevice",
    "RemoteUIServer",
    "RemoteUIServerDevice",
    "RenderingControl",
    "Scan",
    "Scanner",
    "ScheduledRecording",
    "SensorManagement",
    "SoftwareManagement",
    "SwitchPower",
    "TelephonyClient",
    "TelephonyServer",
    "TwoWayMotionMotor",
    "WANCableLinkConfig",
    "WANCommonInterfaceConfig",
    "WANConnectionDevice",
    "WANDevice",
    "WANDSLLinkConfig",
    "WANEthernetLinkConfig",
    "WANIPConnection",
    "WANIPv6FirewallControl",
    "WANPOTSLinkConfig",
    "WANPPPConnection",
    "WFADevice",
    "WFAWLANConfig",
    "WLANAccessPointDevice",
    "WLANConfiguration",
    "X_MS_MediaReceiverRegistrar",
];

/// A target as it may be kept: `urn:domain:device:type:version`, each part if it is known.
fn target(value: &[u8]) -> Cow<'static, str> {
    const WHOLE: [&str; 3] = ["ssdp:all", "upnp:rootdevice", "ssdp:discover"];
    if let Some(known) = WHOLE.iter().find(|known| value.eq_ignore_ascii_case(known.as_bytes())) {
        return Cow::Borrowed(known);
    }
    if value.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"uuid:")) {
        return Cow::Borrowed("uuid:*");
    }
    let text = std::str::from_utf8(value).unwrap_or_default();
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let &[urn, domain, kind, name, ..] = parts.as_slice() else {
        return Cow::Borrowed("*");
    };
    if !urn.eq_ignore_ascii_case("urn") || !matches!(kind, "device" | "service") {
        return Cow::Borrowed("*");
    }
    let known = |words: &[&'static str], part: &str| words.iter().find(|word| word.eq_ignore_ascii_case(part)).copied().unwrap_or("*");
    let version = parts.get(4).and_then(|version| version.parse::<u8>().ok());
    let version = version.map_or_else(String::new, |version| format!(":{version}"));
    Cow::Owned(format!("urn:{}:{kind}:{}{version}", known(DOMAINS, domain), known(TYPES, name)))
}
