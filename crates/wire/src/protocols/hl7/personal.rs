//! What a segment says of persons.

use super::segment::{Fields, Segment};
use crate::limits;
use crate::protocols::personal::Personal;
use crate::text::pieces;

/// Takes what identifies persons and their orders from a segment: PID-2 to 5, 7, 18 and 19 (3.4.2), MRG-1 to 3 (3.4.9), order numbers
/// (4.5.1, 4.5.3), the subject of a query (QRD-8).
pub fn take(personal: &mut Personal, name: [u8; 3], segment: &Segment<'_>, fields: &Fields<'_>) {
    let wanted: &[usize] = match &name {
        b"PID" => &[2, 3, 4, 5, 7, 18, 19],
        b"MRG" => &[1, 2, 3],
        b"ORC" | b"OBR" => &[2, 3],
        b"QRD" => &[8],
        _ => return,
    };
    for (number, field) in wanted.iter().filter_map(|number| Some((*number, fields.get(*number)?))) {
        for one in segment.repetitions(field).take(limits::PERSONAL_REPETITIONS) {
            // Of a name family and given name, of an identifier the identifier.
            let parts = if matches!((&name, number), (b"PID", 5)) { 2 } else { 1 };
            // Of a time of birth the date.
            let most = if matches!((&name, number), (b"PID", 7)) { 8 } else { usize::MAX };
            for part in pieces(one, segment.by.component).take(parts) {
                personal.add(part.get(..most).unwrap_or(part));
            }
        }
    }
}
