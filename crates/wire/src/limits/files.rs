//! Bounds of what is seen of files that pass.

/// Files that are read at once, in one thread: each takes about 1.5 KiB, so 6 MiB. Of more the one that nothing has come of for longest is read no
/// further; what is left of it counts towards what its connection holds.
pub const FILES_OPEN: usize = 4096;

/// Bytes of one file that are hashed; a longer one has no hash, and of one that is known to be longer only the first bytes are read. Documents and
/// most of what infects are shorter. Reading all of every file made the ingest of a hospital's mix a fifth slower (0.6 s a gigabyte of files for
/// the hash alone where the processor helps, 3 s where it does not, and what passes unread costs nothing); so far it is a twentieth.
pub const FILE_READ: u64 = 4 << 20;

/// Bytes of a file below which its hash is not kept: of a few words, all that there can be could be tried out.
pub const FILE_HASHED_LEAST: u64 = 64;

/// Bytes of text that a server may give as a token or a password, and of a token that is not text (RFC 7519; what a field of a head has room for).
pub const FILE_WORDS: u64 = 4096;
pub const FILE_TOKEN: u64 = 16 << 10;

/// Bytes in which the word of an interface must show that it is a file: signatures have two to twelve.
pub const FILE_DOUBT: usize = 16;

/// Bytes at the beginning of each so many that the entropy is taken from: one page of sixteen costs a sixteenth, and shows what encrypts parts only.
pub const FILE_SAMPLE: u64 = 4096;
pub const FILE_SAMPLED: u64 = 64 << 10;

/// Files of one SMB connection that are read at once; those opened beyond give no row here. A copy has a few open, an indexer some dozens.
pub const FILES_SMB: usize = 64;

/// Bytes of one SMB connection that came before what stands before them in their file, and wait for it: servers answer four to six reads of 64 KiB
/// to 1 MiB in any order.
pub const SMB_EARLY: usize = 2 << 20;
/// And in how many pieces: they are looked through for each that comes.
pub const SMB_EARLY_PIECES: usize = 64;

/// Bytes of a part without its head by which it is seen how it is wrapped: less than a line of Base64 has (RFC 2045 6.8).
pub const FILE_GUESS: usize = 64;

/// Parts within parts of one message, and parts of one that give rows: mail has two or three levels, and some dozens of parts.
pub const MIME_DEPTH: usize = 8;
pub const MIME_PARTS: u64 = 256;

/// Bytes of one field of a part's head that stand together: RFC 5322 2.1.1 has lines of 998.
pub const MIME_FIELD: usize = 4096;

/// FTP data connections that were announced and have not begun, and control connections that are listened to for them: with lines that do not
/// end (2 KiB a side, and only where each side answers the other) 4 MiB. Nanoseconds that they are waited for: servers wait for a minute.
pub const FTP_AWAITED: usize = 1024;
pub const FTP_AWAITED_AGE: i64 = 60_000_000_000;

/// Bytes of a control connection that may be lost without its being taken for another's packet: a window that nobody has scaled.
pub const FTP_LOST: u32 = 65_535;

/// Lines of one packet of a control connection that are looked at for them: clients wait for nearly every reply.
pub const FTP_LINES: usize = 16;

/// Bytes of a text in which an exploit is looked for, and look-ups within each other: what is logged and can do harm stands at the beginning.
pub const EXPLOIT_TEXT: usize = 4096;
pub const EXPLOIT_DEPTH: usize = 32;
/// How often what is coded in a look-up, coded again, is looked at: published ones are coded once.
pub const EXPLOIT_CODED: usize = 2;

/// Bytes of a body of a request in which they are looked for, held until then: what is logged of it stands at the beginning, and most are shorter.
pub const EXPLOIT_BODY: usize = 8 << 10;
