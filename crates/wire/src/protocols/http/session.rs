//! A session: which version of HTTP a connection speaks, by its first bytes or because both sides agreed to change (RFC 7540 3.2).

use super::head;
use super::http1::Http1;
use super::http2::{self, Http2};
use crate::context::Context;
use crate::protocols::{Dir, Probe, Session, Step};

#[derive(Default)]
pub struct HttpSession {
    version: Version,
    /// Directions that have lost bytes before the version was known.
    lost: Vec<Dir>,
}

#[derive(Default)]
enum Version {
    #[default]
    Unknown,
    One(Box<Http1>),
    Two(Box<Http2>),
}

/// Whether these bytes are HTTP, of any version.
pub fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    match (http2::probe(bytes), head::probe(dir, bytes)) {
        (Probe::Certain, _) | (_, Probe::Certain) => Probe::Certain,
        (Probe::Likely, _) | (_, Probe::Likely) => Probe::Likely,
        (Probe::Never, Probe::Never) => Probe::Never,
        _ => Probe::Unsure,
    }
}

impl HttpSession {
    fn begin(&mut self, version: Version, cx: &mut Context<'_>) {
        self.version = version;
        for dir in std::mem::take(&mut self.lost) {
            self.gap(dir, 0, cx);
        }
    }

    fn spoken(&mut self) -> Option<&mut dyn Session> {
        match &mut self.version {
            Version::Unknown => None,
            Version::One(session) => Some(session.as_mut()),
            Version::Two(session) => Some(session.as_mut()),
        }
    }
}

impl Session for HttpSession {
    fn data(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        match &mut self.version {
            Version::Two(session) => session.data(dir, bytes, cx),
            Version::One(session) => {
                let step = session.data(dir, bytes, cx);
                let (Step::Turn(used), Some(exchange)) = (step, session.upgraded.take()) else {
                    return step;
                };
                session.end(cx);
                let two = Http2::upgraded(exchange, session.requests, dir.other());
                self.version = Version::Two(Box::new(two));
                match used {
                    0 => self.data(dir, bytes, cx),
                    _ => Step::Took(used),
                }
            }
            Version::Unknown => {
                let version = match http2::probe(bytes) {
                    Probe::Unsure | Probe::Likely => return Step::Need(bytes.len().saturating_add(1)),
                    Probe::Certain => Version::Two(Box::default()),
                    Probe::Never => Version::One(Box::default()),
                };
                self.begin(version, cx);
                self.data(dir, bytes, cx)
            }
        }
    }

    fn cut(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) {
        if let Version::Unknown = self.version {
            let version = match http2::probe(bytes) {
                Probe::Likely => Version::Two(Box::default()),
                _ => Version::One(Box::default()),
            };
            self.begin(version, cx);
        }
        if let Some(session) = self.spoken() {
            session.cut(dir, bytes, cx);
        }
    }

    fn closed(&mut self, dir: Dir, cx: &mut Context<'_>) {
        if let Some(session) = self.spoken() {
            session.closed(dir, cx);
        }
    }

    fn gap(&mut self, dir: Dir, missing: u64, cx: &mut Context<'_>) {
        match self.spoken() {
            Some(session) => session.gap(dir, missing, cx),
            None => {
                self.lost.retain(|lost| *lost != dir);
                self.lost.push(dir);
            }
        }
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        if let Some(session) = self.spoken() {
            session.end(cx);
        }
    }

    fn held(&self) -> usize {
        match &self.version {
            Version::Unknown => 0,
            Version::One(session) => session.held(),
            Version::Two(session) => session.held(),
        }
    }
}
