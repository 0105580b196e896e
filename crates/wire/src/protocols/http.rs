//! HTTP/1.0, 1.1 and 2 in clear: requests paired with their responses; bodies pass unread but for those that carry a medical protocol.
//! RFC 9110, RFC 9112, RFC 9113.

mod body;
pub mod clean;
pub mod content;
mod exchange;
mod framing;
mod head;
mod hpack;
mod http1;
mod http2;
pub mod inflate;
mod logon;
mod part;
pub mod session;
#[cfg(test)]
pub mod tests;
pub mod uri;

use crate::protocols::Protocol;
use crate::stream;

stream! {
    /// One request and its response. Values of queries, cookies, credentials and bodies are never kept.
    Http = "http" {
        /// Which request of the connection, from 1, in the order of their heads; null for a response whose request was not seen.
        trans_depth: Int,
        /// RFC 9110 9.
        method: Word,
        /// Host of the request (RFC 9110 7.2) without port, if it is a valid name or address; `*` stands for the owner of somebody's machine.
        host: Word,
        /// Path as a template: known words, resource types and file extensions; `{}` for everything else.
        uri: Text,
        /// Names of the query's parameters, `{}` for unknown ones.
        query_keys: Texts,
        /// 1.0, 1.1 or 2; where a connection turned to 2, of the request that asked for it still 1.1.
        version: Word,
        /// Product tokens with versions and known words of comments (RFC 9110 10.1.5); all else is left out.
        user_agent: Word,
        /// Host of the Referer, in the same way.
        referrer_host: Word,
        /// Scheme of Authorization: basic bearer digest ntlm negotiate other; null without one.
        auth_scheme: Word,
        /// Whether a user name was readable: Basic (RFC 7617) or Digest (RFC 7616). The name is not kept.
        username_seen: Bool,
        /// Signs: default-credentials, of Basic (RFC 7617), and exploits (`data/marks_exploits.tsv`) in the head of the request and where its body
        /// begins, of forms, JSON and XML.
        marks: Texts,
        /// Media type of the request's body; `{}` for a subtype that is not well known.
        content_type: Word,
        /// Bytes of the request's body as framed (RFC 9112 6, RFC 9113 6.1).
        request_body_len: Int,
        /// RFC 9110 15.
        status_code: Int,
        /// Reason phrase, if it is the registered one; HTTP/2 has none.
        status_msg: Word,
        /// Media type of the response, in the same way.
        resp_mime: Word,
        /// Server's product tokens (RFC 9110 10.2.4), as of `user_agent`.
        server: Word,
        /// Bytes of the response's body as framed.
        response_body_len: Int,
        /// What it carried that has rows of its own, with the same `uid`: fhir, sdc, hl7, dicomweb; null for all else.
        carries: Word,
        /// Whether it was FHIR: then there is a row in `fhir`.
        fhir: Bool,
        /// Request or response missing or not seen to its end.
        partial: Bool,
        /// What is wrong: header, content length, chunk size, start line, head too long, frame; resets: requests are opened and withdrawn in
        /// numbers (CVE-2023-44487), and further ones give no rows.
        malformed: Word,
    }
}

pub static PROTOCOL: Protocol = Protocol {
    name: "http",
    ports: &[80, 8080, 8042, 8000, 8888],
    probe: session::probe,
    find: Some(http2::find),
    session: || Box::new(session::HttpSession::default()),
};
