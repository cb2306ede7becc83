//! The part of the HTTP control API that makes and changes tenants, users and tokens.
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, patch, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::http::Answer;
use super::{Control, ControlError, NewToken, TokenEdit};
use crate::options::{TenantSpec, UserSpec};

/// All routes, relative to `/_sim`.
pub(super) fn routes() -> Router<Control> {
    Router::new()
        .route("/tenants", get(tenants).post(add_tenant))
        .route("/tenants/{tenant}/users", get(users).post(add_user))
        .route("/tenants/{tenant}/users/{user}", patch(edit_user).delete(remove_user))
        .route("/tenants/{tenant}/api-clients", post(add_api_client))
        .route("/tenants/{tenant}/tokens", get(tokens).post(create_token))
        .route("/tenants/{tenant}/tokens/{id}", patch(edit_token).delete(delete_token))
}

async fn tenants(State(control): State<Control>) -> Answer {
    let one = |name: String| Ok(json!({"users": control.users(&name)?, "name": name}));
    control.tenants().into_iter().map(one).collect::<Result<Value, _>>().map(Json)
}

async fn add_tenant(State(control): State<Control>, Json(spec): Json<TenantSpec>) -> Json<Value> {
    Json(json!(control.add_tenant(&spec)))
}

async fn users(State(control): State<Control>, Path(tenant): Path<String>) -> Answer {
    Ok(Json(json!(control.users(&tenant)?)))
}

async fn add_user(
    State(control): State<Control>,
    Path(tenant): Path<String>,
    Json(spec): Json<UserSpec>,
) -> Answer {
    Ok(Json(json!(control.add_user(&tenant, &spec)?)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserEdit {
    levels: Option<Vec<String>>,
    disabled: Option<bool>,
}

async fn edit_user(
    State(control): State<Control>,
    Path((tenant, user)): Path<(String, String)>,
    Json(edit): Json<UserEdit>,
) -> Answer {
    if let Some(levels) = &edit.levels {
        control.set_levels(&tenant, &user, levels)?;
    }
    if let Some(disabled) = edit.disabled {
        control.set_disabled(&tenant, &user, disabled)?;
    }
    Ok(Json(json!(control.users(&tenant)?)))
}

async fn remove_user(
    State(control): State<Control>,
    Path((tenant, user)): Path<(String, String)>,
) -> Result<StatusCode, ControlError> {
    control.remove_user(&tenant, &user).map(|()| StatusCode::NO_CONTENT)
}

async fn add_api_client(State(control): State<Control>, Path(tenant): Path<String>) -> Answer {
    Ok(Json(json!(control.add_api_client(&tenant)?)))
}

async fn tokens(State(control): State<Control>, Path(tenant): Path<String>) -> Answer {
    Ok(Json(json!(control.tokens(&tenant)?)))
}

async fn create_token(
    State(control): State<Control>,
    Path(tenant): Path<String>,
    Json(new): Json<NewToken>,
) -> Answer {
    Ok(Json(json!(control.create_token(&tenant, new)?)))
}

async fn edit_token(
    State(control): State<Control>,
    Path((tenant, id)): Path<(String, String)>,
    Json(edit): Json<TokenEdit>,
) -> Answer {
    Ok(Json(json!(control.edit_token(&tenant, &id, edit)?)))
}

async fn delete_token(
    State(control): State<Control>,
    Path((tenant, id)): Path<(String, String)>,
) -> Result<StatusCode, ControlError> {
    control.delete_token(&tenant, &id).map(|()| StatusCode::NO_CONTENT)
}
