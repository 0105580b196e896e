//! One request with its response, as far as seen, and the rows it gives.

use std::borrow::Cow;

use super::body::Body;
use super::clean::{host, is_default, known_media_type, media_type, reason, scheme, uri_host};
use super::content::{Content, Readers, Scan, Told};
use super::head::Head;
use super::inflate::coding;
use super::part::Part;
use super::{uri, Http};
use crate::context::Context;
use crate::credentials;
use crate::exploits::{body as exploits, Signs};
use crate::keys::Keys;
use crate::limits;
use crate::product::agent;
use crate::protocols::dicomweb::{self, Exchanged, Service, Transaction};
use crate::protocols::fhir::request::{asked, Asked};
use crate::protocols::fhir::Fhir;
use crate::protocols::fhir::Found;
use crate::protocols::hl7::over_http::{is_hl7, OverHttp};
use crate::protocols::ntlm::Logon;
use crate::protocols::sdc::{Place, Soap, Transport};
use crate::protocols::Dir;

#[derive(Debug)]
pub struct Exchange {
    /// Tells the requests of a connection apart; `None` if only a response was seen.
    pub number: Option<i64>,
    started: i64,
    dir: Dir,
    at: u64,
    pub method: Option<&'static str>,
    pub version: Option<&'static str>,
    host: Option<String>,
    uri: Option<String>,
    query_keys: Vec<String>,
    user_agent: Option<String>,
    referrer_host: Option<String>,
    auth: Option<(&'static str, bool)>,
    default: bool,
    signs: Signs,
    /// Whether all fields of the request were seen.
    whole: bool,
    content_type: Option<Cow<'static, str>>,
    request_length: Option<u64>,
    accepts_fhir: bool,
    asked: Option<Asked>,
    status: Option<u16>,
    status_msg: Option<&'static str>,
    resp_mime: Option<Cow<'static, str>>,
    server: Option<String>,
    response_length: Option<u64>,
    /// When and where the response began.
    answered: Option<(i64, u64)>,
    found: Found,
    /// What request and response hold of SOAP.
    soap: [Option<Box<Soap>>; 2],
    hl7: Option<Box<OverHttp>>,
    dicomweb: Option<Box<Transaction>>,
    /// The authentication that it goes on with.
    pub logon: Option<Box<Logon>>,
    pub partial: bool,
    pub malformed: Option<&'static str>,
    /// The path that was asked for, as far as it may name a file.
    path: Vec<u8>,
}

impl Exchange {
    /// An exchange of which nothing is known yet, begun at `started` (ns) and offset `at` of `dir`.
    pub fn begun(number: Option<i64>, started: i64, dir: Dir, at: u64) -> Exchange {
        Exchange {
            number,
            started,
            dir,
            at,
            method: None,
            version: None,
            host: None,
            uri: None,
            query_keys: Vec::new(),
            user_agent: None,
            referrer_host: None,
            auth: None,
            default: false,
            signs: Signs::default(),
            whole: false,
            content_type: None,
            request_length: None,
            accepts_fhir: false,
            asked: None,
            status: None,
            status_msg: None,
            resp_mime: None,
            server: None,
            response_length: None,
            answered: None,
            found: Found::default(),
            soap: [None, None],
            hl7: None,
            dicomweb: None,
            logon: None,
            partial: false,
            malformed: None,
            path: Vec::new(),
        }
    }

    pub fn request(&mut self, method: Option<&'static str>, target: Option<&[u8]>, head: &Head<'_>, keys: &Keys) {
        self.method = method;
        self.version = head.version;
        self.host = head.host.and_then(host);
        if let Some(target) = target {
            self.target(method.unwrap_or_default(), target, head, keys);
        }
        self.user_agent = head.user_agent.and_then(agent);
        self.referrer_host = head.referer.and_then(uri_host);
        self.auth = head.authorization.map(scheme);
        self.signs = head.signs;
        self.default = head.authorization.is_some_and(is_default);
        self.content_type = head.content_type.and_then(known_media_type);
        self.accepts_fhir = head.accept.and_then(media_type).is_some_and(|m| is_fhir(&m));
        self.request_length = framed(head);
        self.whole = !head.cut;
        self.partial = head.cut;
        self.malformed = head.malformed;
    }

