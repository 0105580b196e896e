//! Bounds of what tells who logs in: FTP, LDAP, SMTP, POP3, IMAP, SSH, Telnet, databases, and credentials of HTTP.

/// Bytes of one line of a protocol that speaks in lines: commands and replies have 512 (RFC 5321 4.5.3.1.4, RFC 2449 section 4), names in them
/// 256; of a longer one, a Kerberos token say, the beginning tells.
pub const LINE: usize = 2048;

/// Commands that wait for their replies: a group is what fits a send window (RFC 2920 3.1), a batch of mail has a hundred recipients.
pub const LINES_ASKED: usize = 256;

/// Logins of one connection that give rows: servers let go after three to six; more is one who guesses, of whom enough is known.
pub const LOGIN_ROWS: usize = 64;

/// Domains of senders and of recipients of one connection that are kept: a relay sends a batch to one domain, or to a few.
pub const SMTP_DOMAINS: usize = 32;

/// Bytes of one LDAP message that are read: a bind with a Kerberos ticket of many groups has some kB. Others pass unread.
pub const LDAP_MESSAGE: usize = 64 << 10;
/// Binds of one connection that give rows: pools bind again for each user whom they check.
pub const LDAP_ROWS: usize = 1024;
/// Binds of one connection that wait for their answers: RFC 4511 4.2.1 has a client wait for each.
pub const LDAP_WAITING: usize = 8;

/// Bytes of the packet with which SSH agrees on algorithms: the largest that everybody must take (RFC 4253 6.1).
pub const SSH_PACKET: usize = 35_000;
/// Lines that a server may send before its version string (RFC 4253 4.2), and weak algorithms that are named.
pub const SSH_LINES: usize = 64;
pub const SSH_WEAK: usize = 32;
/// Answers to a login that are looked at: servers close after six or ten, and a client that asks more often has been told apart by then.
pub const SSH_ANSWERS: u32 = 64;
/// Bytes of one answer: a banner has a few thousand at most, and what is longer is no login.
pub const SSH_ANSWER: u64 = 65_536;
/// Bytes by which a refusal, a list of methods, may be longer than what accepts the service; more is a banner (Zeek draws the line there too).
pub const SSH_REFUSAL: u64 = 256;
/// Nanoseconds after which what a server sends is no more part of its answer: far more than one write takes, less than a new process does.
pub const SSH_PAUSE: i64 = 5_000_000;

/// Characters of Basic credentials that are compared with documented ones, which are below 64 bytes.
pub const BASIC: usize = 128;

/// Bytes of the end of a line that a Telnet server says, and of one that is typed in answer: prompts and documented credentials are shorter.
pub const TELNET_LINE: usize = 64;
/// Bytes of one Telnet connection that are looked at before somebody is logged in: greetings and warnings are some kB, guesses a hundred bytes each.
pub const TELNET_BYTES: usize = 64 << 10;

/// Bytes of the name of a user, a database or a program in a login to a database: SQL Server has 128 letters (MS-TDS 2.2.6.4), others fewer.
pub const DATABASE_NAME: usize = 256;
/// Bytes of one packet of a login to MySQL: names, attributes of 64 kB at the most (MySQL, performance_schema_session_connect_attrs_size), a ticket.
pub const MYSQL_PACKET: usize = 64 << 10;
/// Attributes of one such login that are looked at: clients have a dozen.
pub const MYSQL_ATTRIBUTES: usize = 64;
/// Bytes of one message of a login to PostgreSQL: its server takes 10,000 of a startup, and 65,535 of a ticket (PG_MAX_AUTH_TOKEN_LENGTH).
pub const POSTGRESQL_MESSAGE: usize = 66 << 10;
/// Parameters of one such login that are looked at, and fields of an error: clients send a handful, errors have twenty.
pub const POSTGRESQL_PARAMETERS: usize = 64;
/// Bytes of one message of a login to SQL Server: 128 kB by MS-TDS 2.2.6.4, some kB in practice; a ticket of many groups has 64.
pub const TDS_MESSAGE: usize = 96 << 10;
/// Options of an agreement and features of a login that are looked at: MS-TDS knows a dozen of each.
pub const TDS_OPTIONS: usize = 32;
/// Tokens of one answer to a login: a dozen changes, a notice each.
pub const TDS_TOKENS: usize = 256;
