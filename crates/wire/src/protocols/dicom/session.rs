//! A connection that speaks the upper layer: finds PDUs and the fragments in them, and lets everything pass that no row needs. PS3.8 9.3.

use super::association::Association;
use super::cursor::be32;
use super::message::Message;
use super::pdu::{self, Associate, Head, HEAD, PDV_HEAD};
use super::probe::{find, STRONG};
use crate::context::Context;
use crate::limits;
use crate::protocols::{Dir, Session, Step};

#[derive(Default)]
pub struct Dicom {
    association: Association,
    orig: Lane,
    resp: Lane,
    /// The association has ended: what is still on its way is void (PS3.8 9.2, Sta13).
    over: bool,
}

/// One direction.
#[derive(Default)]
struct Lane {
    place: Place,
    /// Offset of the head that is awaited, and when its first byte came.
    mark: Option<(u64, i64)>,
    message: Message,
}

/// Where in the stream of PDUs the next byte stands; ends are offsets in the direction.
#[derive(Clone, Copy, Default)]
enum Place {
    /// At the head of a PDU.
    #[default]
    Pdu,
    /// At the head of a presentation data value within a P-DATA-TF.
    List { pdu_end: u64 },
    /// Within a presentation data value.
    Value { pdu_end: u64, end: u64, control: u8 },
    /// Bytes were lost: anywhere.
    Lost,
}

/// Message control header. PS3.8 E.2.
const COMMAND: u8 = 1;
const LAST: u8 = 2;

impl Session for Dicom {
    fn data(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        let at = cx.offset;
        let lane = self.lane(dir);
        if lane.mark.is_none_or(|(offset, _)| offset != at) {
            lane.mark = Some((at, cx.ts));
        }
        match lane.place {
            Place::Lost => self.search(dir, bytes, cx),
            Place::Value { pdu_end, end, control } if at < end => self.value(dir, bytes, pdu_end, end, control, cx),
            Place::Value { pdu_end, .. } | Place::List { pdu_end } if at < pdu_end => self.list(dir, bytes, pdu_end, cx),
            _ => self.pdu(dir, bytes, cx),
        }
    }

    /// Of what waits only a PDU that is not data has more to say than is known already.
    fn cut(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) {
        let at_pdu = matches!(self.lane(dir).place, Place::Pdu);
        let Some(head) = Head::read(bytes).filter(|head| at_pdu && head.kind != pdu::P_DATA_TF) else {
            return;
        };
        if !self.over || head.kind == pdu::A_ASSOCIATE_RQ {
            self.control(dir, head, bytes.get(HEAD..).unwrap_or_default(), cx);
        }
    }

    fn gap(&mut self, dir: Dir, missing: u64, cx: &mut Context<'_>) {
        self.association.lossy = true;
        let at = cx.offset;
        let lane = self.lane(dir);
        let kept = match lane.place {
            Place::Value { pdu_end, end, control } if missing > 0 && at <= end => Place::Value { pdu_end, end, control },
            // Where the next value begins is unknown, but not where the next PDU does: a value that nobody looks at leads there.
            Place::Value { pdu_end, .. } | Place::List { pdu_end } if missing > 0 && at <= pdu_end => Place::Value {
                pdu_end,
                end: pdu_end,
                control: 0,
            },
            _ => Place::Lost,
        };
        lane.place = kept;
        lane.mark = None;
        lane.message.lossy();
        if lane.message.open && !lane.message.awaits_data {
            self.message(dir, cx);
        }
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        self.close(cx);
    }
}

impl Dicom {
    fn lane(&mut self, dir: Dir) -> &mut Lane {
        match dir {
            Dir::Orig => &mut self.orig,
            Dir::Resp => &mut self.resp,
        }
    }

    fn go(&mut self, dir: Dir, place: Place) {
        self.lane(dir).place = place;
    }

