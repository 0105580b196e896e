//! One DIMSE message while its fragments come, and the row it becomes. PS3.7 chapter 6, PS3.8 Annex E.

use super::association::Association;
use super::command::{self, Command};
use super::dataset::{self, DataSet, Found, Purpose};
use super::uids::{encoding, sop_class, uid};
use super::DicomMessage;
use crate::context::Context;
use crate::exploits;
use crate::hostname::title;
use crate::limits;
use crate::protocols::Dir;
use crate::text::clean;

/// A message of one direction. One is reused for all: only one is under way at a time (PS3.8 Annex E).
#[derive(Default)]
pub struct Message {
    pub open: bool,
    /// The command set is whole, a data set follows.
    pub awaits_data: bool,
    pub partial: bool,
    ts: i64,
    at: u64,
    context: u8,
    command: Vec<u8>,
    data_set: Option<DataSet>,
    data_bytes: u64,
    found: Found,
    malformed: Option<&'static str>,
}

impl Message {
    /// Begins at stream offset `at`, seen at `ts`, in presentation context `context`.
    pub fn begin(&mut self, at: u64, ts: i64, context: u8) {
        self.command.clear();
        self.found.clear();
        (self.open, self.awaits_data, self.partial) = (true, false, false);
        (self.at, self.ts, self.context) = (at, ts, context);
        (self.data_set, self.data_bytes, self.malformed) = (None, 0, None);
    }

    pub fn note(&mut self, reason: &'static str) {
        self.malformed = self.malformed.or(Some(reason));
    }

    /// A piece of the command set.
    pub fn command(&mut self, bytes: &[u8]) {
        let room = limits::DICOM_COMMAND.saturating_sub(self.command.len());
        self.command.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        if bytes.len() > room {
            self.note("command set longer than 16 KiB");
        }
    }

    /// The command set is whole. Says whether the message is.
    pub fn command_ends(&mut self, association: &Association) -> bool {
        let command = Command::read(&self.command);
        if !command.has_data_set() {
            return true;
        }
        let purpose = if command.is_query() { Purpose::Query } else { Purpose::Object };
        self.data_set = Some(DataSet::new(encoding(association.transfer_syntax(self.context)), purpose));
        self.awaits_data = true;
        false
    }

    /// A fragment of the data set begins, `bytes` long.
    pub fn fragment(&mut self, context: u8, bytes: u64) {
        self.data_bytes = self.data_bytes.saturating_add(bytes);
        if context != self.context {
            self.note("data set in another presentation context");
        }
    }

    /// A piece of the data set; says how many of the bytes after it need not be shown.
    pub fn data(&mut self, bytes: &[u8]) -> u64 {
        match self.data_set.as_mut() {
            Some(data_set) => {
                data_set.push(bytes, &mut self.found);
                data_set.ahead()
            }
            None => u64::MAX,
        }
    }

    pub fn passed(&mut self, count: u64) {
        if let Some(data_set) = self.data_set.as_mut() {
            data_set.passed(count);
        }
    }

    /// Bytes of it were lost: what was read stands, nothing more is read.
    pub fn lossy(&mut self) {
        self.partial = true;
        if let Some(data_set) = self.data_set.as_mut() {
            data_set.stop();
        }
    }

