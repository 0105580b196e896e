//! H-5, sender name or id. LIS02-A2 7.1.5 leaves its components to the maker; instruments put name, maker, model, version and serial number
//! there, each maker in an order of its own, so each component is known by what it looks like:
//! `c111^Roche^c111^4.2.2.1730^1^13147`, `XN-550^00-14^11001^^^^AP794559`, `ARCHITECT^8.10^F3453010030^H1P1O1R1C1Q1L1`.

use crate::limits;
use crate::product;

/// Makers of analysers; what else a component says of itself is a model.
const MAKERS: &[&str] = &[
    "abbott",
    "alere",
    "arkray",
    "bd",
    "beckman",
    "bio-rad",
    "biomerieux",
    "biorad",
    "cepheid",
    "coulter",
    "diasorin",
    "diatron",
    "eppendorf",
    "fujifilm",
    "grifols",
    "hemocue",
    "hitachi",
    "hologic",
    "horiba",
    "immucor",
    "menarini",
    "mindray",
    "nova",
    "ortho",
    "pixcell",
    "qiagen",
    "quidel",
    "radiometer",
    "roche",
    "sebia",
    "siemens",
    "snibe",
    "stago",
    "sysmex",
    "thermo",
    "tosoh",
    "werfen",
];

/// What H-5 says of the instrument.
#[derive(Debug, Default, PartialEq)]
pub struct Sender {
    pub name: Option<String>,
    pub manufacturer: Option<String>,
    pub model: Option<String>,
    pub software_version: Option<String>,
    pub serial_number: Option<String>,
}

impl Sender {
    pub fn read<'a>(components: impl Iterator<Item = &'a [u8]>) -> Sender {
        let mut sender = Sender::default();
        for (n, component) in components.map(<[u8]>::trim_ascii).enumerate().take(limits::ASTM_COMPONENTS) {
            sender.take(n, component);
        }
        // Of an instrument that says no more of itself, the name is the model; of a host it is a role.
        if sender.model.is_none() && (sender.software_version.is_some() || sender.serial_number.is_some()) {
            sender.model.clone_from(&sender.name);
        }
        sender
    }

    fn take(&mut self, n: usize, component: &[u8]) {
        if n > 0 && self.software_version.is_none() && is_version(component) {
            self.software_version = product::version(component);
            return;
        }
        if n > 0 && self.serial_number.is_none() {
            self.serial_number = product::serial(component);
            if self.serial_number.is_some() {
                return;
            }
        }
        let Some(text) = product::class(component) else { return };
        let first = text.split(' ').next().unwrap_or_default().to_ascii_lowercase();
        if self.manufacturer.is_none() && MAKERS.contains(&first.as_str()) {
            // `Siemens Atellica` says both.
            let model = text.split_once(' ').filter(|(_, rest)| rest.contains(|c: char| c.is_ascii_digit()));
            if let (Some((_, model)), None) = (model, &self.model) {
                self.model = Some(model.to_owned());
            }
            self.manufacturer = Some(text);
        } else if n == 0 {
            self.name = Some(text);
        } else if self.model.is_none() {
            self.model = Some(text);
        }
    }
}

/// Numbers parted by dots or hyphens; one number alone may be anything.
fn is_version(component: &[u8]) -> bool {
    let digit = |b: Option<&u8>| b.is_some_and(u8::is_ascii_digit);
    let number = component.strip_prefix(b"v").or(component.strip_prefix(b"V")).unwrap_or(component);
    digit(number.first())
        && number
            .windows(3)
            .any(|w| digit(w.first()) && matches!(w.get(1), Some(b'.' | b'-')) && digit(w.get(2)))
}
