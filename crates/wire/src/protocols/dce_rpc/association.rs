//! A client and a server that know each other: interfaces that were agreed on, calls that wait, kinds of calls that were told. MS-RPCE 3.3.1.

use std::collections::VecDeque;

use super::bind::{self, Auth, Context};
use super::interfaces::{self, Interface};
use super::netlogon;
use super::pdu::{Fields, Head, Kind};
use super::DceRpc;
use crate::context::Context as Cx;
use crate::limits;
use crate::protocols::Dir;

/// When (ns), from where and at which offset a message began.
#[derive(Clone, Copy, Debug)]
pub struct Begun {
    pub ts: i64,
    pub dir: Dir,
    pub at: u64,
}

/// A call that waits for its answer.
struct Call {
    id: u32,
    begun: Begun,
    kind: What,
    /// Its arguments were not captured, which would tell its kind.
    cut: bool,
}

/// What tells calls of one kind from others.
#[derive(Clone, Copy, PartialEq, Eq)]
struct What {
    interface: Option<Interface>,
    opnum: u16,
    fault: Option<u32>,
    mark: Option<&'static str>,
}

/// Calls of a kind of which the first was told.
struct Tally {
    kind: What,
    /// Those that were not.
    calls: i64,
    /// Where the first of them began.
    begun: Option<Begun>,
    /// Of those that were answered.
    longest: Option<i64>,
    /// Some were not, or were cut.
    unanswered: bool,
}

/// A bind that waits for its answer.
struct Bind {
    call: u32,
    begun: Begun,
    contexts: Vec<Context>,
}

#[derive(Default)]
pub struct Association {
    /// The pipe's name, as it may be kept; `None` over TCP.
    pipe: Option<Box<str>>,
    piped: bool,
    bind: Option<Bind>,
    auth: Option<Auth>,
    contexts: Vec<Context>,
    calls: VecDeque<Call>,
    tallies: Vec<Tally>,
    /// Since when (ns) rows are counted, and how many there were.
    since: i64,
    rows: usize,
    /// Calls beyond the rows there may be, of whatever kind.
    rest: Option<Tally>,
    malformed: bool,
}

/// What a row tells beyond what the association knows.
#[derive(Clone, Copy, Default)]
struct Told {
    kind: Option<What>,
    interface: Option<Interface>,
    calls: Option<i64>,
    rtt: Option<i64>,
    refused: Option<&'static str>,
    /// Of calls that are told together.
    mark: Option<&'static str>,
    partial: bool,
    malformed: Option<&'static str>,
}

impl Association {
    pub fn piped(name: Option<&str>) -> Association {
        Association {
            pipe: name.map(Into::into),
            piped: true,
            ..Association::default()
        }
    }

    /// A message, of which `bytes` are as many as [`Head::wanted`] says, or what the capture holds of them.
    pub fn pdu(&mut self, head: &Head, bytes: &[u8], begun: Begun, cx: &mut Cx<'_>) {
        match head.kind {
            Kind::Bind | Kind::AlterContext => self.offered(head, bytes, begun, cx),
            Kind::BindAck | Kind::AlterContextAnswer => self.answered(head, bytes, cx),
            Kind::BindNak => self.rejected(head, bytes, cx),
            Kind::Request if head.first => self.called(head, bytes, begun, cx),
            Kind::Response if head.first => self.returned(head.call, begun.ts, None, cx),
            Kind::Fault => {
                let fields = Fields {
                    bytes,
                    little: head.little,
                };
                self.returned(head.call, begun.ts, fields.u32(24), cx);
            }
            _ => {}
        }
    }

    fn offered(&mut self, head: &Head, bytes: &[u8], begun: Begun, cx: &mut Cx<'_>) {
        match bind::offered(head, bytes) {
            Some(contexts) => {
                self.bind = Some(Bind {
                    call: head.call,
                    begun,
                    contexts,
                });
            }
            None if bytes.len() == head.length => self.spoilt(begun, "bind", cx),
            None => {}
        }
        // An interface that is added without proof leaves what was agreed on as it is. MS-RPCE 3.3.1.5.2.
        if head.auth > 0 || matches!(head.kind, Kind::Bind) {
            self.auth = bind::auth(head, bytes).or(self.auth);
        }
    }