    /// Gives the row and is free for the next message.
    pub fn emit(&mut self, association: &mut Association, dir: Dir, cx: &mut Context<'_>) {
        let command = Command::read(&self.command);
        let found = |tag: u32| self.found.get(tag);
        let (charset, personal) = (self.found.charset(), &self.found.personal);
        association.withhold(personal);
        // What names equipment is kept only if it holds nothing of what the data set tells of its patient.
        let plain = |tag: u32| found(tag).filter(|value| !personal.is_in(charset.decode(value).as_bytes()));
        let text = |tag: u32| plain(tag).and_then(clean);
        // What people enter: codes and names of rooms and machines, or whatever they think of.
        let titled = |tag: u32| text(tag).map(|t| title(&t).into_owned());
        let pseudonym = |value: Option<&[u8]>| value.and_then(|v| cx.pseudonym_in(charset, v));
        let affected_class = command.affected_sop_class.or_else(|| found(dataset::SOP_CLASS_UID)).and_then(uid);
        let requested_class = command.requested_sop_class.and_then(uid);
        let instance = pseudonym(command.affected_instance.or_else(|| found(dataset::SOP_INSTANCE_UID)));
        let requested_instance = pseudonym(command.requested_instance);
        let [patient, study, accession] =
            [dataset::PATIENT_ID, dataset::STUDY_INSTANCE_UID, dataset::ACCESSION_NUMBER].map(|tag| pseudonym(found(tag)));
        let [modality, station] = [dataset::MODALITY, dataset::STATION_NAME].map(titled);
        let [manufacturer, model] = [dataset::MANUFACTURER, dataset::MANUFACTURER_MODEL_NAME].map(text);
        let [serial, software] = [dataset::DEVICE_SERIAL_NUMBER, dataset::SOFTWARE_VERSIONS].map(text);
        let [destination, originator] = [command.move_destination, command.move_originator].map(|title| {
            title
                .filter(|t| t.len() <= 16 && dataset::plain(t) && !personal.is_in(t))
                .and_then(clean)
        });
        let mut signs = self.found.signs;
        signs.join(exploits::of_field(&self.command));
        let described = command.has_data_set() && !command.is_query();
        let row = DicomMessage {
            calling_ae: association.calling_ae(),
            called_ae: association.called_ae(),
            context_id: Some(i64::from(self.context)),
            is_orig: Some(association.is_requestor(dir)),
            abstract_syntax: association.abstract_syntax(self.context),
            transfer_syntax: association.transfer_syntax(self.context),
            affected_sop_class_uid: affected_class,
            sop_class_name: affected_class.or(requested_class).and_then(sop_class),
            affected_sop_instance: instance.as_deref(),
            requested_sop_class_uid: requested_class,
            requested_sop_instance: requested_instance.as_deref(),
            move_destination: destination.as_deref(),
            move_originator_ae: originator.as_deref(),
            query_level: found(dataset::QUERY_RETRIEVE_LEVEL).and_then(level),
            query_keys: self.found.keys.iter().map(Into::into).collect(),
            modality: modality.as_deref(),
            manufacturer: manufacturer.as_deref(),
            model: model.as_deref(),
            serial: serial.as_deref(),
            software_versions: software.as_deref(),
            station_name: station.as_deref(),
            device_uid: plain(dataset::DEVICE_UID).and_then(uid),
            institution_present: described.then(|| found(dataset::INSTITUTION_NAME).and_then(clean).is_some()),
            patient: patient.as_deref(),
            study: study.as_deref(),
            accession: accession.as_deref(),
            dataset_bytes: i64::try_from(self.data_bytes).ok(),
            marks: signs.marks().collect(),
            partial: Some(self.partial),
            // A command set that was cut off by the capture is not the sender's fault.
            malformed: self
                .malformed
                .or(command.malformed.filter(|_| !self.partial))
                .or(self.found.malformed),
            ..numbers(&command)
        };
        cx.emit(self.ts, dir, self.at, &row);
        (self.open, self.awaits_data, self.data_set) = (false, false, None);
        self.found.clear();
    }
}

/// The columns that a command set gives as numbers.
fn numbers(command: &Command<'_>) -> DicomMessage<'static> {
    let int = |value: Option<u16>| value.map(i64::from);
    DicomMessage {
        command: command.field.and_then(command::name),
        command_field: int(command.field),
        message_id: int(command.message_id),
        responded_to_id: int(command.responded_to),
        status: int(command.status),
        status_name: command.status.and_then(command::status_name),
        priority: int(command.priority),
        event_type_id: int(command.event_type),
        action_type_id: int(command.action_type),
        error_id: int(command.error_id),
        error_comment_present: Some(command.error_comment),
        move_originator_message_id: int(command.move_originator_message),
        remaining: int(command.remaining),
        completed: int(command.completed),
        failed: int(command.failed),
        warning: int(command.warning),
        ..DicomMessage::default()
    }
}

/// The level asked for. PS3.4 C.3; any other text is not kept.
fn level(value: &[u8]) -> Option<&'static str> {
    let value = value.trim_ascii();
    ["PATIENT", "STUDY", "SERIES", "IMAGE", "FRAME"]
        .into_iter()
        .find(|level| value.eq_ignore_ascii_case(level.as_bytes()))
}
