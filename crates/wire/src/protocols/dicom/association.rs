//! One association from its first PDU to its end, and the row it becomes. PS3.8 chapters 7 and 9.

use std::borrow::Cow;

use super::pdu::{Associate, PresentationContext};
use super::DicomAssociation;
use crate::context::Context;
use crate::protocols::personal::Personal;
use crate::protocols::Dir;

/// What was seen of an association.
#[derive(Default)]
pub struct Association {
    begun: Option<Begun>,
    last_ts: i64,
    request: Option<Associate>,
    answer: Option<Associate>,
    /// Result, source and reason of an A-ASSOCIATE-RJ, if they were captured.
    rejected: bool,
    rejection: Option<[u8; 3]>,
    /// Who aborted; source and reason of the A-ABORT, if they were captured.
    aborted_by: Option<Dir>,
    abort: Option<[u8; 2]>,
    release_asked: Option<Dir>,
    released: bool,
    pub messages: i64,
    /// Whether the calling and the called title hold what a data set told of its patient.
    withheld: [bool; 2],
    bytes: [u64; 2],
    /// Bytes of it were lost by the capture.
    pub lossy: bool,
    malformed: Option<&'static str>,
}

#[derive(Clone, Copy)]
struct Begun {
    ts: i64,
    dir: Dir,
    at: u64,
}

impl Association {
    /// Notes a PDU of `bytes` in all; the first one is where the association begins for us.
    pub fn pdu(&mut self, dir: Dir, at: u64, ts: i64, bytes: u64) {
        self.begun.get_or_insert(Begun { ts, dir, at });
        self.last_ts = self.last_ts.max(ts);
        let sum = match dir {
            Dir::Orig => self.bytes.first_mut(),
            Dir::Resp => self.bytes.last_mut(),
        };
        if let Some(sum) = sum {
            *sum = sum.saturating_add(bytes);
        }
    }

    pub fn seen(&self) -> bool {
        self.begun.is_some()
    }

    /// Whether a request now would begin another association. An answer alone may have been captured before its request.
    pub fn under_way(&self) -> bool {
        self.request.is_some() || self.messages > 0
    }

    pub fn requested(&mut self, request: Associate, dir: Dir, at: u64, ts: i64) {
        self.begun = Some(Begun { ts, dir, at });
        self.request = Some(request);
    }

    pub fn accepted(&mut self, answer: Associate) {
        self.answer = Some(answer);
    }

    pub fn rejected(&mut self, why: Option<[u8; 3]>) {
        (self.rejected, self.rejection) = (true, why);
    }

    pub fn aborted(&mut self, dir: Dir, why: Option<[u8; 2]>) {
        (self.aborted_by, self.abort) = (Some(dir), why);
    }

    /// Both may ask for release at once (PS3.8 7.2.2.7): the first is named.
    pub fn release_asked(&mut self, dir: Dir) {
        self.release_asked.get_or_insert(dir);
    }

    pub fn released(&mut self) {
        self.released = true;
    }

    pub fn note(&mut self, reason: &'static str) {
        self.malformed = self.malformed.or(Some(reason));
    }

    /// Whether its beginning was not captured.
    pub fn midstream(&self) -> bool {
        self.request.is_none()
    }

    /// A data set tells this of its patient: titles and versions that hold any of it are not told any more.
    pub fn withhold(&mut self, personal: &Personal) {
        let [calling, called] = self.titles().map(|title| title.is_some_and(|title| personal.is_in(title)));
        let [calling_before, called_before] = self.withheld;
        self.withheld = [calling || calling_before, called || called_before];
        for party in self.request.iter_mut().chain(self.answer.iter_mut()) {
            party.implementation_version.take_if(|version| personal.is_in(version));
        }
    }

    /// The calling and the called title, wherever they are told first.
    fn titles(&self) -> [Option<&str>; 2] {
        [
            self.parties().find_map(|a| a.calling_ae.as_deref()),
            self.parties().find_map(|a| a.called_ae.as_deref()),
        ]
    }

    pub fn calling_ae(&self) -> Option<&str> {
        let ([title, _], [withheld, _]) = (self.titles(), self.withheld);
        title.filter(|_| !withheld)
    }

