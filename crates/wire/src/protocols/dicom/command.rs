//! The command set of a DIMSE message: always implicit VR little endian. PS3.7 6.3 and Annex E.

use super::cursor::{le16, le32};

/// Command fields. PS3.7 E.1, (0000,0100).
pub const C_GET_RQ: u16 = 0x0010;
pub const C_FIND_RQ: u16 = 0x0020;
pub const C_MOVE_RQ: u16 = 0x0021;

/// Value of CommandDataSetType that says: no data set follows. PS3.7 E.1, (0000,0800).
const NO_DATA_SET: u16 = 0x0101;

/// One command set; the values point into the bytes it was read from.
#[derive(Debug, Default)]
pub struct Command<'a> {
    pub affected_sop_class: Option<&'a [u8]>,
    pub requested_sop_class: Option<&'a [u8]>,
    pub field: Option<u16>,
    pub message_id: Option<u16>,
    pub responded_to: Option<u16>,
    pub move_destination: Option<&'a [u8]>,
    pub priority: Option<u16>,
    pub data_set_type: Option<u16>,
    pub status: Option<u16>,
    pub error_comment: bool,
    pub error_id: Option<u16>,
    pub affected_instance: Option<&'a [u8]>,
    pub requested_instance: Option<&'a [u8]>,
    pub event_type: Option<u16>,
    pub action_type: Option<u16>,
    pub remaining: Option<u16>,
    pub completed: Option<u16>,
    pub failed: Option<u16>,
    pub warning: Option<u16>,
    pub move_originator: Option<&'a [u8]>,
    pub move_originator_message: Option<u16>,
    pub malformed: Option<&'static str>,
}

impl<'a> Command<'a> {
    /// Reads a whole command set, or as much of it as there is.
    pub fn read(bytes: &'a [u8]) -> Command<'a> {
        let mut command = Command::default();
        let mut rest = bytes;
        while !rest.is_empty() {
            let (Some(group), Some(element), Some(length)) = (le16(rest, 0), le16(rest, 2), le32(rest, 4)) else {
                command.malformed = Some("command set ends within an element");
                break;
            };
            let end = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(8);
            let Some(value) = rest.get(8..end) else {
                command.malformed = Some("command element longer than the command set");
                break;
            };
            if group == 0 {
                command.take(element, value);
            } else {
                command.malformed = Some("command set holds other groups");
            }
            rest = rest.get(end..).unwrap_or_default();
        }
        if command.field.is_none() {
            command.malformed = command.malformed.or(Some("command set without a command field"));
        }
        command
    }

    fn take(&mut self, element: u16, value: &'a [u8]) {
        match element {
            0x0002 => self.affected_sop_class = Some(value),
            0x0003 => self.requested_sop_class = Some(value),
            0x0100 => self.field = le16(value, 0),
            0x0110 => self.message_id = le16(value, 0),
            0x0120 => self.responded_to = le16(value, 0),
            0x0600 => self.move_destination = Some(value),
            0x0700 => self.priority = le16(value, 0),
            0x0800 => self.data_set_type = le16(value, 0),
            0x0900 => self.status = le16(value, 0),
            0x0902 => self.error_comment = !value.is_empty(),
            0x0903 => self.error_id = le16(value, 0),
            0x1000 => self.affected_instance = Some(value),
            0x1001 => self.requested_instance = Some(value),
            0x1002 => self.event_type = le16(value, 0),
            0x1008 => self.action_type = le16(value, 0),
            0x1020 => self.remaining = le16(value, 0),
            0x1021 => self.completed = le16(value, 0),
            0x1022 => self.failed = le16(value, 0),
            0x1023 => self.warning = le16(value, 0),
            0x1030 => self.move_originator = Some(value),
            0x1031 => self.move_originator_message = le16(value, 0),
            _ => {}
        }
    }

    pub fn has_data_set(&self) -> bool {
        self.data_set_type.is_some_and(|kind| kind != NO_DATA_SET)
    }

    /// Whether the data set asks (its values are matching keys) rather than tells.
    pub fn is_query(&self) -> bool {
        matches!(self.field, Some(C_FIND_RQ | C_GET_RQ | C_MOVE_RQ))
    }
}

/// Name of a command field. PS3.7 E.1.
pub fn name(field: u16) -> Option<&'static str> {
    Some(match field {
        0x0001 => "C-STORE-RQ",
        0x8001 => "C-STORE-RSP",
        C_GET_RQ => "C-GET-RQ",
        0x8010 => "C-GET-RSP",
        C_FIND_RQ => "C-FIND-RQ",
        0x8020 => "C-FIND-RSP",
        C_MOVE_RQ => "C-MOVE-RQ",
        0x8021 => "C-MOVE-RSP",
        0x0030 => "C-ECHO-RQ",
        0x8030 => "C-ECHO-RSP",
        0x0100 => "N-EVENT-REPORT-RQ",
        0x8100 => "N-EVENT-REPORT-RSP",
        0x0110 => "N-GET-RQ",
        0x8110 => "N-GET-RSP",
        0x0120 => "N-SET-RQ",
        0x8120 => "N-SET-RSP",
        0x0130 => "N-ACTION-RQ",
        0x8130 => "N-ACTION-RSP",
        0x0140 => "N-CREATE-RQ",
        0x8140 => "N-CREATE-RSP",
        0x0150 => "N-DELETE-RQ",
        0x8150 => "N-DELETE-RSP",
        0x0FFF => "C-CANCEL-RQ",
        _ => return None,
    })
}

/// Name of a status. PS3.7 Annex C, and PS3.4 B.2.3, C.4.1.1.4, C.4.2.1.5 for the ranges that services share.
pub fn status_name(status: u16) -> Option<&'static str> {
    Some(match status {
        0x0000 => "Success",
        0x0001 => "Warning: Requested Optional Attributes Not Supported",
        0x0105 => "No Such Attribute",
        0x0106 => "Invalid Attribute Value",
        0x0107 => "Warning: Attribute List Error",
        0x0110 => "Processing Failure",
        0x0111 => "Duplicate SOP Instance",
        0x0112 => "No Such SOP Instance",
        0x0113 => "No Such Event Type",
        0x0114 => "No Such Argument",
        0x0115 => "Invalid Argument Value",
        0x0116 => "Warning: Attribute Value Out of Range",
        0x0117 => "Invalid Object Instance",
        0x0118 => "No Such SOP Class",
        0x0119 => "Class-Instance Conflict",
        0x0120 => "Missing Attribute",
        0x0121 => "Missing Attribute Value",
        0x0122 => "Refused: SOP Class Not Supported",
        0x0123 => "No Such Action Type",
        0x0124 => "Refused: Not Authorized",
        0x0210 => "Duplicate Invocation",
        0x0211 => "Unrecognized Operation",
        0x0212 => "Mistyped Argument",
        0x0213 => "Resource Limitation",
        0xA701 => "Refused: Out of Resources - Unable to Calculate Number of Matches",
        0xA702 => "Refused: Out of Resources - Unable to Perform Sub-operations",
        0xA801 => "Refused: Move Destination Unknown",
        0xA700..=0xA7FF => "Refused: Out of Resources",
        0xA900..=0xA9FF => "Error: Data Set Does Not Match SOP Class",
        0xB000..=0xBFFF => "Warning",
        0xC000..=0xCFFF => "Error: Cannot Understand or Unable to Process",
        0xFE00 => "Cancel",
        0xFF00 => "Pending",
        0xFF01 => "Pending: Optional Keys Not Supported",
        _ => return None,
    })
}
