//! Every bound on what the wire can make the sensor hold or do, each with its reason.

mod datagrams;
mod domain;
mod files;
mod logins;

pub use datagrams::*;
pub use domain::*;
pub use files::*;
pub use logins::*;

/// Bytes of one direction that are looked at before a connection is called unknown. All probes decide within the first message head; a TLS
/// record head is 5 bytes, an A-ASSOCIATE-RQ head 74, an HTTP request line rarely above 2 kB.
pub const PROBE_BYTES: usize = 4096;

/// Pieces of different directions in which these bytes are looked at, one by one; later neighbours of one direction count as one.
pub const PROBE_PIECES: usize = 64;

/// Datagrams looked at before a conversation over UDP is called unknown: each is a message of its own, so the first nearly always tells.
pub const PROBE_DATAGRAMS: u8 = 4;

/// Where the capture does not hold a connection's beginning, bytes of one direction that are searched together for the head of a message: two
/// TLS records of 16 KiB, the second of which proves the first.
pub const SEEK_WINDOW: usize = 40 << 10;
/// Bytes searched in a row: an HL7 message with a document, or SMB writes of 1 MiB, show a head in so many more often than not.
pub const SEEK_BYTES: u64 = 1 << 20;
/// Bytes passed over before the next search, doubled each time up to the second: a stream that nobody knows costs an eighth.
pub const SEEK_PAUSE: u64 = 512 << 10;
pub const SEEK_PAUSE_MOST: u64 = 8 << 20;

/// Bytes that a parser may ask to stand together (`Step::Need`). HL7 messages with embedded documents are the largest thing that is read
/// whole; 1 MiB holds all but those, and what is larger is read in pieces by its parser.
pub const PENDING: usize = 1 << 20;

/// Bytes held over all connections, out of order or pending; above it, the connection that asks for more loses what it holds.
pub const HELD_ALL: usize = 24 << 20;

/// Out-of-order bytes held for one direction of one connection: a 10 Gbit/s burst reordered by 200 microseconds.
pub const REORDER: usize = 256 << 10;

/// Out-of-order segments held for one direction: insertion stays cheap under a storm of one-byte segments.
pub const REORDER_SEGMENTS: usize = 256;

/// A hole that the receiver has acknowledged and that is older than this (nanoseconds) was lost by the mirror, not by the network.
pub const HOLE_AGE: i64 = 1_000_000_000;
/// A hole that is older than this is given up although no acknowledgement was seen: some mirrors carry one direction only, and interfaces of
/// one sensor may lag behind each other by seconds.
pub const HOLE_WAIT: i64 = 5_000_000_000;

/// Furthest that a segment may lie ahead of what was acknowledged: receivers offer windows of 6 to 16 MiB, RFC 7323 allows 1 GiB.
pub const WINDOW: i64 = 64 << 20;

/// Segments in a row, each continuing the one before, after which a stream is believed to go on outside of that: a stray one is none.
pub const FAR_SEGMENTS: u8 = 8;

/// Bytes shown last, over all connections, that retransmissions are compared with: of a megabit a second of messages the last two seconds. What
/// is written over and over has to stay in the second-level cache: four times as much cost a twelfth of all time.
pub const RECENT: usize = 256 << 10;

/// Connections remembered at once. A flood of one-packet connections must not take the memory of the box; the longest idle goes first.
pub const FLOWS: usize = 1 << 17;
/// Connections among which the longest idle is looked for when one has to go: of 8 it is among the oldest eighth with 65 %, and a flood, in
/// which one goes for each that comes, touches little memory.
pub const EVICTION_SAMPLE: usize = 8;
/// Connections that go together, because the next one will have to.
pub const EVICTED: usize = 16;

/// IPv4/IPv6 fragments: datagrams being put together at once, and bytes of each (RFC 791: 65,535).
pub const FRAGMENTED: usize = 1024;
pub const FRAGMENT_BYTES: usize = 65_535;
/// Pieces of one datagram: 65,535 / 1,480 is 45; four times that for small path MTUs.
pub const FRAGMENT_PIECES: usize = 192;
/// Bytes held over all datagrams being put together: no more than a hundred of the longest, a small part of the memory of the sensor.
pub const FRAGMENT_HELD: usize = 8 << 20;
/// Nanoseconds until an incomplete datagram is given up (RFC 791 and RFC 8200 say 60 s at the most).
pub const FRAGMENT_AGE: i64 = 30_000_000_000;

