//! GET: the tokens of a user, or of all users for those who may see them.
use jiff::Timestamp;
use serde_json::Value;

use super::caller::Caller;
use super::{Exchange, Refusal};
use crate::clock::plus_seconds;
use crate::reply::Reply;
use crate::scopes::{ALL_MANAGE, ALL_READ, MY_MANAGE, MY_READ};
use crate::tenant::{TenantState, User};
use crate::token::Token;

/// Largest page.
const PAGE: usize = 250;

pub(crate) fn list(exchange: &mut Exchange<'_>) -> Result<Reply, Refusal> {
    let tenant = exchange.tenant;
    let mut state = tenant.inner.lock();
    let caller =
        super::caller::admit(exchange, &mut state, &[MY_READ, MY_MANAGE, ALL_READ, ALL_MANAGE])?;
    let filter = Filter::parse(exchange.query_value("filters").as_deref())?;
    let (limit, offset) = (number(exchange, "limit", PAGE)?, number(exchange, "offset", 0)?);
    if limit > PAGE {
        return Err((400, format!("limit must be from 0 to {PAGE}")));
    }
    let owners = owners(exchange, &state, &caller)?;
    for owner in &owners {
        exchange.sweep(&mut state, owner);
    }
    let switches = super::switches(&state);
    let lag = switches.list_lag_seconds.saturating_add_unsigned(exchange.stale);
    let at = plus_seconds(exchange.now(), lag.saturating_neg());
    let tokens: Vec<Value> = owners
        .iter()
        .filter_map(|owner| state.users.get(owner))
        .flat_map(|user| user.tokens_at(at).iter().map(move |token| (user, token)))
        .filter(|(_, token)| filter.keeps(token) && (switches.list_managed || !token.managed))
        .skip(offset)
        .take(limit)
        .map(|(user, token): (&User, _)| token.listed(&user.name, &switches))
        .collect();
    Ok(Reply::ok(Value::Array(tokens)))
}

/// Identity ids whose tokens are asked for.
fn owners(
    exchange: &Exchange<'_>,
    state: &TenantState,
    caller: &Caller,
) -> Result<Vec<String>, Refusal> {
    let asked = exchange.query_value("owner-id");
    if asked.as_deref().is_some_and(|id| id == "me" || id == caller.user) {
        return Ok(vec![caller.user.clone()]);
    }
    if !caller.may(&[ALL_READ, ALL_MANAGE], state) {
        return Err((
            403,
            format!("The tokens of others need the scope {ALL_READ}: or ask with owner-id=me"),
        ));
    }
    Ok(asked.map_or_else(|| sorted(state), |id| vec![id]))
}

fn sorted(state: &TenantState) -> Vec<String> {
    let mut ids: Vec<String> = state.users.keys().cloned().collect();
    ids.sort();
    ids
}

fn number(exchange: &Exchange<'_>, name: &str, default: usize) -> Result<usize, Refusal> {
    let Some(text) = exchange.query_value(name) else {
        return Ok(default);
    };
    text.parse().map_err(|_| (400, format!("{name} must be a number, not '{text}'")))
}

/// The two filters that ISC documents.
enum Filter {
    None,
    NeverUsed,
    UsedUntil(Timestamp),
}

impl Filter {
    fn parse(text: Option<&str>) -> Result<Self, Refusal> {
        let words: Vec<&str> = text.unwrap_or_default().split_whitespace().collect();
        let refused = || (400, format!("unknown filter '{}'", text.unwrap_or_default()));
        match words.as_slice() {
            [] => Ok(Self::None),
            ["lastUsed", "isnull"] => Ok(Self::NeverUsed),
            ["lastUsed", "le", date] => {
                date.trim_matches('"').parse().map(Self::UsedUntil).map_err(|_| refused())
            }
            _ => Err(refused()),
        }
    }

    fn keeps(&self, token: &Token) -> bool {
        match self {
            Self::None => true,
            Self::NeverUsed => token.last_used.is_none(),
            Self::UsedUntil(date) => token.last_used.is_some_and(|used| used <= *date),
        }
    }
}