    pub fn called_ae(&self) -> Option<&str> {
        let ([_, title], [_, withheld]) = (self.titles(), self.withheld);
        title.filter(|_| !withheld)
    }

    pub fn abstract_syntax(&self, id: u8) -> Option<&str> {
        self.request
            .as_ref()?
            .contexts
            .iter()
            .find(|c| c.id == id)?
            .abstract_syntax
            .as_deref()
    }

    /// The transfer syntax that was accepted for a presentation context.
    pub fn transfer_syntax(&self, id: u8) -> Option<&str> {
        let accepted = self.answer.as_ref()?.contexts.iter().find(|c| c.id == id && c.result == 0)?;
        accepted.transfer_syntaxes.first().map(String::as_str)
    }

    fn parties(&self) -> impl Iterator<Item = &Associate> {
        self.request.iter().chain(self.answer.iter())
    }

    /// Whether who asked for the association sends in this direction: who opens the connection asks; a request seen the other way is
    /// believed more.
    pub fn is_requestor(&self, dir: Dir) -> bool {
        dir == self.begun.filter(|_| self.request.is_some()).map_or(Dir::Orig, |b| b.dir)
    }

    fn role(&self, dir: Dir) -> &'static str {
        if self.is_requestor(dir) {
            "requestor"
        } else {
            "acceptor"
        }
    }

    /// The end as far as seen, and whether anything is missing to it.
    fn result(&self) -> (&'static str, bool) {
        if self.aborted_by.is_some() {
            ("aborted", false)
        } else if self.rejected {
            ("rejected", false)
        } else if self.release_asked.is_some() || self.released {
            ("released", !self.released)
        } else if self.answer.is_some() {
            ("accepted", true)
        } else {
            ("open", true)
        }
    }

    /// Gives the row and is free for the next association.
    pub fn emit(&mut self, cx: &mut Context<'_>) {
        let association = std::mem::take(self);
        if let Some(begun) = association.begun {
            association.row(begun, cx);
        }
    }

    fn row(&self, begun: Begun, cx: &mut Context<'_>) {
        let (request, answer) = (self.request.as_ref(), self.answer.as_ref());
        let (result, open) = self.result();
        let hash = request.and_then(Associate::contexts_hash);
        let contexts = request.map(|r| r.contexts.as_slice()).unwrap_or_default();
        let user_identity = request
            .filter(|r| !r.cut || r.user_identity.is_some())
            .map(|r| user_identity(r.user_identity));
        let rejection = self
            .rejection
            .map(|[_, source, reason]| (reject_source(source), reject_reason(source, reason)));
        let abort = self
            .abort
            .map(|[source, reason]| (abort_source(source), abort_reason(source, reason)));
        let async_ops = self
            .answer
            .iter()
            .chain(self.request.iter())
            .find_map(|a| a.async_operations)
            .map(|(invoked, performed)| format!("{invoked}:{performed}"));
        let row = DicomAssociation {
            calling_ae: self.calling_ae(),
            called_ae: self.called_ae(),
            result: Some(result),
            reject_permanent: self.rejection.map(|[result, ..]| result == 1),
            result_source: rejection.as_ref().map(|(source, _)| source.as_ref()),
            reject_reason: rejection.as_ref().map(|(_, reason)| reason.as_ref()),
            calling_implementation_class_uid: request.and_then(|r| r.implementation_class_uid.as_deref()),
            calling_implementation_version: request.and_then(|r| r.implementation_version.as_deref()),
            called_implementation_class_uid: answer.and_then(|a| a.implementation_class_uid.as_deref()),
            called_implementation_version: answer.and_then(|a| a.implementation_version.as_deref()),
            calling_max_pdu: request.and_then(|r| r.max_pdu).map(i64::from),
            called_max_pdu: answer.and_then(|a| a.max_pdu).map(i64::from),
            app_context: self.parties().find_map(|a| a.application_context.as_deref()),
            protocol_version: self.parties().next().and_then(|a| a.protocol_version).map(i64::from),
            proposed_abstract: contexts
                .iter()
                .map(|c| c.abstract_syntax.as_deref().unwrap_or_default().into())
                .collect(),
            proposed_names: contexts.iter().map(name).collect(),
            proposed_transfer: contexts
                .iter()
                .map(|c| format!("{}:{}", c.id, c.transfer_syntaxes.join(",")).into())
                .collect(),
            accepted: answer.map(|a| a.contexts.iter().map(accepted).collect()).unwrap_or_default(),
            roles: texts(request.map(|r| r.roles.as_slice())),
            roles_accepted: texts(answer.map(|a| a.roles.as_slice())),
            extended_negotiation: texts(request.map(|r| r.extended.as_slice())),
            user_identity: user_identity.as_deref(),
            async_ops: async_ops.as_deref(),
            contexts_hash: hash.as_deref(),
            released_by: self.release_asked.map(|dir| self.role(dir)),
            aborted_by: self.aborted_by.map(|dir| self.role(dir)),
            abort_source: abort.as_ref().map(|(source, _)| source.as_ref()),
            abort_reason: abort.as_ref().and_then(|(_, reason)| reason.as_deref()),
            dimse_messages: Some(self.messages),
            bytes_orig: self.bytes.first().and_then(|&n| i64::try_from(n).ok()),
            bytes_resp: self.bytes.last().and_then(|&n| i64::try_from(n).ok()),
            duration: Some(self.last_ts.saturating_sub(begun.ts).max(0) as f64 / 1e9),
            midstream: Some(self.midstream()),
            partial: Some(open || self.lossy || self.midstream()),
            malformed: self.parties().find_map(|a| a.malformed).or(self.malformed),
            ..DicomAssociation::default()
        };
        cx.emit(begun.ts, begun.dir, begun.at, &row);
    }
}