/// Nanoseconds of silence that end a connection: established TCP (an interface may pause for a day; keep-alive, where it is on at all, comes
/// every two hours in Linux and Windows; when too many are remembered the longest idle goes first), TCP that is half open or closed, UDP and ICMP (Zeek's defaults: 1 minute).
pub const IDLE_TCP: i64 = 86_400_000_000_000;
pub const IDLE_HALF_OPEN: i64 = 60_000_000_000;
pub const IDLE_CLOSED: i64 = 5_000_000_000;
pub const IDLE_OTHER: i64 = 60_000_000_000;

/// A connection that lives gives an interim row after the first of these, then one every second of these (nanoseconds).
pub const INTERIM_FIRST: i64 = 60_000_000_000;
pub const INTERIM_EVERY: i64 = 3_600_000_000_000;

/// Nanoseconds between two packets that are in step: as long as the longest silence that ends a connection. A stamp further off moves the clock
/// only when this many packets in a row are.
pub const CLOCK_STEP: u64 = 3_600_000_000_000;
pub const CLOCK_AGREE: usize = 16;

/// Rings of one interface: a core each; sixteen read more than any mirror port carries.
pub const LIVE_RINGS: usize = 16;
/// Batches between the threads that listen and the one that writes: when it falls behind, the rings hold the packets, and the kernel counts
/// what they cannot.
pub const LIVE_BATCHES: usize = 64;
/// Milliseconds without a packet after which a thread looks around, and after which all waiting rows leave.
pub const LIVE_WAIT_MS: u64 = 200;
pub const LIVE_FLUSH_MS: u64 = 1000;

/// Plain bytes of one segment of kept packets, held in memory until it is sealed: an eighth of a second at 1 Gbit/s, so that a disk is asked to
/// make something safe eight times a second and no more.
pub const KEPT_SEGMENT: usize = 16 << 20;
/// Bytes of one segment as it is read again: its head and tag, and a first packet of any length, come on top.
pub const KEPT_LARGEST: usize = KEPT_SEGMENT + (2 << 20);
/// Milliseconds after which a segment that is not full is sealed: what a crash takes of a quiet network.
pub const KEPT_AGE_MS: u64 = 60_000;
/// Full segments that wait for the disk: 96 MiB, at 1 Gbit/s a pause of three quarters of a second.
pub const KEPT_WAITING: usize = 6;
/// Milliseconds between two looks, where nothing comes, at whether kept packets are too old.
pub const KEPT_LOOK_MS: u64 = 10_000;
/// Bytes of the disk that kept packets leave free, whatever size they were allowed: the lake needs room to go on.
pub const KEPT_RESERVE: u64 = 1 << 30;
/// Plain bytes that an export holds at once. Segments overlap in time where rings work side by side: sixteen of them, twice.
pub const KEPT_MERGED: usize = 512 << 20;

/// Largest packet taken from a capture: libpcap's MAXIMUM_SNAPLEN.
pub const PACKET: usize = 262_144;

/// Bytes of one pcapng block that are read: the largest packet and room to spare; what is longer is longer by its options.
pub const BLOCK: usize = 1 << 20;

/// Packets of one time stamp that are remembered while several captures stand at it, so that copies are given once. A clock of whole
/// milliseconds gives a 10 Gbit/s link a few hundred packets the same time.
pub const SAME_TIME: usize = 1024;

/// Window of a Zstandard frame, which is memory per open capture: what `zstd --ultra` and `--long` make and `zstd -d` takes without being asked
/// (RFC 8878 section 3.1.1.1.2 asks for 8 MiB only).
pub const ZSTD_WINDOW: u64 = 128 << 20;

/// Interfaces in one pcapng section.
pub const INTERFACES: usize = 4096;

/// Time between two rows of `stats` (nanoseconds): often enough to see when trouble began, too seldom to weigh.
pub const STATS_EVERY: i64 = 60_000_000_000;
/// One packet in so many has its checksum looked at: a fault of a card or a mirror is in all packets or in none.
pub const CHECKSUM_EVERY: u64 = 64;
/// A packet that comes so much after a later one (nanoseconds) is late: interfaces or clocks do not agree.
pub const LATE: i64 = 1_000_000_000;
/// Longest frame that a network carries (jumbo frames of 9,216 bytes with two VLAN tags).
pub const FRAME: usize = 9_242;
/// A TCP connection that began so long after the sensor (nanoseconds) had a handshake that should have been seen.
pub const HANDSHAKE_AFTER: i64 = 300_000_000_000;
/// Packets of one side that make it strange that none of the other was seen: a client that is not answered sends SYNs only.
pub const ONE_WAY_PACKETS: u64 = 4;
/// Packets that are remembered to know their copies: 96 KiB, and 32 by which they are found; at 10 Gbit/s some milliseconds.
pub const COPIES: usize = 4096;
/// Furthest apart that copies come (nanoseconds), as far as the sender numbers its packets: the queue of a mirror port.
pub const COPY_AGE: i64 = 100_000_000;
/// The same where it does not: below the round trip after which anything is sent again.
pub const COPY_AT_ONCE: i64 = 1_000_000;