    fn answered(&mut self, head: &Head, bytes: &[u8], cx: &mut Cx<'_>) {
        let Some(bind) = self.bind.take_if(|bind| bind.call == head.call) else {
            return;
        };
        let answer = bind::answered(head, bytes, &bind.contexts).unwrap_or_default();
        for context in answer.taken {
            self.contexts.retain(|known| known.id != context.id);
            if self.contexts.len() >= limits::DCE_RPC_CONTEXTS {
                self.contexts.remove(0);
            }
            self.contexts.push(context);
        }
        for (n, (interface, refused)) in answer.refused.into_iter().enumerate() {
            self.refuse(bind.begun, n, Some(interface), refused, cx);
        }
    }

    fn rejected(&mut self, head: &Head, bytes: &[u8], cx: &mut Cx<'_>) {
        if let Some(bind) = self.bind.take_if(|bind| bind.call == head.call) {
            let interface = bind.contexts.first().map(|context| context.interface);
            self.refuse(bind.begun, 0, interface, bind::rejected(head, bytes), cx);
        }
    }

    /// `n`: of so many interfaces that one bind offers and a server refuses; a bind has as many bytes and more.
    fn refuse(&mut self, begun: Begun, n: usize, interface: Option<Interface>, refused: &'static str, cx: &mut Cx<'_>) {
        let begun = Begun {
            at: begun.at.saturating_add(n as u64),
            ..begun
        };
        let told = Told {
            interface,
            refused: Some(refused),
            ..Told::default()
        };
        if self.may_tell(cx) {
            self.emit(begun, told, cx);
        }
    }

    /// Whether a further row may be; it counts as one then.
    fn may_tell(&mut self, cx: &mut Cx<'_>) -> bool {
        if cx.ts.saturating_sub(self.since) >= limits::INTERIM_EVERY {
            self.tell_rest(cx);
            self.since = cx.ts;
            self.rows = 0;
        }
        let may = self.rows < limits::DCE_RPC_ROWS;
        self.rows = self.rows.saturating_add(usize::from(may));
        may
    }

    fn called(&mut self, head: &Head, bytes: &[u8], begun: Begun, cx: &mut Cx<'_>) {
        let fields = Fields {
            bytes,
            little: head.little,
        };
        let (Some(id), Some(opnum)) = (fields.u16(20), fields.u16(22)) else {
            return;
        };
        let context = self.contexts.iter().find(|context| context.id == id);
        let plain = context.is_some_and(|context| context.interface.netlogon && context.ndr) && head.little && head.auth == 0;
        let arguments = if head.object { 40 } else { 24 };
        let mark = bytes
            .get(arguments..)
            .filter(|_| plain)
            .and_then(|arguments| netlogon::mark(opnum, arguments));
        let kind = What {
            interface: context.map(|context| context.interface),
            opnum,
            fault: None,
            mark,
        };
        if self.calls.len() >= limits::DCE_RPC_CALLS {
            self.give_up_oldest(cx);
        }
        self.calls.push_back(Call {
            id: head.call,
            begun,
            kind,
            cut: bytes.len() < head.wanted(),
        });
    }

    fn give_up_oldest(&mut self, cx: &mut Cx<'_>) {
        if let Some(call) = self.calls.pop_front() {
            self.settled(&call, None, cx);
        }
    }

    fn returned(&mut self, id: u32, ts: i64, fault: Option<u32>, cx: &mut Cx<'_>) {
        let known = self.calls.iter().position(|call| call.id == id);
        if let Some(call) = known.and_then(|at| self.calls.remove(at)) {
            self.settled(&call, Some((ts, fault)), cx);
        }
    }

    /// A call was answered, or never will be.
    fn settled(&mut self, call: &Call, answer: Option<(i64, Option<u32>)>, cx: &mut Cx<'_>) {
        let kind = What {
            fault: answer.and_then(|(_, fault)| fault),
            ..call.kind
        };
        let mut one = Tally {
            kind,
            calls: 1,
            begun: Some(call.begun),
            longest: answer.map(|(ts, _)| ts.saturating_sub(call.begun.ts)),
            unanswered: answer.is_none() || call.cut,
        };
        let is_like = |known: &What| call.cut && (known.interface, known.opnum) == (kind.interface, kind.opnum);
        let Some(tally) = self.tallies.iter_mut().find(|tally| tally.kind == kind || is_like(&tally.kind)) else {
            self.sum(&one, false, cx);
            if self.tallies.len() >= limits::DCE_RPC_KINDS {
                let oldest = self.tallies.remove(0);
                self.sum(&oldest, false, cx);
            }
            self.tallies.push(Tally::of(kind));
            return;
        };
        let began = tally.begun.get_or_insert(call.begun).ts;
        tally.calls = tally.calls.saturating_add(1);
        tally.longest = tally.longest.max(one.longest);
        tally.unanswered |= one.unanswered;
        if call.begun.ts.saturating_sub(began) >= limits::INTERIM_EVERY {
            one = std::mem::replace(tally, Tally::of(kind));
            self.sum(&one, false, cx);
        }
    }

