//! The report: one line for each question, for people or as JSON.
#[cfg(test)]
mod tests;

use std::fmt::Write;

use serde::Serialize;

use super::cleanup::Left;
use super::facts::Facts;
use super::judge::{Finding, Verdict, judge};
use super::question::{Promise, Question};
use super::target::Target;

/// What the columns of the text mean.
const LEGEND: &str = "\
holds: the operator can rely on it; does not hold: see the line below it; unknown: not told
for: the promises P1 to P7 of docs/reliability.md, or its figures, that rest on it
";

/// The answers of a tenant.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The tenant's API.
    pub api_url: String,
    /// Client ID of the seed that asked.
    pub client_id: String,
    /// Identity id of the user, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// It was stopped before all was asked.
    pub stopped: bool,
    /// Number of lines by verdict.
    pub counts: Counts,
    /// One line for each question.
    pub lines: Vec<Line>,
    /// Tokens that may be left, and end by themselves.
    pub left: Vec<Left>,
}

/// Number of lines by verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// The operator can rely on it.
    pub holds: usize,
    /// The operator cannot.
    pub does_not_hold: usize,
    /// It is not known.
    pub unknown: usize,
}

/// A question and its answer.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// The question's id.
    pub id: &'static str,
    /// The question.
    pub question: &'static str,
    /// The answer in words.
    pub answer: String,
    /// The promises that rest on it.
    pub promises: &'static [Promise],
    /// `holds`, `does not hold` or `unknown`.
    pub verdict: &'static str,
    /// The operator's way around it or your part; or the reason why it is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

const HOLDS: &str = "holds";
const DOES_NOT_HOLD: &str = "does not hold";
const UNKNOWN: &str = "unknown";

/// Width of the text's notes.
const WIDTH: usize = 110;

impl Report {
    /// Judges all that was asked.
    pub fn new(target: &Target, facts: &Facts, left: Vec<Left>) -> Self {
        let mut lines = Vec::new();
        for question in Question::ALL {
            if let Some(finding) = judge(question, facts) {
                lines.push(Line::new(question, finding));
            }
        }
        Self {
            api_url: target.api.to_string(),
            client_id: target.seed.client_id.to_string(),
            user: facts.user(),
            stopped: facts.stopped,
            counts: Counts::of(&lines),
            lines,
            left,
        }
    }

    /// 0: everything holds; 1: something does not; 2: something is unknown, may be left, or was not
    /// asked before a stop.
    pub fn exit_code(&self) -> u8 {
        match (self.counts.does_not_hold, self.counts.unknown) {
            // A stop outweighs the rest: what was not asked may not hold.
            _ if self.stopped => 2,
            (0, 0) if self.left.is_empty() => 0,
            (0, _) => 2,
            _ => 1,
        }
    }

    /// One JSON document.
    pub fn json(&self) -> String {
        // It has neither maps with odd keys nor numbers out of range: it always serialises.
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
    }

    /// A table for people.
    pub fn text(&self) -> String {
        let widest = |text: fn(&Line) -> usize| self.lines.iter().map(text).max().unwrap_or(0);
        let (questions, promises) =
            (widest(|line| line.question.len()), widest(|line| line.promises().len()));
        let mut text = format!("{}, as the user of client ID {}\n\n", self.api_url, self.client_id);
        let row = |text: &mut String, verdict: &str, rests: &str, question: &str, answer: &str| {
            // Writing to a string cannot fail.
            let _ =
                writeln!(text, "{verdict:13}  {rests:promises$}  {question:questions$}  {answer}");
        };
        row(&mut text, "verdict", "for", "question", "answer");
        for line in &self.lines {
            row(&mut text, line.verdict, &line.promises(), line.question, &line.answer);
            for part in line.note.iter().flat_map(|note| wrapped(note)) {
                let _ = writeln!(text, "{:13}  {:promises$}    {part}", "", "");
            }
        }
        let Counts { holds, does_not_hold, unknown } = self.counts;
        let _ =
            writeln!(text, "\nholds: {holds}, does not hold: {does_not_hold}, unknown: {unknown}");
        text.push_str(LEGEND);
        for left in &self.left {
            let _ = writeln!(text, "\nmay be left: {left}");
        }
        text
    }
}

impl Counts {
    fn of(lines: &[Line]) -> Self {
        let count = |verdict: &str| lines.iter().filter(|line| line.verdict == verdict).count();
        Self { holds: count(HOLDS), does_not_hold: count(DOES_NOT_HOLD), unknown: count(UNKNOWN) }
    }
}

impl Line {
    fn new(question: Question, finding: Finding) -> Self {
        let (verdict, note) = match finding.verdict {
            Verdict::Holds => (HOLDS, None),
            Verdict::DoesNotHold(then) => (DOES_NOT_HOLD, Some(then)),
            Verdict::Unknown(why) => (UNKNOWN, Some(why)),
        };
        let (id, promises, answer) = (question.id(), question.promises(), finding.answer);
        Self { id, question: question.text(), answer, promises, verdict, note }
    }

    fn promises(&self) -> String {
        let names: Vec<&str> = self.promises.iter().map(|promise| promise.name()).collect();
        names.join(", ")
    }
}

/// A text in lines that a terminal shows whole.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() < WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
