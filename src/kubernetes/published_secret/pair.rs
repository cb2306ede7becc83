//! The pair that a published Secret holds, and the number that it claims.
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::ownership::{annotation, controller};
use crate::api::names::ANNOTATION_NUMBER;
use crate::lifecycle::rendering::recognise;
use crate::lifecycle::secret::Held;
use crate::redacted::Redacted;

/// The pair in a Secret of this resource; an empty one if it holds none.
pub fn held(secret: &Secret, uid: &str) -> Held {
    let pair = secret.data.as_ref().and_then(recognise);
    let (id, client_secret) = match pair {
        Some(pair) => (pair.client_id, pair.client_secret),
        None => ("".into(), Redacted::default()),
    };
    let owned = controller(&secret.metadata) == Some(uid);
    Held { id, client_secret, claims: claims(&secret.metadata), owned }
}

/// The Secret is immutable: no write of its data succeeds any more.
pub fn is_locked(secret: &Secret) -> bool {
    secret.immutable == Some(true)
}

/// The number that a Secret's annotation claims: a hint, since users can edit it.
pub fn claims(found: &ObjectMeta) -> Option<u64> {
    annotation(found, ANNOTATION_NUMBER)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn meta(annotations: Value, controller: Option<&str>) -> ObjectMeta {
        let owner = |uid: &str| json!({"apiVersion": "v1", "kind": "X", "name": "x", "uid": uid, "controller": true});
        let owners: Vec<_> = controller.into_iter().map(owner).collect();
        serde_json::from_value(json!({"annotations": annotations, "ownerReferences": owners}))
            .unwrap()
    }

    #[test]
    fn the_pair_is_read_in_either_format_with_the_number_it_claims() {
        let secret = |data: Value, annotations: Value, controller| {
            let encoded = |(key, text): (&String, &Value)| {
                let bytes = k8s_openapi::ByteString(text.as_str().unwrap().into());
                (key.clone(), bytes)
            };
            let data = data.as_object().unwrap().iter().map(encoded).collect();
            Secret {
                metadata: meta(annotations, controller),
                data: Some(data),
                ..Secret::default()
            }
        };
        let plain = json!({"clientId": "id1", "clientSecret": "c4n4ry"});
        let sdk = json!({"SAIL_CLIENT_ID": "id1", "SAIL_CLIENT_SECRET": "c4n4ry"});
        for data in [plain.clone(), sdk] {
            let held = held(&secret(data, json!({ANNOTATION_NUMBER: "5"}), Some("a")), "a");
            assert_eq!(
                (&*held.id, held.client_secret.expose(), held.claims, held.owned),
                ("id1", "c4n4ry", Some(5), true)
            );
        }
        for (claim, controller) in
            [(json!({ANNOTATION_NUMBER: "five"}), Some("b")), (json!({}), None)]
        {
            let held = held(&secret(plain.clone(), claim, controller), "a");
            assert_eq!((held.claims, held.owned), (None, false));
        }
        assert_eq!(
            &*held(&secret(json!({"clientId": "id1"}), json!({}), None), "a").id,
            "",
            "half a pair is none"
        );
    }
}