    fn target(&mut self, method: &'static str, target: &[u8], head: &Head<'_>, keys: &Keys) {
        let split = uri::split(method, target);
        self.host = self.host.take().or_else(|| split.authority.and_then(host));
        self.path = split.path.get(..limits::PSEUDONYM_INPUT).unwrap_or(split.path).to_vec();
        self.uri = uri::template(split.path);
        self.query_keys = uri::keys(split.query);
        self.asked = asked(method, split.path, split.query, keys);
        let types = [head.accept, head.content_type].map(Option::unwrap_or_default);
        let dicomweb = dicomweb::asked(method, split.path, split.query, types, keys);
        self.dicomweb = dicomweb.map(|asked| Box::new(Transaction::new(asked)));
    }

    /// `began`: when (ns) and at which offset.
    pub fn response(&mut self, status: Option<u16>, phrase: &[u8], head: &Head<'_>, began: (i64, u64)) {
        self.status = status;
        self.answered = Some(began);
        self.status_msg = status.and_then(|status| reason(status, phrase));
        self.resp_mime = head.content_type.and_then(known_media_type);
        self.server = head.server.and_then(agent);
        self.response_length = if head.cut { framed(head) } else { Some(0) };
        self.version = self.version.or(head.version);
        self.partial |= head.cut;
        self.malformed = self.malformed.or(head.malformed);
    }

    /// A scanner for a body of this type, which begins there, if something that gives rows may be in it. `answer`: it is the response's.
    pub fn scan(&mut self, head: &Head<'_>, answer: bool, begins: (Dir, u64), cx: &mut Context<'_>) -> Option<Box<Content>> {
        let coding = coding(head.content_encoding)?;
        let media = head.content_type.and_then(media_type).unwrap_or_default();
        let scan = match self.scan_hl7(&media, begins) {
            Some(hl7) => Some(hl7),
            None => match self.scan_dicomweb(&media, head, answer) {
                Some(dicomweb) => Some(dicomweb),
                None => self.scan_text(&media),
            },
        };
        let part = Part {
            head,
            media: &media,
            answer,
            method: self.method,
            path: &self.path,
            scanned: scan.as_ref().is_some_and(|scan| !matches!(scan, Scan::Dicomweb(_))),
            coded: coding.is_some(),
        };
        let readers = Readers {
            carried: part.carried(begins, cx),
            exploits: exploits::Body::of(&media).filter(|_| !answer),
            scan,
        };
        readers.are_some().then(|| Box::new(Content::new(readers, coding)))
    }

    /// What answers HL7 may say no type, or a general one.
    fn scan_hl7(&mut self, media: &str, (dir, offset): (Dir, u64)) -> Option<Scan> {
        let asked = self.hl7.take_if(|_| is_hl7(media) || matches!(media, "" | "text/plain"));
        let hl7 = match asked {
            Some(asked) => asked.answered(dir, offset),
            None if is_hl7(media) => OverHttp::new(dir, offset),
            None => return None,
        };
        Some(Scan::Hl7(Box::new(hl7)))
    }

    fn scan_dicomweb(&mut self, media: &str, head: &Head<'_>, answer: bool) -> Option<Scan> {
        if media == "application/dicom" {
            let file = || Box::new(Transaction::new(dicomweb::Asked::of(Service::File)));
            self.dicomweb.get_or_insert_with(file);
        }
        let dicomweb = self.dicomweb.as_ref()?;
        dicomweb.body(media, head.content_type?, answer).map(Scan::Dicomweb)
    }