    fn sum(&mut self, tally: &Tally, open: bool, cx: &mut Cx<'_>) {
        let Some(begun) = tally.begun else { return };
        if !self.may_tell(cx) {
            self.join(tally, begun);
            return;
        }
        let told = Told {
            kind: Some(tally.kind),
            calls: Some(tally.calls),
            rtt: tally.longest,
            partial: open || tally.unanswered || tally.kind.interface.is_none(),
            ..Told::default()
        };
        self.emit(begun, told, cx);
    }

    fn join(&mut self, tally: &Tally, begun: Begun) {
        let rest = self.rest.get_or_insert(Tally::of(tally.kind));
        rest.begun.get_or_insert(begun);
        rest.calls = rest.calls.saturating_add(tally.calls);
        rest.longest = rest.longest.max(tally.longest);
        rest.kind.mark = rest.kind.mark.or(tally.kind.mark);
    }

    /// One row of all calls that have none: what they were is not known any more, but what was seen in them.
    fn tell_rest(&mut self, cx: &mut Cx<'_>) {
        if let Some((rest, begun)) = self.rest.take().and_then(|rest| rest.begun.map(|begun| (rest, begun))) {
            let told = Told {
                calls: Some(rest.calls),
                rtt: rest.longest,
                mark: rest.kind.mark,
                partial: true,
                ..Told::default()
            };
            self.emit(begun, told, cx);
        }
    }

    /// What is no message stands where one should begin.
    pub fn spoilt(&mut self, begun: Begun, malformed: &'static str, cx: &mut Cx<'_>) {
        if !std::mem::replace(&mut self.malformed, true) {
            let told = Told {
                malformed: Some(malformed),
                partial: true,
                ..Told::default()
            };
            self.emit(begun, told, cx);
        }
    }

    /// Nothing more comes; `open`: as far as was seen.
    pub fn end(&mut self, open: bool, cx: &mut Cx<'_>) {
        while !self.calls.is_empty() {
            self.give_up_oldest(cx);
        }
        for tally in std::mem::take(&mut self.tallies) {
            self.sum(&tally, open, cx);
        }
        self.tell_rest(cx);
    }

    /// Bytes that it takes.
    pub fn held(&self) -> usize {
        let of = |count: usize, size: usize| count.saturating_mul(size);
        of(self.contexts.capacity(), size_of::<Context>())
            .saturating_add(of(self.calls.capacity(), size_of::<Call>()))
            .saturating_add(of(self.tallies.capacity(), size_of::<Tally>()))
    }

    fn emit(&self, begun: Begun, told: Told, cx: &mut Cx<'_>) {
        let interface = told.interface.or(told.kind.and_then(|kind| kind.interface));
        let auth = self.auth.filter(|_| told.malformed.is_none());
        let row = DceRpc {
            rtt: told.rtt.map(|rtt| rtt as f64 / 1e9),
            named_pipe: self.pipe.as_deref(),
            endpoint: interface.map(|interface| interface.name),
            operation: told
                .kind
                .and_then(|kind| kind.interface.map(|interface| interfaces::operation(interface, kind.opnum))),
            opnum: told.kind.map(|kind| i64::from(kind.opnum)),
            carried_by: Some(if self.piped { "smb" } else { "tcp" }),
            calls: told.calls,
            auth_type: auth.map(|auth| auth.kind),
            auth_level: auth.map(|auth| auth.level),
            sealed: auth.map(|auth| auth.level == "privacy"),
            fault: told.kind.and_then(|kind| kind.fault).map(i64::from),
            refused: told.refused,
            marks: { told.mark }
                .or(told.kind.and_then(|kind| kind.mark))
                .map(Into::into)
                .into_iter()
                .collect(),
            partial: Some(told.partial),
            malformed: told.malformed,
            ..DceRpc::default()
        };
        cx.emit(begun.ts, begun.dir, begun.at, &row);
    }
}

impl Tally {
    fn of(kind: What) -> Tally {
        Tally {
            kind,
            calls: 0,
            begun: None,
            longest: None,
            unanswered: false,
        }
    }
}
