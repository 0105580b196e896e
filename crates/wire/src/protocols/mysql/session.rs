//! A connection, from the greeting to what came of the login.

use super::message::{self, Answer};
use super::Mysql;
use crate::context::Context;
use crate::credentials;
use crate::limits;
use crate::protocols::database::{self, software, Known, Login as _};
use crate::protocols::{Dir, Step};

/// Bytes in front of each packet: its length, and its number.
const HEAD: usize = 4;
/// Methods whose answer is the password as it is.
const READABLE: &[&str] = &["mysql_clear_password", "dialog"];

#[derive(Default)]
pub struct Login {
    known: Known,
    tls_offered: Option<bool>,
    method_offered: Option<&'static str>,
    encryption: Option<&'static str>,
    library: Option<String>,
    client_os: Option<String>,
    /// Whether the server greeted, and the client said who it is.
    greeted: bool,
    named: bool,
}

impl database::Login for Login {
    fn known(&mut self) -> &mut Known {
        &mut self.known
    }

    fn read(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        let Some(&[low, middle, high, _]) = bytes.first_chunk() else {
            return Step::Need(HEAD);
        };
        let whole = HEAD.saturating_add(usize::from(u16::from_le_bytes([low, middle])));
        if high != 0 || whole > limits::MYSQL_PACKET {
            return self.broken("packet-too-long", cx);
        }
        let Some(packet) = bytes.get(HEAD..whole) else {
            return Step::Need(whole);
        };
        let sound = match dir {
            Dir::Resp => self.server(packet, cx),
            Dir::Orig if !self.named && message::asks_for_tls(packet) => {
                self.encryption = Some("tls");
                self.tell(cx);
                return Step::Turn(whole);
            }
            Dir::Orig => self.client(packet, cx),
        };
        match sound {
            None => self.broken("packet", cx),
            Some(()) if self.known.over => Step::Done,
            Some(()) => Step::Took(whole),
        }
    }

    fn emit(&mut self, (ts, dir, at): (i64, Dir, u64), cx: &mut Context<'_>) {
        let known = &self.known;
        let row = Mysql {
            server: known.server.as_deref(),
            tls_offered: self.tls_offered,
            encryption: self.encryption,
            method_offered: self.method_offered,
            method: known.method,
            account: known.account.as_deref(),
            database: known.database.as_deref(),
            application: known.application.as_deref(),
            library: self.library.as_deref(),
            client_os: self.client_os.as_deref(),
            success: known.success,
            error_code: known.error,
            sqlstate: known.sqlstate.as_deref(),
            password_seen: Some(known.password_seen),
            without_password: known.without_password,
            marks: credentials::marks(known.default),
            partial: Some(known.partial() && self.encryption != Some("tls")),
            malformed: known.malformed,
            ..Mysql::default()
        };
        cx.emit(ts, dir, at, &row);
    }
}

impl Login {
    fn server(&mut self, packet: &[u8], cx: &mut Context<'_>) -> Option<()> {
        if !self.greeted {
            let greeting = message::greeting(packet)?;
            self.greeted = true;
            (self.known.server, self.tls_offered) = (greeting.server, Some(greeting.tls));
            self.method_offered = greeting.method;
            return Some(());
        }
        match message::answer(packet)? {
            Answer::Welcome => self.known.success = Some(true),
            Answer::Refused(code, state) => {
                self.known.success = Some(false);
                (self.known.error, self.known.sqlstate) = (Some(code), state);
            }
            Answer::Switch(method) => self.known.method = Some(method),
            Answer::More => {}
        }
        if self.known.success.is_some() {
            self.tell(cx);
        }
        Some(())
    }

    fn client(&mut self, packet: &[u8], cx: &mut Context<'_>) -> Option<()> {
        if self.named {
            self.proof(packet);
            return Some(());
        }
        let login = message::login(packet)?;
        self.named = true;
        self.encryption = Some("none");
        self.known.user(login.user, cx);
        if let Some(database) = login.database {
            self.known.database(database, cx);
        }
        self.known.method = login.method;
        self.known.application = login.program.and_then(software);
        self.client_os = login.os.and_then(software);
        self.library = match login.library {
            [Some(name), Some(version)] => software(&[name, b"/", version].concat()),
            [name, _] => name.and_then(software),
        };
        self.proof(login.answer);
        Some(())
    }

    /// How the client proves who it is. Where the server has it switch, the last one counts.
    fn proof(&mut self, answer: &[u8]) {
        let bare = answer.strip_suffix(&[0]).unwrap_or(answer);
        if self.known.method.is_some_and(|method| READABLE.contains(&method)) {
            self.known.password(bare);
        } else {
            self.known.without_password = Some(bare.is_empty());
        }
    }
}