    fn scan_text(&self, media: &str) -> Option<Scan> {
        let sure = is_fhir(media) || self.asked.as_ref().is_some_and(|a| a.certain);
        Some(match media {
            // RFC 3902, which SOAP 1.2 asks for.
            "application/soap+xml" => Scan::Soap(Box::default()),
            // FHIR under its own name or a general one (R4 http.html, content types and encodings).
            "application/fhir+xml" | "application/xml+fhir" | "application/xml" | "text/xml" => Scan::fhir_xml(!sure),
            "application/json+fhir" => Scan::fhir_json(!sure),
            json if json.ends_with("json") => Scan::fhir_json(!sure),
            _ => return None,
        })
    }

    /// The body of the request (or, `answer`, of the response) as far as it was seen.
    pub fn body(&mut self, body: Body, answer: bool, cx: &mut Context<'_>) {
        if answer {
            self.response_length = Some(body.length);
        } else {
            self.request_length = Some(body.length);
        }
        let length = (body.announced || !body.cut).then_some(body.length);
        let Some(content) = body.scan else { return };
        let (told, signs) = content.finish(body.cut, length, cx);
        self.signs.join(signs);
        let Some(told) = told else { return };
        match told {
            Told::Fhir(found) => self.found.extend(*found),
            Told::Soap(soap) => {
                let [request, response] = &mut self.soap;
                *(if answer { response } else { request }) = Some(soap);
            }
            Told::Hl7(hl7) => self.hl7 = Some(hl7),
            Told::Dicomweb(body, cut) => {
                if let Some(dicomweb) = &mut self.dicomweb {
                    dicomweb.told(body, cut);
                }
            }
        }
    }

    /// The request (or, `answer`, the response) has none.
    pub fn bodyless(&mut self, answer: bool) {
        *(if answer {
            &mut self.response_length
        } else {
            &mut self.request_length
        }) = Some(0);
    }

    /// SDC by what either body says: some of its requests name nothing of it, but their answers do.
    fn sdc(&self) -> bool {
        self.soap.iter().flatten().any(|soap| soap.is_medical())
    }

    /// FHIR by its path, its media types, or by what a body said of itself.
    fn fhir(&self) -> bool {
        let typed = [&self.content_type, &self.resp_mime].into_iter().flatten().any(|m| is_fhir(m));
        let by_path = self
            .asked
            .as_ref()
            .is_some_and(|a| a.interaction.is_some() && (a.certain || self.accepts_fhir));
        typed || by_path || self.found.resource_type.is_some()
    }

    /// Writes the row, and those of what it carried.
    pub fn emit(mut self, cx: &mut Context<'_>) {
        let fhir = self.fhir();
        let carried = match () {
            () if fhir => Some("fhir"),
            () if self.sdc() => Some("sdc"),
            () if self.dicomweb.is_some() => Some("dicomweb"),
            () if self.hl7.as_ref().is_some_and(|hl7| hl7.spoke()) => Some("hl7"),
            () => None,
        };
        let row = Http {
            trans_depth: self.number,
            method: self.method,
            host: self.host.as_deref(),
            uri: self.uri.as_deref(),
            query_keys: texts(&self.query_keys),
            version: self.version,
            user_agent: self.user_agent.as_deref(),
            referrer_host: self.referrer_host.as_deref(),
            auth_scheme: self.auth.map(|a| a.0),
            username_seen: self.auth.map(|a| a.1).or(self.whole.then_some(false)),
            marks: credentials::marks(self.default).into_iter().chain(self.signs.marks()).collect(),
            content_type: self.content_type.as_deref(),
            request_body_len: self.request_length.and_then(|n| i64::try_from(n).ok()),
            status_code: self.status.map(i64::from),
            status_msg: self.status_msg,
            resp_mime: self.resp_mime.as_deref(),
            server: self.server.as_deref(),
            response_body_len: self.response_length.and_then(|n| i64::try_from(n).ok()),
            carries: carried,
            fhir: Some(fhir),
            partial: Some(self.partial),
            malformed: self.malformed,
            ..Http::default()
        };
        cx.emit(self.started, self.dir, self.at, &row);
        match carried {
            Some("fhir") => self.emit_fhir(cx),
            Some("sdc") => self.emit_sdc(cx),
            Some("dicomweb") => self.emit_dicomweb(cx),
            _ => {}
        }
        if let Some(hl7) = self.hl7.take() {
            hl7.finish(cx);
        }
        if let Some(logon) = self.logon.take() {
            logon.tell(None, cx);
        }
    }

