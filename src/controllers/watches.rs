//! The three loops over their watches.
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use futures::{FutureExt, StreamExt, TryStreamExt};
use kube::runtime::controller::Config as Runtime;
use kube::runtime::reflector::{ObjectRef, Store};
use kube::runtime::{Controller, Predicate, WatchStreamExt, predicates, reflector, watcher};
use kube::{Api, ResourceExt};

use super::board::Board;
use super::context::{Config, Context};
use super::guard::{self, Guard};
use super::owner::Owners;
use super::subject::{Subject, has_finalizer};
use super::tenant::Tenants;
use super::token::Tokens;
use super::wake::{LedgerMeta, Wakeups};
use super::{housekeeping, owner, tenant, token};
use crate::api::names::{ANNOTATION_REVOKE, ANNOTATION_ROTATE};
use crate::api::{PersonalAccessToken, Tenant};
use crate::kubernetes::ledger_store::TENANT_LABEL;
use crate::kubernetes::lenient::{Lenient, decoded};
use crate::kubernetes::unread;
use crate::metrics::Controller as Pass;

/// The three controllers before they run.
pub struct Watches {
    pub tokens: Controller<PersonalAccessToken>,
    pub owners: Controller<LedgerMeta>,
    pub tenants: Controller<Tenant>,
}

impl Watches {
    /// Sets the watches up; nothing is read yet.
    pub fn start(client: &kube::Client, config: &Config, board: &Arc<Board>) -> Self {
        let board = board.clone();
        // kube's own default is without a bound.
        let runtime = Runtime::default().concurrency(config.concurrency);
        // Metadata alone: this watch keeps no client secret in memory.
        let own: Api<LedgerMeta> = Api::namespaced(client.clone(), &config.operator_namespace);
        let ledgers = watcher::Config::default().labels(TENANT_LABEL);
        // A seed has no label of its own: every other Secret of the namespace may be one.
        let seeds = watcher::Config::default().labels(&format!("!{TENANT_LABEL}"));
        let (reader, writer) = reflector::store();
        // Small pages: users write up to 256 KiB of annotations, which the store does not keep.
        let pages = watcher::Config::default().page_size(50);
        let tokens: Api<Lenient<PersonalAccessToken>> = Api::all(client.clone());
        // Without the back-off, a watch that the API server refuses would be a busy loop.
        let tokens = decoded(watcher(tokens, pages).default_backoff())
            .inspect_err(unread::log("PersonalAccessToken"))
            .modify(keep_what_is_used)
            .reflect(writer)
            .applied_objects()
            .inspect_ok(move |token| arrive(&board, token))
            .predicate_filter(
                // The generation alone would swallow new finalizers, and all requests.
                predicates::generation.combine(predicates::finalizers).combine(requests),
                Default::default(),
            );
        let (tenant_reader, tenant_writer) = reflector::store();
        let tenants: Api<Lenient<Tenant>> = Api::all(client.clone());
        let tenants = decoded(watcher(tenants, watcher::Config::default()).default_backoff())
            .inspect_err(unread::log("Tenant"))
            .reflect(tenant_writer)
            .applied_objects()
            .predicate_filter(predicates::generation, Default::default());
        // Tenants are few, and one whose host does not answer must not make another one wait.
        let all_at_once = Runtime::default();
        let tenants = Controller::for_stream(tenants, tenant_reader);
        let store = tenants.store();
        let (ledger_reader, ledger_writer) = reflector::store();
        // Without a predicate: a Secret has no generation, and each write of a ledger is news.
        let ledgers = watcher(own.clone(), ledgers)
            .default_backoff()
            .inspect_err(unread::log("Secret (ledgers)"))
            .modify(forget_managers)
            .reflect(ledger_writer)
            .applied_objects();
        // Deletions too: the Tenant reports a seed that is gone.
        let seeds = watcher(own, seeds)
            .default_backoff()
            .inspect_err(unread::log("Secret (seeds)"))
            .touched_objects();
        Self {
            tokens: Controller::for_stream(tokens, reader).with_config(runtime.clone()),
            owners: Controller::for_stream(ledgers, ledger_reader).with_config(runtime.clone()),
            tenants: tenants
                .watches_stream(seeds, move |seed| users_of(&seed.name_any(), &store))
                .with_config(all_at_once),
        }
    }

