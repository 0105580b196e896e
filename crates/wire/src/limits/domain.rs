//! Bounds of what Windows domains speak: remote procedure calls, Kerberos.

/// Bytes of one bind of DCE/RPC, or of its answer, that are read: fragments have 5,840 (MS-RPCE 2.2.2.1), of which a ticket in it takes most.
pub const DCE_RPC_BIND: usize = 8 << 10;
/// Bytes of one call that are read: its head, and of the few calls whose arguments say something two names of machines.
pub const DCE_RPC_CALL: usize = 512;
/// Interfaces that one client binds to over one connection: a DCOM client has a dozen; and those that one bind may offer.
pub const DCE_RPC_CONTEXTS: usize = 64;
/// Calls of one connection that wait for their answers: a pipe has one, a connection over TCP as many as the client has threads in it.
pub const DCE_RPC_CALLS: usize = 32;
/// Kinds of calls (operation and what came of it) of one connection that are told apart: managing a host takes some dozens.
pub const DCE_RPC_KINDS: usize = 64;
/// Rows of one connection, or pipe, between two interim rows: managing a host takes some dozens. All further calls are one row.
pub const DCE_RPC_ROWS: usize = 1024;
/// Pipes of one connection over SMB that are listened to at once: a client opens one for each service, tools some dozens.
pub const DCE_RPC_PIPES: usize = 64;
/// Bytes of one message to or from a pipe that are looked at: the largest fragment there is (its length has 16 bits), and one more.
pub const DCE_RPC_MESSAGE: usize = 128 << 10;

/// Bytes of one Kerberos message over TCP: a ticket with the groups of a user has 48,000 at the most (MaxTokenSize), and a request two.
pub const KERBEROS_MESSAGE: usize = 128 << 10;
/// Fields of one structure of Kerberos, and entries of one list: clients offer eight ciphers and send six kinds of proof.
pub const KERBEROS_FIELDS: usize = 32;
/// Requests of one conversation that wait: a client waits for each answer.
pub const KERBEROS_WAITING: usize = 8;
/// Bytes of one part of a principal's name that make its pseudonym: names of hosts have 253.
pub const KERBEROS_NAME: usize = 256;
