//! Hostile replies: bodies that a broken or malicious endpoint sends in place of the right one.
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::plus_seconds;
use crate::reply::{Raw, Reply};

/// What is wrong with the body. The operation has taken effect as usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Hostile {
    /// A page of HTML, with its content type.
    Html,
    /// 403 with a line of text, as a proxy says it.
    PlainText,
    /// 403 with JSON in the words of another API.
    AnotherApi,
    /// No bytes.
    Empty,
    /// `null`
    Null,
    /// The right document twice.
    TwoDocuments,
    /// A byte order mark, then the right document.
    Bom,
    /// The right document in UTF-16.
    Utf16,
    /// The first half of the right document.
    Truncated,
    /// `Content-Length` says more than is sent.
    LengthTooLong,
    /// `Content-Length` says less than the document has.
    LengthTooShort,
    /// `Content-Encoding: gzip` over plain bytes.
    GzipClaim,
    /// 201 with the right body.
    Created,
    /// 204 without a body.
    NoContent,
    /// No `secret`.
    SecretMissing,
    /// `secret` is null.
    SecretNull,
    /// `secret` is an empty string.
    SecretEmpty,
    /// `secret` is an array.
    SecretArray,
    /// The id of another token.
    OtherId,
    /// The owner is somebody else.
    OtherOwner,
    /// The name has been changed.
    AlteredName,
    /// `created` lies a year ahead.
    CreatedInFuture,
    /// What is only good to know of a token has other types, and dates are out of reach.
    OddFields,
    /// An object where an array belongs, or the other way round.
    WrongShape,
    /// LIST: every token twice.
    Duplicates,
    /// LIST: 10 000 items beside the right ones.
    TenThousand,
    /// LIST: without the token the caller itself is using.
    WithoutSentinel,
    /// LIST: without its second half.
    CutShort,
    /// LIST: with a token of another owner.
    ForeignOwner,
}

/// Replaces the body of a reply; `caller` is the client ID of the request.
pub fn spoil(kind: Hostile, mut reply: Reply, caller: Option<&str>) -> Reply {
    match kind {
        Hostile::Html => {
            reply.content_type = "text/html";
            reply.raw =
                Some(Raw::Bytes(b"<html><body><h1>Bad gateway</h1></body></html>".to_vec()));
        }
        Hostile::PlainText => {
            reply.status = StatusCode::FORBIDDEN;
            reply.content_type = "text/plain";
            reply.raw = Some(Raw::Bytes(b"RBAC: access denied".to_vec()));
        }
        Hostile::AnotherApi => {
            reply.status = StatusCode::FORBIDDEN;
            reply.json = Some(json!({"message": "Missing Authentication Token"}));
        }
        Hostile::Empty => reply.raw = Some(Raw::Bytes(Vec::new())),
        Hostile::Created => reply.status = StatusCode::CREATED,
        Hostile::NoContent => {
            reply.status = StatusCode::NO_CONTENT;
            reply.json = None;
        }
        Hostile::GzipClaim => reply.headers.push(("content-encoding", "gzip".into())),
        _ => match spoil_bytes(kind, &reply) {
            Some(raw) => reply.raw = Some(raw),
            None => reply.json = reply.json.map(|body| spoil_json(kind, body, caller)),
        },
    }
    reply
}

fn spoil_bytes(kind: Hostile, reply: &Reply) -> Option<Raw> {
    let text = reply.json.as_ref().map(Value::to_string).unwrap_or_default();
    let bytes = text.as_bytes().to_vec();
    let spoilt = match kind {
        Hostile::TwoDocuments => [bytes.clone(), bytes].concat(),
        Hostile::Bom => [b"\xef\xbb\xbf".to_vec(), bytes].concat(),
        Hostile::Utf16 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        Hostile::Truncated => bytes[..bytes.len() / 2].to_vec(),
        Hostile::LengthTooLong => return Some(Raw::WrongLength(bytes, 100)),
        Hostile::LengthTooShort => return Some(Raw::WrongLength(bytes, -10)),
        _ => return None,
    };
    Some(Raw::Bytes(spoilt))
}

fn spoil_json(kind: Hostile, body: Value, caller: Option<&str>) -> Value {
    match (kind, body) {
        (Hostile::Null, _) => Value::Null,
        (Hostile::WrongShape, Value::Array(items)) => json!({"items": items}),
        (Hostile::WrongShape, other) => json!([other]),
        (_, Value::Array(items)) => Value::Array(spoil_list(kind, items, caller)),
        (_, Value::Object(_)) if caller.is_none() => Value::Null,
        (_, other) => spoil_token(kind, other),
    }
}

fn spoil_list(kind: Hostile, mut items: Vec<Value>, caller: Option<&str>) -> Vec<Value> {
    match kind {
        Hostile::Duplicates => items.extend(items.clone()),
        Hostile::WithoutSentinel => items.retain(|token| token["id"].as_str() != caller),
        Hostile::CutShort => items.truncate(items.len() / 2),
        Hostile::ForeignOwner => {
            if let Some(first) = items.first().cloned() {
                let renamed = spoil_token(Hostile::OtherId, first);
                items.push(spoil_token(Hostile::OtherOwner, renamed));
            }
        }
        Hostile::TenThousand => {
            let template = items.first().cloned().unwrap_or_else(|| json!({}));
            items.extend((0..10_000).map(|n| numbered(template.clone(), n)));
        }
        _ => items = items.into_iter().map(|token| spoil_token(kind, token)).collect(),
    }
    items
}

fn numbered(mut token: Value, n: usize) -> Value {
    token["id"] = json!(format!("{n:032x}"));
    token["name"] = json!(format!("flood {n}"));
    token
}

fn spoil_token(kind: Hostile, mut token: Value) -> Value {
    match kind {
        Hostile::SecretMissing => {
            if let Some(fields) = token.as_object_mut() {
                fields.remove("secret");
            }
        }
        Hostile::SecretNull => token["secret"] = Value::Null,
        Hostile::SecretEmpty => token["secret"] = json!(""),
        Hostile::SecretArray => token["secret"] = json!([token["secret"].take()]),
        Hostile::OtherId => token["id"] = json!("0123456789abcdef0123456789abcdef"),
        Hostile::OtherOwner => {
            token["owner"] = json!({"type": "IDENTITY", "id": "f".repeat(32), "name": "mallory"});
        }
        Hostile::AlteredName => {
            token["name"] = json!(format!("{}x", token["name"].as_str().unwrap_or_default()));
        }
        Hostile::OddFields => {
            let names = token["scope"].as_array().into_iter().flatten().filter_map(Value::as_str);
            token["scope"] = json!(names.collect::<Vec<_>>().join(","));
            token["lastUsed"] = json!(1_790_000_000);
            token["managed"] = json!("false");
            if token["expirationDate"].is_null() {
                token["expirationDate"] = json!("9999-12-31T23:59:59.999Z");
            }
        }
        Hostile::CreatedInFuture => {
            let created: Option<Timestamp> =
                token["created"].as_str().and_then(|text| text.parse().ok());
            token["created"] = json!(created.map(|at| plus_seconds(at, 365 * 86_400).to_string()));
        }
        _ => {}
    }
    token
}
