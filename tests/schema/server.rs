//! The cases of `cases.yaml` put to a real API server that has the CRDs.
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, PostParams};
use kube::{Client, Error};
use serde_json::Value;

use super::cases::Case;

/// Puts a case to the server, in namespace `default`; `Err` says how the verdict differs.
pub async fn judge(client: &Client, case: &Case) -> Result<(), String> {
    let verdict = verdict(&api(client, case), case).await?;
    match (&case.says, verdict) {
        (None, Ok(())) => Ok(()),
        (None, Err(message)) => Err(format!("it {}: refused: {message}", case.it)),
        (Some(says), Ok(())) => {
            Err(format!("it {}: admitted; to be refused with {says:?}", case.it))
        }
        (Some(says), Err(message)) if message.contains(says) => Ok(()),
        (Some(says), Err(message)) => {
            Err(format!("it {}: {message:?} does not say {says:?}", case.it))
        }
    }
}

/// `Ok(Err(message))`: refused as invalid.
async fn verdict(api: &Api<DynamicObject>, case: &Case) -> Result<Result<(), String>, String> {
    let first = PostParams { dry_run: case.update.is_none(), ..PostParams::default() };
    let created = api.create(&first, &object(case.object(&case.create))?).await;
    let Some(update) = &case.update else { return refusal(created) };
    let created = created.map_err(|error| format!("it {}: not even created: {error}", case.it))?;
    let mut changed = object(case.object(update))?;
    changed.metadata.resource_version = created.metadata.resource_version;
    let replaced = api.replace(&case.name, &PostParams::default(), &changed).await;
    api.delete(&case.name, &DeleteParams::default()).await.map_err(|error| error.to_string())?;
    refusal(replaced)
}

fn refusal(answer: Result<DynamicObject, Error>) -> Result<Result<(), String>, String> {
    match answer {
        Ok(_) => Ok(Ok(())),
        Err(Error::Api(status)) if status.code == 422 => Ok(Err(status.message)),
        Err(error) => Err(error.to_string()),
    }
}

fn object(value: Value) -> Result<DynamicObject, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

fn api(client: &Client, case: &Case) -> Api<DynamicObject> {
    let resource = ApiResource {
        group: "pat-operator.dev".into(),
        version: "v1alpha1".into(),
        api_version: "pat-operator.dev/v1alpha1".into(),
        kind: case.kind.clone(),
        plural: format!("{}s", case.kind.to_lowercase()),
    };
    match case.kind.as_str() {
        "Tenant" => Api::all_with(client.clone(), &resource),
        _ => Api::namespaced_with(client.clone(), "default", &resource),
    }
}