/// Longest message that is awaited for the agreement on what a connection turns into: a proxy's, a database's.
pub const UPGRADE_UNIT: usize = 2048;
/// Protocols within each other on one connection: a proxy, a mail service, TLS.
pub const TURNS: usize = 4;

/// Rows of one stream before they leave as a batch, and bytes of them.
pub const BATCH_ROWS: usize = 8_192;
pub const BATCH_BYTES: usize = 2 << 20;
/// Bytes that wait in all streams together: what comes seldom does not wait for thousands of its like, or a long run takes more than a short one.
pub const BATCHES_BYTES: usize = 4 << 20;

/// Characters of any one text cell: what identifies equipment is short; longer is an attack or a mistake.
pub const TEXT: usize = 256;

/// Digits in a row that make a number of a person out of part of a host name: patient numbers and dates of birth have six or more, the
/// numbers of rooms, models and machines within a house fewer.
pub const HOST_DIGITS: usize = 6;

/// Characters of one word of a User-Agent, a Server header or a DHCP class: product tokens with their versions stay below.
pub const PRODUCT_WORD: usize = 64;

/// Texts remembered as fit to be kept, a thread and kind: a hospital's busy hosts and browsers are fewer; 64 KiB at the most.
pub const MEMO: usize = 256;

/// Entries of any one list cell.
pub const LIST: usize = 256;

/// Characters that a pseudonym is made of.
pub const PSEUDONYM_INPUT: usize = 1024;

/// Nested encapsulations (VLAN tags, tunnels, extension headers) followed in one packet.
pub const NESTING: usize = 16;

/// Bytes of what a message says of persons that names of systems are compared with, repetitions of one such field, and the fewest characters of a
/// value that count: two patients with three ids each and their names are 200 bytes; three characters stand in any id by chance.
pub const PERSONAL: usize = 1024;
pub const PERSONAL_REPETITIONS: usize = 8;
pub const PERSONAL_SHORTEST: usize = 4;

// --- HL7 v2 ---

/// Bytes of one HL7 segment that may stand together: FT and TX fields may be 65,536 long (v2.5.1 2.A.31); documents in ED fields are longer
/// and pass unread. Also the bytes kept of a longer one: OBX has 30 fields (v2.9).
pub const HL7_SEGMENT: usize = 64 << 10;

/// Bytes kept of one field of a segment that does not stand together: sixteen devices in OBX-18 and ten patient numbers in PID-3 stay below.
pub const HL7_FIELD: usize = 2 << 10;

/// Fields of a segment whose places are noted at once: the last that is wanted of segments that most messages have is PID-19.
pub const HL7_FIELDS: usize = 20;

/// Bytes of MSH-1 to MSH-6 that are remembered from message to message: four names with their universal ids; longer ones are read each time.
pub const HL7_SENDER: usize = 256;

/// Segments that are set aside to be parsed together: enough that the code of a parser is fetched once for many, few enough that what they hold
/// stays in the first-level cache.
pub const ASIDE: usize = 32;

/// Connections of one segment that have ended and wait to become rows together: half a kilobyte each as a row.
pub const ENDED: usize = 128;
/// Messages that wait to become rows: more than come of so many segments, as a rule.
pub const WAITING_MESSAGES: usize = 64;

/// Messages of one direction that wait for their acknowledgement. Senders wait for each one (MLLP) or, where they do not, keep few on the way.
pub const HL7_OUTSTANDING: usize = 16;

/// Bytes of text kept of one message, over all columns: a full header and sixteen devices are under 2 KiB, the pseudonyms of [`HL7_PATIENTS`]
/// are 8 KiB.
pub const HL7_TEXT: usize = 12 << 10;