fn name(context: &PresentationContext) -> Cow<'_, str> {
    let uid = context.abstract_syntax.as_deref().unwrap_or_default();
    super::uids::sop_class(uid).unwrap_or(uid).into()
}

fn accepted(context: &PresentationContext) -> Cow<'_, str> {
    let transfer = context.transfer_syntaxes.first().map(String::as_str).unwrap_or_default();
    format!("{}:{}:{transfer}", context.id, context.result).into()
}

fn texts(list: Option<&[String]>) -> Vec<Cow<'_, str>> {
    list.unwrap_or_default().iter().map(|text| text.as_str().into()).collect()
}

/// PS3.7 D.3.3.7: only the kind; the identity itself is never read.
fn user_identity(kind: Option<u8>) -> Cow<'static, str> {
    match kind {
        None => "none".into(),
        Some(1) => "username".into(),
        Some(2) => "username_passcode".into(),
        Some(3) => "kerberos".into(),
        Some(4) => "saml".into(),
        Some(5) => "jwt".into(),
        Some(other) => other.to_string().into(),
    }
}

/// PS3.8 Table 9-21.
fn reject_source(source: u8) -> Cow<'static, str> {
    match source {
        1 => "service-user".into(),
        2 => "service-provider (ACSE)".into(),
        3 => "service-provider (presentation)".into(),
        other => other.to_string().into(),
    }
}

/// PS3.8 Table 9-21.
fn reject_reason(source: u8, reason: u8) -> Cow<'static, str> {
    match (source, reason) {
        (1 | 2, 1) => "no-reason-given".into(),
        (1, 2) => "application-context-name-not-supported".into(),
        (1, 3) => "calling-AE-title-not-recognized".into(),
        (1, 7) => "called-AE-title-not-recognized".into(),
        (2, 2) => "protocol-version-not-supported".into(),
        (3, 1) => "temporary-congestion".into(),
        (3, 2) => "local-limit-exceeded".into(),
        (_, other) => other.to_string().into(),
    }
}

/// PS3.8 Table 9-26.
fn abort_source(source: u8) -> Cow<'static, str> {
    match source {
        0 => "service-user".into(),
        2 => "service-provider".into(),
        other => other.to_string().into(),
    }
}

/// PS3.8 Table 9-26: only the service provider gives a reason.
fn abort_reason(source: u8, reason: u8) -> Option<Cow<'static, str>> {
    let name = match reason {
        _ if source != 2 => return None,
        0 => "reason-not-specified",
        1 => "unrecognized-PDU",
        2 => "unexpected-PDU",
        4 => "unrecognized-PDU-parameter",
        5 => "unexpected-PDU-parameter",
        6 => "invalid-PDU-parameter-value",
        other => return Some(other.to_string().into()),
    };
    Some(name.into())
}
