//! What must hold of every row, whatever was parsed.

use std::cell::RefCell;
use std::collections::HashSet;

use arrow_array::cast::AsArray as _;
use arrow_array::{Array, RecordBatch};
use wire::context::Output;
use wire::limits;
use wire::testing::plain;

thread_local! {
    /// The tables of all streams, empty between two uses: to make them anew for every input would be most of the work.
    static OUTPUT: RefCell<Output> = RefCell::new(wire::testing::output());
}

/// Lets `play` write rows and looks at them.
pub fn checked(play: impl FnOnce(&mut Output)) {
    OUTPUT.with_borrow_mut(|out| {
        play(out);
        check(out);
    });
}

/// Takes the waiting rows out; panics if one is not as its stream says.
pub fn check(out: &mut Output) {
    for table in out.tables() {
        let rows = table.rows();
        if rows > 0 {
            let name = table.spec().name;
            let batch = table.finish();
            assert_eq!(batch.num_rows(), rows, "{name}: a row wrote a column twice or not at all");
            check_batch(name, &batch);
        }
    }
}

pub fn check_batch(stream: &str, batch: &RecordBatch) {
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        if let Err(why) = column.to_data().validate_full() {
            panic!("{stream}.{}: {why}", field.name());
        }
        check_sizes(stream, field.name(), column.as_ref());
    }
    // Rows of a connection that lives have its identity again and again.
    if !matches!(stream, "conn" | "stats") {
        let mut ids = HashSet::new();
        let column = batch.column(0).as_string::<i32>();
        if let Some(twice) = column.iter().flatten().find(|id| !ids.insert(*id)) {
            let mut rows = plain(batch);
            rows.retain(|row| row["event_id"] == twice);
            rows.iter_mut().for_each(|row| row.retain(|_, value| value != "-"));
            panic!("{stream}: rows have one identity: {rows:?}");
        }
    }
}

fn check_sizes(stream: &str, column: &str, cells: &dyn Array) {
    if let Some(texts) = cells.as_string_opt::<i32>() {
        for text in texts.iter().flatten() {
            assert!(
                text.chars().count() <= limits::TEXT,
                "{stream}.{column}: {} characters",
                text.chars().count()
            );
        }
    }
    if let Some(words) = cells.as_any_dictionary_opt() {
        check_sizes(stream, column, words.values().as_ref());
    }
    if let Some(lists) = cells.as_list_opt::<i32>() {
        for list in lists.iter().flatten() {
            assert!(list.len() <= limits::LIST, "{stream}.{column}: {} entries", list.len());
            check_sizes(stream, column, list.as_ref());
        }
    }
}
