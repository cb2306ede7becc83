//! What a process used, from /proc.
use std::fs;

/// CPU time and memory.
pub struct Usage {
    pub cpu_seconds: f64,
    pub resident_mb: f64,
    pub peak_mb: f64,
}

impl Usage {
    /// Of the process with this id.
    pub fn of(pid: u32) -> Self {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        // Fields 14 and 15, counted behind the name, which may hold blanks; in ticks of 10 ms.
        let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
        let ticks = |at: usize| fields[at].parse::<f64>().unwrap();
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let mb = |key: &str| {
            let line = status.lines().find(|line| line.starts_with(key)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1_024.0
        };
        Self {
            cpu_seconds: (ticks(11) + ticks(12)) / 100.0,
            resident_mb: mb("VmRSS:"),
            peak_mb: mb("VmHWM:"),
        }
    }
}
