//! Every name that the operator gives to something in Kubernetes.

/// The beginning of each token's name in ISC, before a dash; no name that a user writes may begin so.
pub const TOKEN_NAME_PREFIX: &str = "pat1";
/// Keeps a resource until its tokens are revoked.
pub const FINALIZER: &str = "pat-operator.dev/revoke";
/// On a published Secret: uid of its resource.
pub const ANNOTATION_RESOURCE: &str = "pat-operator.dev/resource-uid";
/// On a published Secret: number of the token.
pub const ANNOTATION_NUMBER: &str = "pat-operator.dev/number";
/// On a published Secret: client ID of the token.
pub const ANNOTATION_CLIENT_ID: &str = "pat-operator.dev/client-id";
/// On a published Secret: the labels and annotations that are there because the spec says so, so that they go when it
/// no longer does.
pub const ANNOTATION_TEMPLATE: &str = "pat-operator.dev/from-spec";
/// On a published Secret: who writes it.
pub const LABEL_MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// Value of [`LABEL_MANAGED_BY`], and the field manager of every write.
pub const MANAGER: &str = "pat-operator";
/// Prefix that users may not use for labels and annotations of the Secret.
pub const PREFIX: &str = "pat-operator.dev/";
/// On a resource: rotate now, with overlap.
pub const ANNOTATION_ROTATE: &str = "pat-operator.dev/rotate-requested-at";
/// On a resource: revoke every token of it at once, then mint another one.
pub const ANNOTATION_REVOKE: &str = "pat-operator.dev/revoke-requested-at";