    /// Runs the three loops until the context's shutdown, and until the passes under way have
    /// ended.
    pub async fn run(self, context: Arc<Context>, wakeups: Wakeups) {
        let guard = Arc::new(Guard::new(context.metrics.clone()));
        let stop = || context.shutdown.clone().cancelled_owned();
        let resources = Arc::new(Tokens::new(context.clone()));
        let tenant_state = Arc::new(Tenants::new(context.clone()));
        let tokens = self
            .tokens
            .reconcile_on(wakeups.tokens)
            .graceful_shutdown_on(stop())
            .run(
                |object, tokens| {
                    guard.clone().run(Pass::Token, object.clone(), token::reconcile(object, tokens))
                },
                guard::retry,
                resources.clone(),
            )
            // The guard has counted and logged each pass already.
            .for_each(|_| std::future::ready(()));
        let owners = self
            .owners
            .reconcile_on(wakeups.owners)
            .graceful_shutdown_on(stop())
            .run(
                |object, owners| {
                    guard.clone().run(Pass::Owner, object.clone(), owner::reconcile(object, owners))
                },
                guard::retry,
                Arc::new(Owners::new(context.clone())),
            )
            .for_each(|_| std::future::ready(()));
        let tenants = self
            .tenants
            .reconcile_on(wakeups.tenants)
            .graceful_shutdown_on(stop())
            .run(
                |object, tenants| {
                    guard.clone().run(
                        Pass::Tenant,
                        object.clone(),
                        tenant::reconcile(object, tenants),
                    )
                },
                guard::retry,
                tenant_state.clone(),
            )
            .for_each(|_| std::future::ready(()));
        let housekeeping = housekeeping::run(&context, &resources, &tenant_state);
        let others = futures::future::join(context.inform(), housekeeping);
        futures::future::join4(others, tokens.boxed(), owners.boxed(), tenants.boxed()).await;
    }
}

/// The Tenants whose credential is in this Secret.
fn users_of(seed: &str, tenants: &Store<Tenant>) -> Vec<ObjectRef<Tenant>> {
    let mut users = Vec::new();
    for tenant in tenants.state() {
        if tenant.spec.credentials.iter().any(|source| source.secret_ref.name == seed) {
            users.push(ObjectRef::from_obj(&*tenant));
        }
    }
    users
}

/// Notes a resource that the watch has brought; its pass comes later.
fn arrive(board: &Board, token: &PersonalAccessToken) {
    if let Some(subject) = Subject::of(token) {
        let is_new = token.metadata.deletion_timestamp.is_none() && !has_finalizer(token);
        board.tenants.arrive(subject, is_new);
    }
}

/// Requests come as annotations, which change no generation; all other annotations are noise.
fn requests(token: &PersonalAccessToken) -> Option<u64> {
    let annotations = token.annotations();
    let mut hasher = DefaultHasher::new();
    [ANNOTATION_ROTATE, ANNOTATION_REVOKE].map(|name| annotations.get(name)).hash(&mut hasher);
    Some(hasher.finish())
}

/// What users write beside the spec, and no loop reads, takes no memory.
fn keep_what_is_used(token: &mut PersonalAccessToken) {
    let metadata = &mut token.metadata;
    metadata.labels = None;
    if let Some(annotations) = &mut metadata.annotations {
        annotations.retain(|name, _| name == ANNOTATION_ROTATE || name == ANNOTATION_REVOKE);
    }
}

/// They are a third of an object, and no loop reads them.
fn forget_managers<K: ResourceExt>(object: &mut K) {
    object.managed_fields_mut().clear();
}