    fn emit_sdc(&self, cx: &mut Context<'_>) {
        let [request, response] = &self.soap;
        if let Some(soap) = request.as_ref().filter(|soap| soap.is_begun()) {
            let (ts, dir, at) = (self.started, self.dir, self.at);
            let transport = Transport::Http(None);
            soap.emit(Place { ts, dir, at, transport }, cx);
        }
        if let (Some(soap), Some((ts, at))) = (response.as_ref().filter(|soap| soap.is_begun()), self.answered) {
            let dir = if self.number.is_some() { self.dir.other() } else { self.dir };
            let transport = Transport::Http(self.status);
            soap.emit(Place { ts, dir, at, transport }, cx);
        }
    }

    fn emit_dicomweb(&self, cx: &mut Context<'_>) {
        let about = Exchanged {
            status: self.status,
            request_bytes: self.request_length,
            response_bytes: self.response_length,
            auth_scheme: self.auth.map(|a| a.0),
            partial: self.partial,
        };
        if let Some(dicomweb) = &self.dicomweb {
            dicomweb.emit(about, (self.started, self.dir, self.at), cx);
        }
    }

    fn emit_fhir(&mut self, cx: &mut Context<'_>) {
        let asked = self.asked.take().unwrap_or_default();
        let found = &mut self.found;
        found.patient_refs.insert(asked.patient_ref);
        let patient = asked.patient.as_ref().or(found.patients.only());
        let row = Fhir {
            interaction: asked.interaction,
            resource_type: asked.resource_type.or(found.resource_type),
            operation: asked.operation,
            level: asked.level,
            status_code: self.status.map(i64::from),
            request_bytes: self.request_length.and_then(|n| i64::try_from(n).ok()),
            response_bytes: self.response_length.and_then(|n| i64::try_from(n).ok()),
            search_params: texts(&self.query_keys),
            auth_scheme: self.auth.map(|a| a.0),
            patient: patient.map(String::as_str),
            patients: texts(found.patients.kept()),
            patient_refs: texts(found.patient_refs.kept()),
            patient_count: i64::try_from(found.patients.count().max(found.patient_refs.count())).ok(),
            device_refs: texts(&found.device_refs),
            software: found.software.as_deref(),
            publisher: found.publisher.as_deref(),
            partial: Some(self.partial || found.cut),
            ..Fhir::default()
        };
        cx.emit(self.started, self.dir, self.at, &row);
    }
}

/// Bytes of the body as the head frames it (a chunked one is counted as it passes); `None` if the field that tells may have been cut off.
fn framed(head: &Head<'_>) -> Option<u64> {
    match head.content_length {
        _ if head.chunked => Some(0).filter(|_| !head.cut),
        None if !head.cut => Some(0),
        length => length,
    }
}

/// `application/fhir+json`, `+xml`, `+ndjson`, and the names of DSTU2.
fn is_fhir(media: &str) -> bool {
    matches!(
        media,
        "application/fhir+json" | "application/fhir+xml" | "application/fhir+ndjson" | "application/json+fhir" | "application/xml+fhir"
    )
}

fn texts<'a>(list: impl IntoIterator<Item = &'a String>) -> Vec<Cow<'a, str>> {
    list.into_iter().take(limits::LIST).map(|s| Cow::Borrowed(s.as_str())).collect()
}
