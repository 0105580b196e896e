//! What a request asks: interaction, level, type and patient, from method and target. FHIR R4 http.html 3.1.0, search.html 3.1.1.

use crate::keys::Keys;
use crate::protocols::http::uri::{parameters, resource_type};

/// Operations of the specification and of common implementation guides.
const OPERATIONS: &[&str] = &[
    "$apply",
    "$bulk-publish",
    "$care-gaps",
    "$closure",
    "$collect-data",
    "$conforms",
    "$convert",
    "$data-requirements",
    "$docref",
    "$document",
    "$evaluate",
    "$evaluate-measure",
    "$everything",
    "$expand",
    "$export",
    "$find",
    "$find-matches",
    "$graph",
    "$graphql",
    "$implements",
    "$import",
    "$lastn",
    "$lookup",
    "$match",
    "$merge",
    "$meta",
    "$meta-add",
    "$meta-delete",
    "$populate",
    "$preferred-id",
    "$process-message",
    "$questionnaire",
    "$reindex",
    "$snapshot",
    "$stats",
    "$submit",
    "$submit-data",
    "$subset",
    "$subsumes",
    "$summary",
    "$transform",
    "$translate",
    "$validate",
    "$validate-code",
    "$versions",
];

/// A request as FHIR reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The path says that it is FHIR: a base named so. Without it, types in the path are only words.
    pub certain: bool,
    pub interaction: Option<&'static str>,
    pub resource_type: Option<&'static str>,
    pub operation: Option<&'static str>,
    pub level: Option<&'static str>,
    /// Pseudonyms: of the patient identifier asked for, of the logical id.
    pub patient: Option<String>,
    pub patient_ref: Option<String>,
}

/// Reads a request; `None` if nothing in its path can be FHIR.
pub fn asked(method: &str, path: &[u8], query: &[u8], keys: &Keys) -> Option<Asked> {
    let path = std::str::from_utf8(path).ok()?;
    let segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).take(16).collect();
    let named = segments.iter().rposition(|s| s.to_ascii_lowercase().contains("fhir"));
    let typed = segments.iter().position(|s| resource_type(s).is_some());
    let start = match (typed, named) {
        (Some(at), _) => at,
        (None, Some(base)) => {
            let after = segments.get(base..).unwrap_or_default();
            let own = after
                .iter()
                .position(|s| s.starts_with(['$', '_']) || *s == "metadata")
                .unwrap_or(after.len());
            base.saturating_add(own)
        }
        (None, None) => return None,
    };
    let mut asked = Asked {
        certain: named.is_some(),
        ..Asked::default()
    };
    asked.place(method, segments.get(start..).unwrap_or_default(), query, keys);
    asked.parameters(query, keys);
    Some(asked)
}

impl Asked {
    /// What follows the base: `[type[/id]][/_history[/vid]|/_search|/$operation]`, or a compartment `Patient/id/type`.
    fn place(&mut self, method: &str, segments: &[&str], query: &[u8], keys: &Keys) {
        let mut rest = segments.iter().copied().peekable();
        self.resource_type = rest.next_if(|s| resource_type(s).is_some()).and_then(resource_type);
        let id = if self.resource_type.is_some() {
            rest.next_if(|s| !s.starts_with(['$', '_']))
        } else {
            None
        };
        self.level = Some(if id.is_some() {
            "instance"
        } else if self.resource_type.is_some() {
            "type"
        } else {
            "system"
        });
        if self.resource_type == Some("Patient") {
            self.patient_ref = id.and_then(|id| keys.pseudonym(id));
        }
        self.interaction = match rest.next() {
            Some("metadata") => Some("capabilities"),
            Some("_search") => Some("search"),
            Some("_history") if rest.next().is_some() => Some("vread"),
            Some("_history") => Some("history"),
            Some(name) if name.starts_with('$') => {
                self.operation = Some(OPERATIONS.iter().find(|o| **o == name).copied().unwrap_or("${}"));
                Some("operation")
            }
            Some(other) if id.is_some() && (resource_type(other).is_some() || other == "*") => {
                self.resource_type = resource_type(other).or(self.resource_type);
                self.level = Some("type");
                Some("search")
            }
            Some(_) => None,
            None => plain(method, self.resource_type.is_some(), id.is_some(), !query.is_empty()),
        };
    }

    /// Who is asked for: `identifier=system|value`, chained or as modifier, or a reference to a logical id.
    fn parameters(&mut self, query: &[u8], keys: &Keys) {
        for (name, value) in parameters(query) {
            let (Ok(name), Ok(value)) = (std::str::from_utf8(&name), std::str::from_utf8(&value)) else {
                continue;
            };
            let chained = matches!(
                name,
                "patient.identifier"
                    | "subject.identifier"
                    | "patient:identifier"
                    | "subject:identifier"
                    | "subject:Patient.identifier"
                    | "patient:Patient.identifier"
            );
            let own = self.resource_type == Some("Patient") && matches!(name, "identifier" | "identifier:exact");
            let first = value.split(',').next().unwrap_or_default();
            if own || chained {
                let id = first.split_once('|').map_or(first, |(_, id)| id);
                self.patient = self.patient.take().or_else(|| keys.pseudonym(id));
            } else if matches!(name, "patient" | "subject" | "subject:Patient" | "patient:Patient") {
                let id = first.rsplit('/').next().unwrap_or_default();
                self.patient_ref = self.patient_ref.take().or_else(|| keys.pseudonym(id));
            }
        }
    }
}

/// A request to the base, a type or an instance itself.
fn plain(method: &str, typed: bool, instance: bool, query: bool) -> Option<&'static str> {
    match (method, typed, instance) {
        ("GET" | "HEAD", _, true) => Some("read"),
        ("GET" | "HEAD", true, _) => Some("search"),
        ("GET" | "HEAD", false, _) => query.then_some("search"),
        ("POST", false, _) => Some("batch"),
        ("POST", true, false) => Some("create"),
        ("PUT", true, _) => Some("update"),
        ("PATCH", true, _) => Some("patch"),
        ("DELETE", _, _) => Some("delete"),
        _ => None,
    }
}
