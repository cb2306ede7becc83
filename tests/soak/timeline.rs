//! What happened outside of ISC, each thing noted behind the last entry that the simulator's record
//! had then.
//!
//! The record and the revisions of the API server are each in order by themselves. The notes join
//! them: nobody acts on a write before its reply has passed the proxy, and there it is noted behind
//! all that ISC had done by then.
use std::collections::HashSet;
use std::sync::Mutex;

use isc_simulator::Control;
use judge::What;
use serde_json::Value;
use tokio::time::Instant;

use crate::archive::{Kind, Revision, version};

/// One thing that happened.
pub struct Note {
    /// The last entry of the record before it.
    pub after: u64,
    /// ISC's time in milliseconds.
    pub at: i64,
    pub when: Instant,
    pub what: Noted,
}

/// What it was.
pub enum Noted {
    /// By now this revision is written.
    Written(u64),
    /// By now the object with this uid is gone.
    Gone(String),
    /// By now all watches have come to these revisions.
    Synced([(Kind, u64); 3]),
    /// The API server was away, and these objects are another now; so is the epoch, if an older
    /// state was put back.
    Found { epoch: u64, changed: Vec<Revision> },
    /// For the judge as it is.
    Told(What),
}

/// The notes that nobody has taken yet, and which writes were a person's.
pub struct Timeline {
    control: Control,
    notes: Mutex<Vec<Note>>,
    by_person: Mutex<HashSet<String>>,
}

impl Timeline {
    pub fn new(control: Control) -> Self {
        Self { control, notes: Mutex::default(), by_person: Mutex::default() }
    }

    /// ISC's time in milliseconds.
    pub fn now(&self) -> i64 {
        self.control.now().as_millisecond()
    }

    /// Notes it at this moment.
    pub fn note(&self, what: Noted) {
        let mut notes = self.notes.lock().unwrap();
        notes.push(Note {
            after: self.control.last_seq(),
            at: self.now(),
            when: Instant::now(),
            what,
        });
    }

    /// Tells the judge at this moment.
    pub fn tell(&self, what: What) {
        self.note(Noted::Told(what));
    }

    /// Notes what the API server answered to a successful write.
    pub fn written(&self, reply: &Value) {
        if let Some(write) = Write::of(reply) {
            self.note(write.noted());
        }
    }

    /// The same for a write of a person in this epoch.
    pub fn written_by_person(&self, epoch: u64, reply: &Value) {
        if let Some(write) = Write::of(reply) {
            self.by_person.lock().unwrap().insert(write.key(epoch));
            self.note(write.noted());
        }
    }

    /// Whether a person wrote this revision.
    pub fn is_by_person(&self, epoch: u64, revision: &Revision) -> bool {
        let by_person = self.by_person.lock().unwrap();
        let keys =
            [Write::Revision(revision.version()), Write::Deletion(revision.uid().to_owned())];
        let [written, gone] = keys.map(|write| by_person.contains(&write.key(epoch)));
        if revision.change == judge::Change::Deleted { gone } else { written }
    }

    /// Takes all notes out.
    pub fn take(&self) -> Vec<Note> {
        std::mem::take(&mut self.notes.lock().unwrap())
    }
}

/// What a reply says was written.
enum Write {
    Revision(u64),
    Deletion(String),
}

impl Write {
    fn of(reply: &Value) -> Option<Self> {
        if reply["kind"] == "Status" {
            return reply["details"]["uid"].as_str().map(|uid| Self::Deletion(uid.to_owned()));
        }
        let metadata = &reply["metadata"];
        let held = metadata["finalizers"].as_array().is_some_and(|all| !all.is_empty());
        if !metadata["deletionTimestamp"].is_null() && !held {
            return metadata["uid"].as_str().map(|uid| Self::Deletion(uid.to_owned()));
        }
        Some(version(reply)).filter(|version| *version > 0).map(Self::Revision)
    }

    fn key(&self, epoch: u64) -> String {
        match self {
            Self::Revision(version) => format!("{epoch}/{version}"),
            Self::Deletion(uid) => format!("{epoch}/{uid}"),
        }
    }

    fn noted(self) -> Noted {
        match self {
            Self::Revision(version) => Noted::Written(version),
            Self::Deletion(uid) => Noted::Gone(uid),
        }
    }
}
