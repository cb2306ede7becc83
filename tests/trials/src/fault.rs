//! What can go wrong with one request, and with which requests it can.
use std::time::Duration;

use isc_simulator::Hostile;

use crate::call::{Side, Site};

/// One thing that goes wrong with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection breaks and nothing has happened.
    ErrorBefore,
    /// It takes effect and is answered with an error of the server.
    ErrorAfter,
    /// It takes effect and the connection breaks.
    LostReply,
    /// Its sender gives up; it takes effect after this time all the same.
    Late(Duration),
    /// It takes effect, and after this time once more.
    Duplicate(Duration),
    /// Nothing happens and nobody answers.
    Stall,
    /// The replica ends before it is sent.
    CrashBefore,
    /// The replica ends once it is sent; it takes effect.
    CrashAfter,
    /// It is refused with this status. Of a 429, ISC wants to be left alone for this many seconds.
    Status(u16, u64),
    /// What it reads is this old.
    Stale(Duration),
    /// It takes effect, and the body of the reply is spoilt.
    Hostile(Hostile),
}

/// Replies that a proxy or another API gives in the place of ISC.
const STRANGERS: [Hostile; 2] = [Hostile::PlainText, Hostile::AnotherApi];

/// Bodies that a reply may have instead of its own; each is over at once.
const BODIES: [Hostile; 10] = [
    Hostile::Html,
    Hostile::Empty,
    Hostile::Null,
    Hostile::Truncated,
    Hostile::WrongShape,
    Hostile::Duplicates,
    Hostile::WithoutSentinel,
    Hostile::OtherOwner,
    Hostile::AlteredName,
    Hostile::SecretMissing,
];

impl Fault {
    /// Every kind of fault that a request from this site can meet; `late` is how late a late effect
    /// is.
    pub fn applicable(site: &Site, late: Duration) -> Vec<Self> {
        let mut all = vec![
            Self::ErrorBefore,
            Self::LostReply,
            Self::Stall,
            Self::CrashBefore,
            Self::CrashAfter,
        ];
        if site.writes() {
            all.extend([
                Self::ErrorAfter,
                Self::Late(late),
                Self::Duplicate(Duration::from_secs(2)),
            ]);
        }
        let codes: &[u16] = match site.side {
            Side::Kubernetes => &[401, 403, 404, 409, 429, 500, 503, 504],
            Side::Isc => &[400, 401, 403, 404, 409, 429, 500, 502, 503],
        };
        // A 404 on a collection, or to a creation, is no answer that either server gives.
        all.extend(codes.iter().map(|code| Self::Status(*code, 7)));
        match (site.side, site.what.as_str()) {
            (Side::Kubernetes, what) if what.starts_with("watch") => {
                all.push(Self::Stale(Duration::from_secs(90)));
            }
            (Side::Isc, "list") => {
                all.push(Self::Stale(Duration::from_secs(100)));
                let bodies = BODIES[..8].iter().chain(&STRANGERS).chain(&[Hostile::OddFields]);
                all.extend(bodies.map(|body| Self::Hostile(*body)));
            }
            (Side::Isc, "create") => {
                // The words of another API are only said of a POST that did not arrive: as good as
                // a 403.
                let bodies = BODIES.iter().filter(is_for_one).chain(&STRANGERS[..1]);
                all.extend(bodies.map(|body| Self::Hostile(*body)));
            }
            (Side::Isc, _) => {
                all.extend(BODIES[..5].iter().chain(&STRANGERS).map(|body| Self::Hostile(*body)));
            }
            _ => {}
        }
        all
    }

    /// Whether it is one of those that pairs are made of: crash, loss, late, stall.
    pub fn is_of_pairs(&self) -> bool {
        matches!(
            self,
            Self::CrashBefore | Self::CrashAfter | Self::LostReply | Self::Late(_) | Self::Stall
        )
    }

    /// Its kind in a word, for the table of what was covered.
    pub fn kind(&self) -> String {
        match self {
            Self::ErrorBefore => "error before".into(),
            Self::ErrorAfter => "error after".into(),
            Self::LostReply => "lost reply".into(),
            Self::Late(_) => "late".into(),
            Self::Duplicate(_) => "duplicate".into(),
            Self::Stall => "stall".into(),
            Self::CrashBefore => "crash before".into(),
            Self::CrashAfter => "crash after".into(),
            Self::Status(code, _) => code.to_string(),
            Self::Stale(_) => "stale".into(),
            Self::Hostile(body) => format!("{body:?}"),
        }
    }
}

fn is_for_one(body: &&Hostile) -> bool {
    !matches!(body, Hostile::Duplicates | Hostile::WithoutSentinel)
}
