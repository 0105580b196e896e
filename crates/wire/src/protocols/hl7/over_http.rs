//! HL7 over HTTP, as HAPI specifies it: the body of a request is a message, that of its response the acknowledgement.

use super::session::Hl7Session;
use crate::context::Context;
use crate::half::Half;
use crate::protocols::{Dir, Session};

/// Media types under which it comes: HAPI's, and those in use beside it. Messages in XML (`+xml`) are another encoding.
pub fn is_hl7(media: &str) -> bool {
    matches!(
        media,
        "application/hl7-v2"
            | "application/hl7-v2+er7"
            | "x-application/hl7-v2+er7"
            | "application/edi-hl7"
            | "application/x-hl7"
            | "text/x-hl7"
    )
}

/// The messages of one exchange.
#[derive(Debug)]
pub struct OverHttp {
    session: Hl7Session,
    dir: Dir,
    half: Half,
    /// The last byte shown.
    last: u8,
    stopped: bool,
}

impl OverHttp {
    /// A request's body that begins at this offset of `dir`.
    pub fn new(dir: Dir, offset: u64) -> OverHttp {
        OverHttp {
            session: Hl7Session::over_http(),
            dir,
            half: Half::at(offset),
            last: 0,
            stopped: false,
        }
    }

    /// Goes on with the body of the response.
    pub fn answered(self, dir: Dir, offset: u64) -> OverHttp {
        OverHttp {
            session: self.session,
            ..OverHttp::new(dir, offset)
        }
    }

    pub fn wants_more(&self) -> bool {
        !self.stopped
    }

    /// Looks at nothing more.
    pub fn stop(&mut self) {
        self.stopped = true;
    }

    pub fn held(&self) -> usize {
        self.half.held()
    }

    /// Whether there was a message.
    pub fn spoke(&self) -> bool {
        self.session.spoke()
    }

    pub fn feed(&mut self, bytes: &[u8], cx: &mut Context<'_>) {
        self.last = bytes.last().copied().unwrap_or(self.last);
        self.half.feed(&mut self.session, self.dir, bytes, cx.ts, cx.identity, cx.out);
    }

    /// The body ended, or (`cut`) its end will not be seen. Its last segment needs no end of its own.
    pub fn ended(&mut self, cut: bool, cx: &mut Context<'_>) {
        if !cut && !matches!(self.last, b'\r' | b'\n') {
            self.feed(b"\r", cx);
        }
        self.half.cut(&mut self.session, self.dir, cx.identity, cx.out);
        self.session.body_ended(self.dir, cut, cx);
    }

    /// The exchange ended: what was not acknowledged will not be.
    pub fn finish(mut self, cx: &mut Context<'_>) {
        self.session.end(cx);
    }
}

#[cfg(test)]
mod tests {
    use crate::protocols::http::session::HttpSession;
    use crate::protocols::http::tests::{check, uncut};
    use crate::protocols::Dir::{Orig, Resp};
    use crate::testing::{output, play, PlainRow};

    const MESSAGE: &str =
        "MSH|^~\\&|LAB|CORE|EHR|MAIN|20260101120000||ORU^R01^ORU_R01|C17|P|2.5.1\rPID|1||MRN1^^^MAIN^MR||DOE^JANE\rOBX|1|NM|GLU||5.1";
    const ACK: &str = "MSH|^~\\&|EHR|MAIN|LAB|CORE|20260101120001||ACK^R01|A1|P|2.5.1\rMSA|AA|C17\r";

    fn head(first: &str, kind: &str, length: usize) -> String {
        format!("{first}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n")
    }

    fn asked(kind: &str, message: &str) -> Vec<u8> {
        [head("POST /hl7 HTTP/1.1\r\nHost: ehr", kind, message.len()), message.to_owned()]
            .concat()
            .into_bytes()
    }

    fn answered(kind: &str, message: &str) -> Vec<u8> {
        [head("HTTP/1.1 200 OK", kind, message.len()), message.to_owned()]
            .concat()
            .into_bytes()
    }

    fn holds(row: &PlainRow, expected: &[(&str, &str)]) {
        for (column, value) in expected {
            assert_eq!(row[*column], *value, "{column}");
        }
    }