    fn pdu(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        self.go(dir, Place::Pdu);
        if bytes.len() < HEAD {
            return Step::Need(HEAD);
        }
        let Some(head) = Head::read(bytes) else {
            if self.association.seen() {
                self.association.note("no PDU where one should begin");
                self.association.lossy = true;
            }
            self.go(dir, Place::Lost);
            return self.search(dir, bytes, cx);
        };
        let whole = (HEAD as u64).saturating_add(u64::from(head.length));
        if self.over && head.kind != pdu::A_ASSOCIATE_RQ {
            return Step::Skip(whole);
        }
        if head.kind == pdu::P_DATA_TF {
            self.count(dir, whole, cx);
            self.go(
                dir,
                Place::List {
                    pdu_end: cx.offset.saturating_add(whole),
                },
            );
            return Step::Took(HEAD);
        }
        let Some(size) = usize::try_from(whole).ok().filter(|&size| size <= limits::DICOM_ASSOCIATE) else {
            self.count(dir, whole, cx);
            self.association.note("association PDU longer than 256 KiB");
            return Step::Skip(whole);
        };
        let Some(body) = bytes.get(HEAD..size) else {
            return Step::Need(size);
        };
        self.control(dir, head, body, cx);
        Step::Took(size)
    }

    fn count(&mut self, dir: Dir, whole: u64, cx: &Context<'_>) {
        let (at, ts) = self.lane(dir).mark.unwrap_or((cx.offset, cx.ts));
        self.association.pdu(dir, at, ts, whole);
    }

    /// The PDUs that are not data; `body` is shorter than the head says if the capture cut it.
    fn control(&mut self, dir: Dir, head: Head, body: &[u8], cx: &mut Context<'_>) {
        if head.kind == pdu::A_ASSOCIATE_RQ {
            if self.association.under_way() {
                self.close(cx);
            }
            self.over = false;
        }
        self.count(dir, (HEAD as u64).saturating_add(u64::from(head.length)), cx);
        let (at, ts) = self.lane(dir).mark.unwrap_or((cx.offset, cx.ts));
        let cut = body.len() < head.length as usize;
        self.association.lossy |= cut;
        match head.kind {
            pdu::A_ASSOCIATE_RQ => self.association.requested(Associate::read(body, cut), dir, at, ts),
            pdu::A_ASSOCIATE_AC => self.association.accepted(Associate::read(body, cut)),
            pdu::A_ASSOCIATE_RJ => {
                self.association.rejected(body.get(1..).and_then(<[u8]>::first_chunk).copied());
                self.finish(cx);
            }
            pdu::A_RELEASE_RQ => self.association.release_asked(dir),
            pdu::A_RELEASE_RP => {
                self.association.released();
                self.finish(cx);
            }
            pdu::A_ABORT => {
                self.association.aborted(dir, body.get(2..).and_then(<[u8]>::first_chunk).copied());
                self.finish(cx);
            }
            _ => {}
        }
    }

    /// The head of a presentation data value. PS3.8 9.3.5.1.
    fn list(&mut self, dir: Dir, bytes: &[u8], pdu_end: u64, cx: &mut Context<'_>) -> Step {
        self.go(dir, Place::List { pdu_end });
        let left = pdu_end.saturating_sub(cx.offset);
        if left < PDV_HEAD as u64 {
            return self.broken_list(dir, left, "P-DATA-TF ends within the head of a value");
        }
        let (Some(length), Some(&context), Some(&control)) = (be32(bytes, 0), bytes.get(4), bytes.get(5)) else {
            return Step::Need(PDV_HEAD);
        };
        if length < 2 || u64::from(length).saturating_add(4) > left {
            return self.broken_list(dir, left, "value does not fit its P-DATA-TF");
        }
        let size = u64::from(length).saturating_sub(2);
        let end = cx.offset.saturating_add(PDV_HEAD as u64).saturating_add(size);
        self.begin(dir, context, control, size, cx);
        self.go(dir, Place::Value { pdu_end, end, control });
        if size == 0 {
            self.value_ends(dir, control, cx);
        }
        Step::Took(PDV_HEAD)
    }

    fn broken_list(&mut self, dir: Dir, left: u64, reason: &'static str) -> Step {
        self.association.note(reason);
        let lane = self.lane(dir);
        if lane.message.open {
            lane.message.lossy();
            lane.message.note(reason);
        }
        lane.place = Place::Pdu;
        Step::Skip(left)
    }

