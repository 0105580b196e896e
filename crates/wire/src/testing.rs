//! For tests of parsers: plays a conversation to one session, cut as the test likes, and gives the rows back as plain values.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;

use crate::context::{Context, Ends, Identity, Output};
use crate::half::Half;
use crate::keys::Keys;
use crate::protocols::{Conversation, Dir, Session};

/// A row: column name to value as text (`-` for null, lists as `[a, b]`).
pub type PlainRow = BTreeMap<String, String>;

/// Rows by stream name; streams without rows are absent.
pub type PlainRows = BTreeMap<String, Vec<PlainRow>>;

/// Output with the key that golden tests use.
pub fn output() -> Output {
    Output::new(Keys::new(&[7u8; 32], "k1"), "test".to_owned())
}

/// The identity of a connection 10.0.0.1:40000 -> 10.0.0.2:`port`.
pub fn identity(port: u16, proto: u8) -> Identity {
    let host = |n: u128| 0xffff_0a00_0000u128 + n;
    Identity::new(
        Ends {
            orig: host(1),
            resp: host(2),
            orig_port: 40_000,
            resp_port: port,
            proto,
        },
        1_700_000_000_000_000_000,
        0,
    )
}

/// Plays `script` to `session`, each piece cut into parts of `cut` bytes; one millisecond between parts. Then both close.
pub fn play(session: &mut dyn Session, script: &[(Dir, &[u8])], cut: usize) -> PlainRows {
    let mut out = output();
    let mut identity = identity(104, 6);
    let mut halves = [Half::default(), Half::default()];
    let mut ts = 1_700_000_000_000_000_000;
    for (dir, bytes) in script {
        for part in bytes.chunks(cut.max(1)) {
            ts += 1_000_000;
            halves[*dir as usize].feed(session, *dir, part, ts, &mut identity, &mut out);
        }
    }
    for (half, dir) in halves.iter_mut().zip([Dir::Orig, Dir::Resp]) {
        half.cut(session, dir, &mut identity, &mut out);
    }
    let mut cx = Context {
        ts,
        offset: 0,
        identity: &mut identity,
        out: &mut out,
    };
    session.closed(Dir::Orig, &mut cx);
    session.closed(Dir::Resp, &mut cx);
    session.end(&mut cx);
    rows(&mut out)
}

/// Plays datagrams to `conversation`, one millisecond between them.
pub fn play_datagrams(conversation: &mut dyn Conversation, port: u16, script: &[(Dir, &[u8])]) -> PlainRows {
    let mut out = output();
    let mut identity = identity(port, 17);
    let mut ts = 1_700_000_000_000_000_000;
    for (n, (dir, bytes)) in script.iter().enumerate() {
        ts += 1_000_000;
        conversation.datagram(
            *dir,
            bytes,
            &mut Context {
                ts,
                offset: n as u64,
                identity: &mut identity,
                out: &mut out,
            },
        );
    }
    conversation.end(&mut Context {
        ts,
        offset: script.len() as u64,
        identity: &mut identity,
        out: &mut out,
    });
    rows(&mut out)
}

/// All waiting rows, taken out.
pub fn rows(out: &mut Output) -> PlainRows {
    let mut all = PlainRows::new();
    for table in out.tables() {
        if table.rows() > 0 {
            let name = table.spec().name.to_owned();
            all.entry(name).or_default().extend(plain(&table.finish()));
        }
    }
    all
}

/// A batch as plain rows.
pub fn plain(batch: &RecordBatch) -> Vec<PlainRow> {
    let schema = batch.schema();
    (0..batch.num_rows())
        .map(|n| {
            schema
                .fields()
                .iter()
                .zip(batch.columns())
                .map(|(f, c)| (f.name().clone(), value(c.as_ref(), n)))
                .collect()
        })
        .collect()
}

fn value(array: &dyn Array, n: usize) -> String {
    if array.is_null(n) {
        return "-".to_owned();
    }
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(n).to_owned(),
        DataType::Dictionary(..) => {
            let words = array.as_dictionary::<Int32Type>();
            value(words.values().as_ref(), words.keys().value(n) as usize)
        }
        DataType::Int64 => array.as_primitive::<Int64Type>().value(n).to_string(),
        DataType::Float64 => array.as_primitive::<Float64Type>().value(n).to_string(),
        DataType::Boolean => array.as_boolean().value(n).to_string(),
        DataType::Timestamp(..) => array.as_primitive::<TimestampMicrosecondType>().value(n).to_string(),
        DataType::List(_) => {
            let list = array.as_list::<i32>().value(n);
            let mut text = String::from("[");
            for i in 0..list.len() {
                let _ = write!(text, "{}{}", if i > 0 { ", " } else { "" }, value(list.as_ref(), i));
            }
            text.push(']');
            text
        }
        other => format!("{other:?}"),
    }
}
