//! What a run of the probe told, and a run that has not ended yet.
use std::collections::BTreeMap;
use std::process::Child;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::tenant::Tenant;

/// What a run told, and how it ended.
#[derive(Debug)]
pub struct Told {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Told {
    /// Verdict, answer and note of each line.
    pub fn lines(&self) -> BTreeMap<String, (String, String, Option<String>)> {
        let report: Value =
            serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let line = |line: &Value| {
            let (verdict, answer) =
                (text(&line["verdict"]).unwrap(), text(&line["answer"]).unwrap());
            (text(&line["id"]).unwrap(), (verdict, answer, text(&line["note"])))
        };
        report["lines"].as_array().unwrap().iter().map(line).collect()
    }

    /// Nothing but an error, in one line behind the plan.
    pub fn assert_error(&self, words: &[&str]) {
        assert_eq!((self.code, self.out.as_str()), (Some(2), ""), "{self:?}");
        let last = self.err.lines().last().unwrap_or_default();
        assert!(words.iter().all(|word| last.contains(word)), "{words:?}: {}", self.err);
    }
}

/// A run that has not ended; killed when dropped.
pub struct Running<'a> {
    tenant: &'a Tenant,
    child: Option<Child>,
}

impl<'a> Running<'a> {
    /// A child that was started elsewhere.
    pub fn of(tenant: &'a Tenant, child: Child) -> Self {
        Self { tenant, child: Some(child) }
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(self.child.as_ref().unwrap()), signal).unwrap();
    }

    /// Waits for its end.
    pub fn end(mut self) -> Told {
        let child = self.child.take().unwrap();
        self.tenant.told(&child.wait_with_output().unwrap())
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