/// Patients of one message: merges name two a patient, a laboratory's report or the answer to a query for candidates some tens; as many as a
/// list cell holds.
pub const HL7_PATIENTS: usize = LIST;

/// Characters of one id or name in a message: MSH-10 is 20 up to v2.6 and 199 after, device identifiers (EUI-64, GS1) stay below 64.
pub const HL7_ID: usize = 64;

/// Equipment named by one message: a bedside gateway reports one patient's devices.
pub const HL7_DEVICES: usize = 16;

/// Different segment names counted in one message: the largest structures have about 40.
pub const HL7_SEGMENT_NAMES: usize = 64;
// DICOM (PS3.5, PS3.7, PS3.8).

/// Bytes of an A-ASSOCIATE-RQ or -AC that is read: 128 contexts with 20 transfer syntaxes each, every UID at its full 64 characters, are 180 kB.
pub const DICOM_ASSOCIATE: usize = 256 << 10;

/// Presentation contexts of one association: ids are the odd numbers to 255 (PS3.8 9.3.2.2).
pub const DICOM_CONTEXTS: usize = 128;

/// Transfer syntaxes of one presentation context: PS3.6 Table A-1 has 59.
pub const DICOM_TRANSFERS: usize = 64;

/// Length of a P-DATA-TF PDU. The field allows 4 GiB; nobody buffers above 2 GiB, so a longer one is a lie.
pub const DICOM_PDU: u32 = 1 << 31;

/// Bytes of one command set: a dozen fixed elements; only lists of attribute tags (PS3.7 Annex E, 0000,0901 and 0000,1005) are of any length.
pub const DICOM_COMMAND: usize = 16 << 10;

/// Bytes kept of one data element: identifiers and names have at most 64 characters of at most 4 bytes (PS3.5 6.2); lists of UIDs are longer.
pub const DICOM_VALUE: usize = 1024;

/// Elements looked at in the head of one data set: a key object that refers to 4,000 images has 16,000 before the patient's.
pub const DICOM_ELEMENTS: usize = 32_768;

/// Sequences within sequences (two a level: sequence and item). Structured reports nest deepest, after all that is wanted; 16 levels before it is an attack.
pub const DICOM_DEPTH: usize = 32;

/// Bytes inflated of one deflated data set before it is let go: heads are some kB, a deflate bomb is without end.
pub const DICOM_INFLATED: usize = 1 << 20;
// TLS.
/// Bytes of one handshake message that is put together from records: a chain of a few certificates with ML-DSA keys and signatures is 30 kB.
pub const TLS_HANDSHAKE: usize = 64 << 10;
/// Certificates of one chain that give rows: OpenSSL's default depth is 100, real chains have 2 to 5.
pub const TLS_CHAIN: usize = 16;
/// Bytes of one certificate that is taken apart: some thousand subjectAltNames.
pub const TLS_CERTIFICATE: usize = 32 << 10;

// --- HTTP and FHIR ---

/// Bytes of one head: servers allow 8 to 64 KiB (a Negotiate token with a large PAC is the longest real one).
pub const HTTP_HEAD: usize = 64 << 10;

/// Bytes of a chunk-size line with its extensions, or of a trailer field.
pub const HTTP_LINE: usize = 4096;

/// Requests of one connection that wait for their response: browsers pipeline 6 to 8 at the most.
pub const HTTP_OUTSTANDING: usize = 16;

/// Streams of one connection of HTTP/2 that are open at once, and those that ended early and are remembered: servers grant 100 to 250
/// (SETTINGS_MAX_CONCURRENT_STREAMS). A stream costs about 1 KiB.
pub const HTTP2_STREAMS: usize = 256;

/// Bytes of tables, heads and streams of one connection of HTTP/2 that do not count as held: two tables of 4 KiB and a page's two dozen streams.
pub const HTTP2_USUAL: usize = 32 << 10;

/// Bytes of one direction's HPACK table, whatever was agreed on: browsers and curl allow 64 KiB, servers 4 KiB. What is older is unknown.
pub const HTTP2_TABLE: usize = 64 << 10;

/// Bytes of all fields of one head as HTTP/2 counts them: of a block of [`HTTP_HEAD`], in which a byte may stand for an entry of the table.
/// Servers take 8 to 64 KiB.
pub const HTTP2_FIELDS: usize = 128 << 10;

/// Requests of one connection of HTTP/2 that were withdrawn unanswered, less those that were answered, of which there are rows: enough to see
/// a flood of them (CVE-2023-44487), too few to flood the lake. A viewer that is scrolled through withdraws some.
pub const HTTP2_RESETS: usize = 64;