    /// A presentation data value begins: it goes on with the message under way or begins one.
    fn begin(&mut self, dir: Dir, context: u8, control: u8, size: u64, cx: &mut Context<'_>) {
        let whole = !self.association.lossy && !self.association.midstream();
        let command = control & COMMAND != 0;
        let lane = self.lane(dir);
        if command && lane.message.awaits_data {
            if !lane.message.partial {
                lane.message.note("command before the end of the data set");
                lane.message.partial = true;
            }
            self.message(dir, cx);
        }
        let lane = self.lane(dir);
        let (at, ts) = lane.mark.unwrap_or((cx.offset, cx.ts));
        match (command, lane.message.open) {
            (true, false) => lane.message.begin(at, ts, context),
            (true, true) => {}
            (false, false) if whole => {
                lane.message.begin(at, ts, context);
                lane.message.awaits_data = true;
                lane.message.note("data set without a command");
            }
            // The command was lost, or came before the capture began: there is nothing to tell of it.
            (false, false) => {}
            (false, true) if !lane.message.awaits_data => {
                lane.message.note("data set before the end of the command");
                lane.message.partial = true;
                lane.message.awaits_data = true;
            }
            (false, true) => {}
        }
        if !command && lane.message.open {
            lane.message.fragment(context, size);
        }
    }

    /// Bytes of a presentation data value.
    fn value(&mut self, dir: Dir, bytes: &[u8], pdu_end: u64, end: u64, control: u8, cx: &mut Context<'_>) -> Step {
        let left = end.saturating_sub(cx.offset);
        let shown = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let part = bytes.get(..shown).unwrap_or_default();
        let rest = left.saturating_sub(shown as u64);
        let lane = self.lane(dir);
        lane.place = Place::Value { pdu_end, end, control };
        let mut ahead = 0;
        if control & COMMAND == 0 {
            // The last byte of the last fragment is always looked at: only then is the data set known to have come whole.
            ahead = lane.message.data(part).min(rest.saturating_sub(u64::from(control & LAST != 0)));
            lane.message.passed(ahead);
        } else if lane.message.open {
            lane.message.command(part);
        }
        if rest == 0 {
            self.value_ends(dir, control, cx);
        }
        if ahead > 0 {
            Step::Skip((shown as u64).saturating_add(ahead))
        } else {
            Step::Took(shown)
        }
    }

    fn value_ends(&mut self, dir: Dir, control: u8, cx: &mut Context<'_>) {
        let Dicom {
            association, orig, resp, ..
        } = self;
        let message = match dir {
            Dir::Orig => &mut orig.message,
            Dir::Resp => &mut resp.message,
        };
        if !message.open || control & LAST == 0 {
            return;
        }
        if control & COMMAND == 0 || message.command_ends(association) {
            self.message(dir, cx);
        }
    }

    /// Gives the row of the message under way.
    fn message(&mut self, dir: Dir, cx: &mut Context<'_>) {
        let Dicom {
            association, orig, resp, ..
        } = self;
        association.messages = association.messages.saturating_add(1);
        match dir {
            Dir::Orig => orig.message.emit(association, dir, cx),
            Dir::Resp => resp.message.emit(association, dir, cx),
        }
    }

    /// Bytes whose place is unknown: goes on at the next sure head.
    fn search(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        let keep = STRONG.saturating_sub(1);
        match find(bytes) {
            Some(0) => self.pdu(dir, bytes, cx),
            Some(at) => {
                self.go(dir, Place::Pdu);
                Step::Took(at)
            }
            None if bytes.len() > keep => Step::Took(bytes.len().saturating_sub(keep)),
            None => Step::Need(STRONG),
        }
    }

    fn finish(&mut self, cx: &mut Context<'_>) {
        self.over = true;
        self.close(cx);
    }

    /// The association is over, whatever is still open with it.
    fn close(&mut self, cx: &mut Context<'_>) {
        for dir in [Dir::Orig, Dir::Resp] {
            let message = &mut self.lane(dir).message;
            if message.open {
                message.partial = true;
                self.message(dir, cx);
            }
        }
        self.association.emit(cx);
    }
}
