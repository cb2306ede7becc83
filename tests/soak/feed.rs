//! The feed brings record, revisions and notes into one order and reads it to the judge, a moment
//! after it happened.
use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::sync::Arc;
use std::time::Duration;

use isc_simulator::{Control, Entry};
use judge::{Actor, Judge, Object, Observation, Token, What};
use tokio::time::Instant;

use crate::archive::{Archive, Revision};
use crate::timeline::{Note, Noted, Timeline};

/// How late the feed is: the watches have brought by then what they will bring.
pub const LAG: Duration = Duration::from_secs(3);
/// A revision that was written comes by a watch within this time, or there is no order.
const PATIENCE: Duration = Duration::from_secs(30);

/// The feed of one round.
pub struct Feed {
    pub judge: Judge,
    control: Control,
    archive: Arc<Archive>,
    timeline: Arc<Timeline>,
    notes: VecDeque<Note>,
    entries: VecDeque<Entry>,
    fetched: u64,
    epoch: u64,
    at: i64,
    trace: Vec<String>,
    file: BufWriter<File>,
}

impl Feed {
    pub fn new(
        judge: Judge,
        control: Control,
        archive: Arc<Archive>,
        timeline: Arc<Timeline>,
        file: File,
    ) -> Self {
        let (notes, entries) = (VecDeque::new(), VecDeque::new());
        let file = BufWriter::new(file);
        let (fetched, epoch, at, trace) = (control.last_seq(), 0, 0, Vec::new());
        Self { judge, control, archive, timeline, notes, entries, fetched, epoch, at, trace, file }
    }

    /// What was there before the first note.
    pub fn open(&mut self, objects: Vec<Revision>) {
        let at = self.timeline.now();
        objects.into_iter().for_each(|object| self.revision(at, object, Some(Actor::Person)));
    }

    /// Reads to the judge what happened before the last `lag`. An error: there is no order.
    pub fn work(&mut self, lag: Duration) -> Result<(), String> {
        self.notes.extend(self.timeline.take());
        let new = self.control.record_since(self.fetched);
        self.fetched += new.len() as u64;
        self.entries.extend(new);
        while let Some(note) = self.notes.front().filter(|note| note.when.elapsed() >= lag) {
            let (after, at, waited) = (note.after, note.at, note.when.elapsed());
            let first_behind = self.entries.partition_point(|entry| entry.seq <= after);
            let before: Vec<Entry> = self.entries.drain(..first_behind).collect();
            before.iter().for_each(|entry| self.entry(entry));
            let Some(revisions) = self.revisions_before_note() else {
                if waited < PATIENCE {
                    return Ok(());
                }
                return Err("a revision that was written did not come by its watch".into());
            };
            revisions.into_iter().for_each(|revision| self.revision(at, revision, None));
            if let Some(note) = self.notes.pop_front() {
                self.note(note);
            }
        }
        match self.archive.late().first() {
            Some(late) => Err(format!("a watch brought it too late: {late}")),
            None => Ok(()),
        }
    }

    /// The revisions that go before the first note; `None` while some of them are still to come.
    fn revisions_before_note(&self) -> Option<Vec<Revision>> {
        match &self.notes.front()?.what {
            Noted::Written(version) => self.archive.take(self.epoch, *version),
            Noted::Gone(uid) => match self.archive.deletion(self.epoch, uid)? {
                0 => Some(Vec::new()),
                version => self.archive.take(self.epoch, version),
            },
            Noted::Synced(all) => {
                let came = all
                    .iter()
                    .all(|(kind, version)| self.archive.has_seen(self.epoch, *kind, *version));
                let last = all.iter().map(|(_, version)| *version).max()?;
                came.then(|| self.archive.take(self.epoch, last))?
            }
            Noted::Found { .. } | Noted::Told(_) => Some(Vec::new()),
        }
    }

    fn note(&mut self, note: Note) {
        match note.what {
            Noted::Told(what) => self.observe(note.at, what),
            Noted::Found { epoch, changed } => {
                if std::mem::replace(&mut self.epoch, epoch) != epoch {
                    self.observe(note.at, What::Restored);
                }
                changed
                    .into_iter()
                    .for_each(|object| self.revision(note.at, object, Some(Actor::Cluster)));
            }
            Noted::Written(_) | Noted::Gone(_) | Noted::Synced(_) => {}
        }
    }

    fn revision(&mut self, at: i64, revision: Revision, by: Option<Actor>) {
        let person = self.timeline.is_by_person(self.epoch, &revision);
        let by = by.unwrap_or(if person { Actor::Person } else { Actor::Operator });
        let (kind, namespace, name) = revision.key();
        let object = Object {
            kind: kind.name().into(),
            namespace,
            name,
            content: revision.content,
            change: revision.change,
            by,
        };
        self.observe(at, What::Object(object));
    }

    fn entry(&mut self, entry: &Entry) {
        if let Some(token) = Token::of(entry) {
            self.observe(entry.at.as_millisecond(), What::Token(token));
        }
    }

    /// The clock of the record goes back where something expired unseen; that of the judge does
    /// not.
    fn observe(&mut self, at: i64, what: What) {
        self.at = self.at.max(at);
        let observation = Observation { at: self.at, what };
        let text = observation.what.to_string();
        let _ = writeln!(self.file, "{:>6} {observation}", self.trace.len());
        self.trace.push(text);
        for violation in self.judge.observe(observation) {
            eprintln!("soak: VIOLATION {violation}");
            for number in &violation.rests_on {
                eprintln!(
                    "soak:   {number:>6} {}",
                    self.trace.get(*number).map_or("", String::as_str)
                );
            }
            let _ = writeln!(self.file, "VIOLATION {violation}");
        }
    }

    /// The judge's last word, on all that was noted. `blocked`: see [`Judge::finish`].
    pub async fn finish(&mut self, blocked: &[(&str, &str)]) -> Result<(), String> {
        let began = Instant::now();
        while began.elapsed() < LAG * 2 {
            self.work(LAG)?;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let known = self.judge.violations().len();
        for violation in &self.judge.finish(self.timeline.now(), blocked)[known..] {
            eprintln!("soak: VIOLATION {violation}");
            let _ = writeln!(self.file, "VIOLATION {violation}");
        }
        self.file.flush().map_err(|error| format!("the trace could not be written: {error}"))
    }
}
