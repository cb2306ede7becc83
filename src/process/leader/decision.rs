//! Decides who may hold the Lease, from what was seen and when, without I/O or clock.
use std::time::Duration;

use k8s_openapi::api::coordination::v1::LeaseSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use tokio::time::Instant;

/// The durations of the election.
#[derive(Clone, Copy, Debug)]
pub(in crate::process) struct LeaseTimes {
    /// The time for which a Lease that is not renewed keeps others out; written to it in whole
    /// seconds, rounded up.
    pub(in crate::process) duration: Duration,
    /// The time after which a leader that cannot renew gives up.
    pub(in crate::process) renew_deadline: Duration,
    /// Pause between two looks at the Lease.
    pub(in crate::process) retry: Duration,
}

impl LeaseTimes {
    /// True if a leader gives up before another may take over, and has a second try before that.
    pub(in crate::process) fn are_ordered(&self) -> bool {
        self.duration > self.renew_deadline && self.renew_deadline > self.retry
    }
}

/// The Lease as last read, and since when it has read so.
#[derive(Clone, Debug)]
pub(super) struct Sighting {
    /// The version that a write must be based on.
    pub(super) resource_version: String,
    pub(super) spec: LeaseSpec,
    /// The moment when this spec was seen first.
    pub(super) since: Instant,
}

/// The next step towards the Lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// There is none: create it.
    Create,
    /// It is free, silent for too long, or already this replica's: write it.
    Take,
    /// Another replica holds it.
    Wait,
}

impl Sighting {
    /// A Lease was read at `now`. The time seen so far counts on only while the spec stays the
    /// same.
    pub(super) fn update(
        previous: Option<&Self>,
        resource_version: String,
        spec: LeaseSpec,
        now: Instant,
    ) -> Self {
        let since = match previous {
            // By the spec, not by the version: an edit of a label is no sign of life of the holder.
            Some(previous) if previous.spec == spec => previous.since,
            Some(_) | None => now,
        };
        Self { resource_version, spec, since }
    }

    /// The replica that holds the Lease; `None`: it is free.
    pub(super) fn holder(&self) -> Option<&str> {
        match self.spec.holder_identity.as_deref() {
            None | Some("") => None,
            holder => holder,
        }
    }
}

/// Decides for `me` at `now`.
pub(super) fn decide(sighting: Option<&Sighting>, me: &str, now: Instant) -> Decision {
    let Some(sighting) = sighting else {
        return Decision::Create;
    };
    match sighting.holder() {
        None => Decision::Take,
        // A replica that restarted under its name need not wait for the end of its own term.
        Some(holder) if holder == me => Decision::Take,
        // By this clock and since this process saw it: the time stamps in the Lease are of another
        // machine.
        Some(_) if now.duration_since(sighting.since) >= term(&sighting.spec) => Decision::Take,
        Some(_) => Decision::Wait,
    }
}

/// The Lease as `me` writes it at wall-clock time `now`, which only people read.
pub(super) fn held(
    previous: Option<&LeaseSpec>,
    me: &str,
    duration: Duration,
    now: &MicroTime,
) -> LeaseSpec {
    let before = previous.cloned().unwrap_or_default();
    let is_mine = before.holder_identity.as_deref() == Some(me);
    let acquired = if is_mine { before.acquire_time.clone() } else { None };
    let transitions = before.lease_transitions.unwrap_or(0);
    // The first holder follows no other.
    let changes_hands = previous.is_some() && !is_mine;
    LeaseSpec {
        holder_identity: Some(me.to_owned()),
        lease_duration_seconds: Some(whole_seconds(duration)),
        acquire_time: acquired.or_else(|| Some(now.clone())),
        renew_time: Some(now.clone()),
        lease_transitions: Some(transitions.saturating_add(i32::from(changes_hands))),
        ..before
    }
}

/// The Lease as its holder leaves it: free at once.
pub(super) fn released(previous: &LeaseSpec, now: &MicroTime) -> LeaseSpec {
    LeaseSpec {
        holder_identity: None,
        // Zero is refused by the API server.
        lease_duration_seconds: Some(1),
        renew_time: Some(now.clone()),
        ..previous.clone()
    }
}

