//! The stages that many tests of one process share; each test has a tenant and a namespace of its
//! own on them.
use isc_simulator::Options;
use tokio::sync::OnceCell;

use crate::stage::Stage;

/// Flags of an operator that looks at ISC every other second.
pub const WATCHFUL: [&str; 7] = [
    "--drift-interval=2s",
    "--secret-poll=1s",
    "--recheck=1s",
    "--list-lag=1s",
    "--vanish-after=2s",
    "--backoff-first=1s",
    "--outage-told-after=1ms",
];
/// Flags of one that also looks at once at what ISC needs time for, or NERM.
const ATTENTIVE: [&str; 7] = [
    "--drift-interval=3s",
    "--secret-poll=2s",
    "--recheck=1s",
    "--list-lag=1s",
    "--scope-lag=1s",
    "--backoff-first=1s",
    "--outage-told-after=1ms",
];
/// Flags of one for which an attempt is final after seconds, and which asks ISC all the time.
const HURRIED: [&str; 8] = [
    "--attempt-expiry=20s",
    "--list-lag=1s",
    "--list-max-age=3s",
    "--backoff-first=1s",
    "--drift-interval=4s",
    "--recheck=1s",
    "--secret-poll=1s",
    "--outage-told-after=1ms",
];

impl Stage {
    /// The stage that most tests share.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Stage> = OnceCell::const_new();
        SHARED
            .get_or_init(|| {
                Self::running(&["--secret-poll=1s", "--recheck=2s", "--outage-told-after=1ms"])
            })
            .await
    }

    /// Likewise, with an operator that looks at ISC every other second.
    pub async fn watchful() -> &'static Self {
        static SHARED: OnceCell<Stage> = OnceCell::const_new();
        SHARED.get_or_init(|| Self::running(&WATCHFUL)).await
    }

    /// Likewise, with one for which an attempt is final after seconds.
    pub async fn hurried() -> &'static Self {
        static SHARED: OnceCell<Stage> = OnceCell::const_new();
        SHARED.get_or_init(|| Self::running(&HURRIED)).await
    }

    /// Likewise, with one that also looks at once whether scopes count and NERM accepts, and an ISC
    /// that speaks https too.
    pub async fn attentive() -> &'static Self {
        static SHARED: OnceCell<Stage> = OnceCell::const_new();
        let start = async || {
            let isc = Options { tenants: Vec::new(), ..Options::with_https() };
            let stage = Self::before(isc, &ATTENTIVE).await;
            stage.start_operator();
            stage
        };
        SHARED.get_or_init(start).await
    }

    /// A stage of one's own, its operator running.
    pub async fn running(flags: &[&str]) -> Self {
        let stage = Self::set(flags).await;
        stage.start_operator();
        stage
    }
}
