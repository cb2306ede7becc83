//! POST: makes a token, with all the rules ISC has for it.
use jiff::{Timestamp, ToSpan};
use serde_json::{Map, Value};

use super::{Exchange, Refusal};
use crate::clock::{plus_seconds, to_millis};
use crate::record::Effect;
use crate::reply::Reply;
use crate::route::Version;
use crate::scopes::{ALL_MANAGE, MY_MANAGE};
use crate::switches::Switches;
use crate::tenant::{TenantState, User};
use crate::token::{MAX_VALIDITY, MIN_VALIDITY, Token};

/// Most characters in a name.
const NAME_LENGTH: usize = 255;

pub(crate) fn create(exchange: &mut Exchange<'_>) -> Result<Reply, Refusal> {
    let tenant = exchange.tenant;
    let mut state = tenant.inner.lock();
    let caller = super::caller::admit(exchange, &mut state, &[MY_MANAGE, ALL_MANAGE])?;
    let switches = super::switches(&state);
    let body = json_object(exchange)?;
    exchange.entry.token_name = body.get("name").and_then(Value::as_str).map(str::to_owned);
    let token = new_token(exchange, &switches, &body, &caller.user)?;
    let owner_name = check_owner(&state, &switches, &token)?;
    let made = token.created_reply(&owner_name, &switches);
    let reply = Reply::ok(made).with_status(switches.dialect.created_status);
    exchange.effect(Effect::Created, &token);
    state.insert(token, Some(exchange.now()));
    Ok(reply)
}

fn json_object(exchange: &Exchange<'_>) -> Result<Map<String, Value>, Refusal> {
    let media_type = exchange.media_type();
    if media_type != "application/json" {
        return Err((
            415,
            format!("Content type '{media_type}' not supported: send application/json"),
        ));
    }
    serde_json::from_slice(exchange.body)
        .map_err(|e| (400, format!("The request was syntactically incorrect: {e}")))
}

fn new_token(
    exchange: &Exchange<'_>,
    switches: &Switches,
    body: &Map<String, Value>,
    owner: &str,
) -> Result<Token, Refusal> {
    let now = exchange.now();
    let name = name(body.get("name"))?;
    let scope = required_scope(exchange, body.get("scope"))?;
    let validity = validity(body.get("accessTokenValiditySeconds"))?;
    let never = body.get("userAwareTokenNeverExpires").and_then(Value::as_bool).unwrap_or(false);
    let version = exchange.call.version;
    let expires = expiration(body.get("expirationDate"), never, version, switches, now)?;
    Ok(Token {
        id: exchange.world.mint.id(),
        client_secret: exchange.world.mint.client_secret(),
        name,
        owner: owner.to_owned(),
        scope: Some(scope),
        old_scopes: Vec::new(),
        created: now,
        last_used: None,
        managed: false,
        validity,
        expires,
        never_expires: expires.is_none(),
        accepted_from: plus_seconds(now, switches.new_pair_delay_seconds),
    })
}

/// The owner's name, if the owner has room for the token and does not use its name yet.
fn check_owner(state: &TenantState, switches: &Switches, token: &Token) -> Result<String, Refusal> {
    let owner =
        state.users.get(&token.owner).ok_or_else(|| (404, "The user does not exist".to_owned()))?;
    if owner.tokens.len() >= switches.tokens_per_user {
        let most = switches.tokens_per_user;
        return Err((
            switches.cap_status,
            format!("The user has reached the limit of {most} personal access tokens"),
        ));
    }
    unique(owner, &token.name, &token.id, switches)?;
    Ok(owner.name.clone())
}

/// Refuses a name that another token of the owner has.
pub(crate) fn unique(
    owner: &User,
    name: &str,
    id: &str,
    switches: &Switches,
) -> Result<(), Refusal> {
    if owner.tokens.iter().any(|other| other.name == name && other.id != id) {
        return Err((
            switches.duplicate_name_status,
            format!("A personal access token named '{name}' already exists"),
        ));
    }
    Ok(())
}

/// A name as create and patch accept it.
pub(crate) fn name(value: Option<&Value>) -> Result<String, Refusal> {
    let name = value.and_then(Value::as_str).unwrap_or_default();
    if name.trim().is_empty() || name.chars().count() > NAME_LENGTH {
        return Err((400, format!("name must be a string of 1 to {NAME_LENGTH} characters")));
    }
    Ok(name.to_owned())
}

/// Real ISC would grant `sp:scopes:all` here without a word: the simulator refuses and puts it on
/// record.
fn required_scope(exchange: &Exchange<'_>, value: Option<&Value>) -> Result<Vec<String>, Refusal> {
    let scope = scope(value.unwrap_or(&Value::Null))?.unwrap_or_default();
    if scope.is_empty() {
        exchange.violation("a POST without scope: real ISC would have granted sp:scopes:all");
        return Err((
            400,
            "isc-simulator refuses a POST without scope: it would grant everything".into(),
        ));
    }
    Ok(scope)
}

/// Scopes as create and patch accept them: any strings, unchecked; null for none.
pub(crate) fn scope(value: &Value) -> Result<Option<Vec<String>>, Refusal> {
    serde_json::from_value(value.clone())
        .map_err(|_| (400, "scope must be an array of strings".into()))
}

fn validity(value: Option<&Value>) -> Result<i64, Refusal> {
    let refused = || {
        (400, format!("accessTokenValiditySeconds must be from {MIN_VALIDITY} to {MAX_VALIDITY}"))
    };
    match value {
        None | Some(Value::Null) => Ok(MAX_VALIDITY),
        Some(value) => {
            value.as_i64().filter(|n| (MIN_VALIDITY..=MAX_VALIDITY).contains(n)).ok_or_else(refused)
        }
    }
}

/// The expiration date as create and patch accept it; what an absent one means depends on the
/// version.
pub(crate) fn expiration(
    value: Option<&Value>,
    never: bool,
    version: Version,
    switches: &Switches,
    now: Timestamp,
) -> Result<Option<Timestamp>, Refusal> {
    let refused = |text: String| (switches.bad_date_status, text);
    let cap = six_months_after(now);
    let value = match value {
        None | Some(Value::Null) if !version.knows_never_expires() => return Ok(Some(cap)),
        None | Some(Value::Null) if never => return Ok(None),
        None | Some(Value::Null) => {
            return Err(refused(
                "without expirationDate, userAwareTokenNeverExpires must be true".into(),
            ));
        }
        Some(value) => value.as_str().unwrap_or_default(),
    };
    let at: Timestamp = value
        .parse()
        .map_err(|_| refused(format!("expirationDate '{value}' is not a date-time")))?;
    if at <= now && !switches.accept_past_dates {
        return Err(refused(format!("expirationDate '{value}' is not in the future")));
    }
    let too_soon = switches.min_expiry_seconds.is_some_and(|least| at < plus_seconds(now, least));
    let too_late = switches
        .max_expiry_days
        .is_some_and(|most| at > plus_seconds(now, most.saturating_mul(86_400)));
    if too_soon || too_late || (!version.knows_never_expires() && at > cap) {
        return Err(refused(format!("expirationDate '{value}' is outside the permitted range")));
    }
    Ok(Some(to_millis(at)))
}

fn six_months_after(now: Timestamp) -> Timestamp {
    let zoned = now.to_zoned(jiff::tz::TimeZone::UTC);
    zoned.checked_add(6.months()).map_or(now, |later| later.timestamp())
}
