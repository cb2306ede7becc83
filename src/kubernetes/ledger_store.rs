//! Ledgers as Secrets of the operator's namespace: read whole, written only by compare-and-swap.
use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, ListParams, ObjectMeta, PostParams};
use kube::{Client, Resource, ResourceExt};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::lifecycle::encoding;
use crate::lifecycle::ledger::{Ledger, Owner};
use crate::redacted::Redacted;

/// Label of every ledger; its value is the name of the Tenant.
pub const TENANT_LABEL: &str = "pat-operator.dev/tenant";
const SECRET_TYPE: &str = "pat-operator.dev/ledger";

/// A ledger with the revision that the next write must find.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Name of its Secret.
    pub name: String,
    /// Its content.
    pub ledger: Ledger,
    /// `metadata` of the Secret, with the resourceVersion.
    metadata: ObjectMeta,
}

/// The outcome of a write.
#[derive(Debug)]
pub enum Written {
    /// It is stored.
    Done(Box<Stored>),
    /// Another replica or a user wrote first, or the ledger is gone: nothing was changed.
    Conflict,
    /// No answer that says whether it is stored.
    Unclear(kube::Error),
}

/// The reason why a ledger could not be read.
#[derive(Debug, Error)]
pub enum Error {
    /// The API server did not answer as it should.
    #[error("failed to read the ledger {name:?}")]
    Read {
        /// Name of the Secret.
        name: String,
        /// Cause.
        source: kube::Error,
    },
    /// Its content is not understood (R15).
    #[error("failed to decode the ledger {name:?}")]
    Decode {
        /// Name of the Secret.
        name: String,
        /// Cause.
        source: encoding::Error,
    },
}

/// Reads and writes ledgers.
#[derive(Clone)]
pub struct LedgerStore {
    api: Api<Secret>,
}

impl LedgerStore {
    /// Ledgers of this namespace.
    pub fn new(client: Client, namespace: &str) -> Self {
        Self { api: Api::namespaced(client, namespace) }
    }

    /// The name of an owner's ledger: the same owner always has the same, whatever its Tenant is
    /// called.
    pub fn name_of(owner: &Owner) -> String {
        // Hashed: an identity id may hold what no object name may.
        let digest: [u8; 32] =
            Sha256::digest(format!("{}\n{}", owner.tenant_id, owner.identity_id)).into();
        let hex: String = digest[..10].iter().map(|byte| format!("{byte:02x}")).collect();
        format!("ledger-{hex}")
    }

    /// Reads one ledger; `None`: there is none of this name.
    ///
    /// # Errors
    /// When the API server fails, or the content is not understood.
    pub async fn get(&self, name: &str) -> Result<Option<Stored>, Error> {
        let read = self.api.get_opt(name).await;
        let secret = read.map_err(|source| Error::Read { name: name.into(), source })?;
        secret.map(decode).transpose()
    }

    /// All ledgers of a Tenant, read live.
    ///
    /// # Errors
    /// As [`LedgerStore::get`].
    pub async fn of_tenant(&self, tenant: &str) -> Result<Vec<Stored>, Error> {
        let params = ListParams::default().labels(&format!("{TENANT_LABEL}={tenant}"));
        let list = self.api.list(&params).await;
        let list =
            list.map_err(|source| Error::Read { name: format!("of tenant {tenant}"), source })?;
        // One that cannot be read fails the whole list: it may be the one that holds the uid (R12).
        list.items.into_iter().map(decode).collect()
    }

    /// Creates a ledger; `Conflict` if there is one already.
    pub async fn create(&self, ledger: &Ledger) -> Written {
        let name = Self::name_of(&ledger.owner);
        let labels = BTreeMap::from([(TENANT_LABEL.into(), ledger.endpoint.tenant.to_string())]);
        let metadata =
            ObjectMeta { name: Some(name), labels: Some(labels), ..ObjectMeta::default() };
        // The operator has sent nothing, so nothing was changed.
        let Ok(secret) = encode(metadata, ledger) else { return Written::Conflict };
        settle(self.api.create(&PostParams::default(), &secret).await, ledger)
    }

    /// Puts the label back that it is found by, if a user took or changed it; `None`: it is right.
    pub async fn relabel(&self, mut stored: Stored) -> Option<Written> {
        let tenant = stored.ledger.endpoint.tenant.to_string();
        let labels = stored.metadata.labels.get_or_insert_default();
        if labels.insert(TENANT_LABEL.into(), tenant.clone()) == Some(tenant) {
            return None;
        }
        Some(self.replace(&stored, &stored.ledger).await)
    }

    /// Replaces the content if the stored revision is still the one that was read.
    pub async fn replace(&self, stored: &Stored, ledger: &Ledger) -> Written {
        let Ok(secret) = encode(stored.metadata.clone(), ledger) else { return Written::Conflict };
        settle(self.api.replace(&stored.name, &PostParams::default(), &secret).await, ledger)
    }
}

impl Stored {
    /// Revision of the Secret.
    pub fn revision(&self) -> Option<&str> {
        self.metadata.resource_version.as_deref()
    }

    /// True if it is no older than this revision: those of one kind can be compared (Kubernetes API
    /// concepts, "Resource versions").
    pub fn is_at_least(&self, revision: Option<&str>) -> bool {
        match (number(self.revision()), number(revision)) {
            (Some(own), Some(other)) => own >= other,
            (_, _) => false,
        }
    }
}

fn number(revision: Option<&str>) -> Option<u64> {
    revision?.parse().ok()
}

fn encode(metadata: ObjectMeta, ledger: &Ledger) -> Result<Secret, encoding::Error> {
    let data = encoding::encode(ledger)?;
    let data = data.into_iter().map(|(key, value)| (key, ByteString(value.expose().into())));
    Ok(Secret {
        metadata,
        data: Some(data.collect()),
        type_: Some(SECRET_TYPE.into()),
        ..Secret::default()
    })
}

fn decode(mut secret: Secret) -> Result<Stored, Error> {
    let name = secret.name_any();
    let mut data = BTreeMap::new();
    for (key, bytes) in secret.data.take().unwrap_or_default() {
        // What is not UTF-8 becomes an empty value, which `decode` refuses by the name of its key.
        data.insert(key, Redacted::new(String::from_utf8(bytes.0).unwrap_or_default()));
    }
    let ledger =
        encoding::decode(&data).map_err(|source| Error::Decode { name: name.clone(), source })?;
    // The API server writes them itself; kept, they would grow with each write.
    secret.metadata.managed_fields = None;
    Ok(Stored { name, ledger, metadata: secret.metadata })
}

fn settle(answer: kube::Result<Secret>, ledger: &Ledger) -> Written {
    match answer {
        Ok(mut secret) => {
            let mut metadata = std::mem::take(secret.meta_mut());
            metadata.managed_fields = None;
            let name = metadata.name.clone().unwrap_or_default();
            // What was sent is what is stored: the reply need not be decoded.
            Written::Done(Box::new(Stored { name, ledger: ledger.clone(), metadata }))
        }
        // Certain refusals; of every other error the write may have taken effect.
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Written::Conflict,
        Err(error) => Written::Unclear(error),
    }
}