/// The time for which the holder keeps others out.
fn term(spec: &LeaseSpec) -> Duration {
    let seconds = spec.lease_duration_seconds.unwrap_or(0);
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

fn whole_seconds(duration: Duration) -> i32 {
    // Rounded up: with a shorter term another replica could lead before this one gives up.
    let seconds = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    i32::try_from(seconds).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: &str = "pod-0";

    fn spec(holder: Option<&str>, seconds: i32, renewed_at: i64) -> LeaseSpec {
        LeaseSpec {
            holder_identity: holder.map(Into::into),
            lease_duration_seconds: Some(seconds),
            renew_time: Some(at(renewed_at)),
            ..LeaseSpec::default()
        }
    }

    fn at(second: i64) -> MicroTime {
        MicroTime(jiff::Timestamp::from_second(second).unwrap())
    }

    fn seen(spec: LeaseSpec, since: Instant) -> Sighting {
        Sighting::update(None, "1".into(), spec, since)
    }

    #[tokio::test]
    async fn who_may_hold_the_lease() {
        let start = Instant::now();
        let after = |seconds: u64| start + Duration::from_secs(seconds);
        let other = spec(Some("pod-1"), 15, 0);
        let mut no_term = other.clone();
        no_term.lease_duration_seconds = None;
        for (sentence, lease, now, expected) in [
            ("no lease is created", None, start, Decision::Create),
            ("a free lease is taken", Some(spec(None, 15, 0)), start, Decision::Take),
            ("an empty holder is no holder", Some(spec(Some(""), 15, 0)), start, Decision::Take),
            (
                "my own is taken at once, also after a restart",
                Some(spec(Some(ME), 15, 0)),
                start,
                Decision::Take,
            ),
            ("another's is left alone", Some(other.clone()), start, Decision::Wait),
            ("and still just before its term ends", Some(other.clone()), after(14), Decision::Wait),
            ("silent for a whole term it is taken", Some(other.clone()), after(15), Decision::Take),
            ("a lease without a term protects nobody", Some(no_term), start, Decision::Take),
            ("nor does a negative one", Some(spec(Some("pod-1"), -5, 0)), start, Decision::Take),
        ] {
            let sighting = lease.map(|spec| seen(spec, start));
            assert_eq!(decide(sighting.as_ref(), ME, now), expected, "{sentence}");
        }
    }

    #[tokio::test]
    async fn silence_is_measured_from_the_last_change_seen_not_by_time_stamps() {
        let start = Instant::now();
        let later = start + Duration::from_secs(14);
        let first = seen(spec(Some("pod-1"), 15, 1_000_000), start);
        let same = Sighting::update(Some(&first), "2".into(), first.spec.clone(), later);
        assert_eq!((same.since, &*same.resource_version), (start, "2"));
        let renewed =
            Sighting::update(Some(&first), "3".into(), spec(Some("pod-1"), 15, 999_999), later);
        assert_eq!(renewed.since, later);
    }

    #[test]
    fn taking_over_counts_a_transition_and_renewing_does_not() {
        let created = held(None, "pod-1", Duration::from_millis(1500), &at(1));
        assert_eq!((created.lease_transitions, created.lease_duration_seconds), (Some(0), Some(2)));
        let renewed = held(Some(&created), "pod-1", Duration::from_secs(15), &at(2));
        assert_eq!(
            (renewed.lease_transitions, renewed.acquire_time, renewed.renew_time),
            (Some(0), Some(at(1)), Some(at(2)))
        );
        let taken = held(Some(&created), ME, Duration::from_secs(15), &at(3));
        assert_eq!((taken.lease_transitions, taken.acquire_time), (Some(1), Some(at(3))));
    }

    #[tokio::test]
    async fn a_released_lease_is_free_at_once() {
        let mine = held(None, ME, Duration::from_secs(15), &at(1));
        let now = Instant::now();
        let free = seen(released(&mine, &at(2)), now);
        assert_eq!(decide(Some(&free), "pod-1", now), Decision::Take);
    }
}
