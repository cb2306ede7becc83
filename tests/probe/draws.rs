//! Random but possible tenants: what is said of each is held to what the simulator was told to do.
use std::thread;

use isc_simulator::{
    CheckToken, Dialect, ErrorStyle, ExpiresIn, OauthInfo, Presence, ReplyScope, ScopeClaim, Shown,
    Switches,
};

use crate::switches::ON_A_TOKEN;
use crate::tenant::Tenant;

/// How many are drawn.
const DRAWS: u64 = 48;
/// How many are probed at once: most of the time each one waits.
const AT_ONCE: usize = 8;

/// The tenant of a number. What is late is so late that no probe of a test waits for it.
fn drawn(number: u64) -> Switches {
    let mut switches = Switches::drawn_from(number);
    for delay in [&mut switches.list_lag_seconds, &mut switches.new_pair_delay_seconds] {
        *delay = if *delay == 0 { 0 } else { 3_600 };
    }
    switches
}

/// The verdict that is due: by what the tenant does, and not by what it was asked.
fn due(id: &str, switches: &Switches) -> &'static str {
    let dialect = &switches.dialect;
    let makes = switches.min_expiry_seconds.is_none();
    let (lags, is_late) = (switches.list_lag_seconds > 0, switches.new_pair_delay_seconds > 0);
    let holds = |holds: bool| if holds { "holds" } else { "does not hold" };
    match id {
        "short-expiry" => holds(makes),
        "scope-text" if dialect.reply_scope == ReplyScope::Uncut && makes && !is_late => {
            "does not hold"
        }
        "scope-text" | "check-token" => holds(is_named(dialect)),
        "expires-in" => holds(dialect.expires_in == ExpiresIn::Seconds),
        "tenant-name"
            if dialect.org == Presence::Absent && dialect.oauth_info != OauthInfo::Full =>
        {
            "unknown"
        }
        "deprecated" => holds(!switches.deprecated),
        "list-last-used" => match dialect.list_last_used {
            Shown::Absent => "does not hold",
            // The seed as it was before it was ever used.
            Shown::Value if lags => "unknown",
            Shown::Value => "holds",
            Shown::Null => "unknown",
        },
        "past-expiry" if !makes => holds(!switches.accept_past_dates),
        id if ON_A_TOKEN.contains(&id) && !makes => "unknown",
        "list-life" | "list-scope" | "lag-create" | "lag-change" | "lag-delete" if lags => {
            "unknown"
        }
        "patch-expiry" if lags && dialect.changed_status == 204 => "unknown",
        "list-scope" => holds(dialect.list_scope == Shown::Value),
        "new-credential" | "credential-after-delete" | "access-token-after-delete" if is_late => {
            "unknown"
        }
        _ => "holds",
    }
}

/// Whether anybody names the scopes of an access token.
fn is_named(dialect: &Dialect) -> bool {
    matches!(dialect.reply_scope, ReplyScope::Names | ReplyScope::Uncut)
        || matches!(dialect.scope_claim, ScopeClaim::Names | ScopeClaim::Text)
        || dialect.check_token == CheckToken::Answers
}

fn check(number: u64) {
    let switches = drawn(number);
    let tenant = Tenant::with(|fresh| *fresh = switches.clone());
    let told = tenant.probe(&[]);
    // An ISC that says nothing at all at /oauth/info cannot be told from another host.
    if switches.dialect.oauth_info == OauthInfo::Missing
        && switches.dialect.errors == ErrorStyle::Empty
    {
        told.assert_error(&["GET /oauth/info was answered with", "status 404 that is not JSON"]);
        return assert_eq!(tenant.requests(), 1, "draw {number}");
    }
    for (id, (verdict, answer, note)) in told.lines() {
        assert_eq!(
            verdict,
            due(&id, &switches),
            "draw {number}: {id}: {answer}; {note:?}: {switches:?}"
        );
    }
    assert_eq!(tenant.left(), [], "draw {number}: {told:?}");
}

#[test]
fn nothing_false_is_said_of_any_tenant_and_nothing_is_left_there() {
    thread::scope(|scope| {
        for first in 0..AT_ONCE {
            scope.spawn(move || (0..DRAWS).skip(first).step_by(AT_ONCE).for_each(check));
        }
    });
}