/// Segments of a path and parameters of a query that are looked at.
pub const HTTP_SEGMENTS: usize = 24;
pub const HTTP_PARAMETERS: usize = 64;

/// Bytes of a body in which it must show that it is FHIR, if nothing but its format is known.
pub const FHIR_SNIFF: usize = 512;

/// Compressed bytes inflated at a time: deflate expands at most 1,032 times, so at most about 1 MiB stands at once.
pub const HTTP_INFLATE: usize = 1 << 10;

/// Bytes that a compressed body may make: of each compressed byte 128 (real bundles make 10 to 30; a bomb makes 1,032, so a megabyte of it
/// would take seconds), beyond the first, which a small body of repetitions may make, and in all: files of a bulk export are some hundred MB.
pub const HTTP_INFLATE_RATIO: usize = 128;
pub const HTTP_INFLATE_FREE: usize = 1 << 20;
pub const HTTP_INFLATED: usize = 512 << 20;

/// Nesting that is followed in JSON: FHIR resources in a Bundle stay below 20.
pub const FHIR_DEPTH: usize = 32;

/// Bytes of a name or an attribute's value in XML that may matter: identifiers, codes and namespaces stay far below.
pub const XML_VALUE: usize = 512;

/// Bytes of one JSON string that may matter, and characters of a name that is kept.
pub const FHIR_STRING: usize = 512;
pub const FHIR_TEXT: usize = 96;

/// Patients told apart in one body: as many as a hospital of 500 beds admits in a year; who took more took all. 9 bytes each.
pub const FHIR_PATIENTS: usize = 20_000;
// DNS.
/// Queries of one conversation that wait for an answer; more are given as unanswered, the oldest first. A stub resolver asks a handful at once.
pub const DNS_WAITING: usize = 64;
/// Pointers followed in one name (RFC 1035 4.1.4): compressors write one, some one a label; a chain of thousands, walked anew for every record,
/// would cost the square of the message.
pub const DNS_POINTERS: usize = 16;
// SMB (protocols/smb).

/// Requests of one connection without an answer. Servers grant 512 credits by default, 8,192 at the most (MS-SMB2 3.3.1.2); one row costs a few
/// hundred bytes, and a client that keeps more waiting than this loses only the oldest names.
pub const SMB_REQUESTS: usize = 1024;

/// Files open at once on one connection: indexers and backup agents hold hundreds; with its sample a file takes about 1 KiB.
pub const SMB_FILES: usize = 4096;

/// Files and requests of one connection that do not count as held, and bytes that each further one does: a workstation has some dozens open.
pub const SMB_USUAL: usize = 64;
pub const SMB_ENTRY: usize = 1024;

/// Shares and sessions of one connection: terminal servers carry the sessions of a hundred users over one.
pub const SMB_TREES: usize = 512;
pub const SMB_SESSIONS: usize = 512;

/// Dialects that one SMB1 NEGOTIATE may offer: Windows offers at most ten.
pub const SMB_DIALECTS: usize = 32;

/// Bytes of an SMB1 message that are read, data of reads and writes apart: sizes and offsets in it are 16 bits (MS-CIFS 2.2.4).
pub const SMB1_MESSAGE: usize = 65_536;

/// Commands in one SMB1 AndX chain: MS-CIFS 2.2.4 allows chains of at most a handful.
pub const SMB1_CHAIN: usize = 8;

/// Bytes at the start of a written file that its entropy is taken from: the head that ransomware always encrypts, one page.
pub const SMB_SAMPLE: usize = 4096;

/// Rows about malformed messages from one connection: enough to see what is wrong, too few to flood the lake.
pub const SMB_MALFORMED: u32 = 64;
/// Names of one message that are looked at for service types: a query that waits holds them, and a host offers a few.
pub const DNS_SERVICES: usize = 32;

// SDC (protocols/sdc).

/// Nesting that is followed in SOAP: an envelope, its body and a containment tree (Mdib, MdDescription, Mds, Vmd, Channel, Metric and its parts)
/// stay below 20.
pub const SDC_DEPTH: usize = 32;

/// Bytes of one text that may matter: scopes and addresses of a device fill a datagram of 4 kB at the most (SOAP-over-UDP 1.1, 5.1).
pub const SDC_VALUE: usize = 4096;