    #[test]
    fn a_message_and_its_acknowledgement() {
        let hl7 = "application/hl7-v2; charset=utf-8";
        let script = [(Orig, &asked(hl7, MESSAGE)[..]), (Resp, &answered(hl7, ACK))];
        let mut rows = check(&script, "hl7");
        rows.sort_by_key(|row| row["is_ack"].clone());
        assert_eq!(rows.len(), 2);
        let patient = output().keys.pseudonym("MRN1").unwrap();
        holds(
            &rows[0],
            &[
                ("kind", "http"),
                ("is_ack", "false"),
                ("control_id", "C17"),
                ("patient", &patient),
                ("segments", "[MSH:1, PID:1, OBX:1]"),
                ("partial", "false"),
            ],
        );
        let timed = play(&mut HttpSession::default(), &script, usize::MAX).remove("hl7").unwrap();
        assert!(timed.iter().any(|row| row["latency"] == "0.001"));
        holds(
            &rows[1],
            &[
                ("kind", "http"),
                ("is_ack", "true"),
                ("ack_code", "AA"),
                ("acked_control_id", "C17"),
                ("partial", "false"),
            ],
        );
        let http = check(&script, "http").remove(0);
        holds(
            &http,
            &[
                ("carries", "hl7"),
                ("content_type", "application/hl7-v2"),
                ("uri", "/hl7"),
                ("fhir", "false"),
            ],
        );
        assert_eq!(http["uid"], rows[0]["uid"]);
    }

    #[test]
    fn messages_of_one_connection_are_told_apart() {
        let hl7 = "application/x-hl7";
        let both = [asked(hl7, MESSAGE), asked(hl7, &MESSAGE.replace("C17", "C18"))].concat();
        let answers = [answered("text/plain", ACK), answered(hl7, &ACK.replace("C17", "C18"))].concat();
        let rows = uncut(&[(Orig, &both), (Resp, &answers)], "hl7");
        let of = |column: &str| rows.iter().map(|r| r[column].as_str()).collect::<Vec<_>>();
        assert_eq!(of("control_id"), ["A1", "C17", "A1", "C18"]);
        assert_eq!(of("acked_control_id"), ["C17", "-", "C18", "-"]);
        assert!(rows.iter().all(|row| row["partial"] == "false"));
        let ids: std::collections::BTreeSet<_> = of("event_id").into_iter().collect();
        assert_eq!(ids.len(), 4);
    }

    #[test]
    fn what_is_no_hl7_or_not_whole() {
        assert!(check(
            &[(Orig, &asked("text/plain", MESSAGE)), (Resp, &answered("text/plain", ACK))],
            "hl7"
        )
        .is_empty());
        let refused = answered("text/html", "<html>no</html>");
        let rows = check(&[(Orig, &asked("application/edi-hl7", MESSAGE)), (Resp, &refused)], "hl7");
        holds(&rows[0], &[("is_ack", "false"), ("partial", "false")]);
        assert_eq!(rows.len(), 1);
        // A body of something else gives no row.
        let other = check(&[(Orig, &asked("application/hl7-v2", "<hl7/>")), (Resp, &refused)], "http").remove(0);
        holds(&other, &[("carries", "-")]);
        // Cut by the end of the connection.
        let whole = asked("application/hl7-v2", MESSAGE);
        let rows = uncut(&[(Orig, &whole[..whole.len() - 20])], "hl7");
        holds(&rows[0], &[("partial", "true"), ("control_id", "C17")]);
    }

    #[test]
    fn chunks_and_compression() {
        use std::io::Write as _;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(MESSAGE.as_bytes()).unwrap();
        let body = encoder.finish().unwrap();
        let mut request =
            b"POST / HTTP/1.1\r\nContent-Type: application/hl7-v2\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        for chunk in body.chunks(50) {
            request.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
            request.extend(chunk);
            request.extend(b"\r\n");
        }
        request.extend(b"0\r\n\r\n");
        let row = uncut(&[(Orig, &request), (Resp, &answered("application/hl7-v2", ACK))], "hl7").remove(1);
        holds(
            &row,
            &[("control_id", "C17"), ("partial", "false"), ("segments", "[MSH:1, PID:1, OBX:1]")],
        );
    }
}