/// Characters of a name, a version or a serial number that are kept (DPWS 1.1 2.6: MAX_FIELD_SIZE is 256), and entries of one list: a
/// device has a dozen scopes and hosts nine services.
pub const SDC_TEXT: usize = 96;
pub const SDC_LIST: usize = 32;

/// Namespace prefixes in force at once: stacks declare the dozen that SDC has.
pub const SDC_PREFIXES: usize = 64;

/// Messages of one conversation over UDP of which copies are known: each is sent up to five times within a second (SOAP-over-UDP 1.1, A).
pub const SDC_COPIES: usize = 16;

// DICOMweb (protocols/dicomweb).

/// Media types and transfer syntaxes of one request that are looked at: viewers list three or four.
pub const DICOMWEB_ACCEPT: usize = 8;

// --- Laboratory: ASTM and POCT1 ---

/// Bytes of one ASTM frame: LIS01-A2 6.3 allows 64,000 with its overhead (E1381-95 allowed 247).
pub const ASTM_FRAME: usize = 64_000;

/// Bytes of one ASTM record that are read; histograms and images in R and M records are longer and of no interest here.
pub const ASTM_RECORD: usize = 64 << 10;

/// Patients of one ASTM or POCT1 message and as many specimens or orders: a day's work list has some hundred; as many as a list cell holds.
pub const LABORATORY_IDS: usize = LIST;

/// Components of one ASTM field that are looked at: makers put seven into H-5.
pub const ASTM_COMPONENTS: usize = 12;

/// Characters of a serial number and the fewest digits in a row that make one: models have three, years and versions stay apart by their form.
pub const SERIAL: usize = 24;
pub const SERIAL_DIGITS: usize = 4;

/// Bytes of one tag of a POCT1 message with the text before it that stand together: the largest values are notes of some hundred characters.
pub const POCT1_TAG: usize = 64 << 10;

/// Elements within elements of a POCT1 message: OBS within PT within SVC within the message make 6 with their attributes and notes.
pub const POCT1_DEPTH: u32 = 32;

/// POCT1 messages of one direction that wait for their acknowledgement: each is sent when the one before was answered (POCT01-A2 B.5).
pub const POCT1_OUTSTANDING: usize = 16;

// --- Authentication, remote screens and management: NTLM, RDP, RFB, SNMP ---

/// Pairs of one list of what an NTLM server says of itself: MS-NLMP 2.2.2.1 knows eleven.
pub const NTLM_PAIRS: usize = 16;

/// Bytes of one RDP packet before the connection is protected: the longest is the server's answer with a chain of certificates, some kB.
pub const RDP_PACKET: usize = 16 << 10;

/// Capabilities of Tight in one list of an RFB handshake: its registry has some thirty.
pub const RFB_CAPABILITIES: u32 = 64;

/// Bindings of one SNMP answer that are looked at: managers ask for the dozen that say what an agent is.
pub const SNMP_BINDINGS: usize = 64;

/// Bytes of an object identifier that are written out: 128 parts at the most (RFC 2578 3.5), those of `sysObjectID` have a dozen.
pub const SNMP_OBJECT: usize = 64;

/// Different communities of one SNMP conversation that are told apart: managers use one or two, who guesses uses as many as he has.
pub const SNMP_COMMUNITIES: usize = 64;

/// Packets, or datagrams handed to a thread, between two looks at whether a batch is due.
pub const STRIDE: usize = 256;

/// Captures of at least so many bytes are read with a thread a core: below, the threads cost more than they save.
pub const SPREAD: u64 = 32 << 20;

/// Cores that one run may use: one reads packets for about as many.
pub const CORES: usize = 8;

/// Of 256 parts of the work on connections, how many stay with the core that reads packets: so many that all have the same to do. Of the work on
/// a capture of a hospital, reading is a quarter, following connections seven tenths, writing rows the rest.
pub fn kept(cores: usize) -> u64 {
    (256u64 * 20 / cores.max(1) as u64).saturating_sub(256 * 5) / 14
}

/// Datagrams handed over at once, and how many such loads wait for a thread: so many that handing over costs little, and that a thread that has
/// much to do for a moment does not hold up the others; 9 MiB of full packets.
pub const LOAD_ITEMS: usize = 512;
pub const LOADS: usize = 16;
/// Bytes of datagrams that stand in no block, such as those put together of fragments, before they are handed over.
pub const LOAD_BYTES: usize = 256 << 10;

/// Batches of a core that wait for who writes them.
pub const BATCHES: usize = 4;
