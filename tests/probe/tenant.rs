//! A tenant in a simulator of its own, and runs of the binary against it, each searched for secret
//! values and for excess.
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use isc_simulator::{
    ACCESS_TOKEN_MARKER, CLIENT_SECRET_MARKER, Control, Effect, Entry, GateSpec, Kind, Operation,
    Options, Origin, Simulator, Switches, TenantSpec, TokenState, UserSpec, When,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tempfile::TempDir;

use crate::run::{Running, Told};

/// The tenant and its user.
pub const TENANT: &str = "acme";
/// How the names of the probe's tokens begin.
pub const PREFIX: &str = "pat-operator probe ";
/// A simulator with one tenant, and a folder with its seed.
pub struct Tenant {
    pub simulator: Simulator,
    folder: TempDir,
}

impl Tenant {
    /// A tenant that speaks the default dialect.
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// A tenant with these switches.
    pub fn with(edit: impl FnOnce(&mut Switches)) -> Self {
        let mut switches = Switches::default();
        edit(&mut switches);
        Self::started(Options {
            switches,
            ..Options::with_tenants(vec![TenantSpec::named(TENANT)])
        })
    }

    /// A simulator that is started so.
    pub fn started(options: Options) -> Self {
        let tenant = Self {
            simulator: Simulator::start(options).unwrap(),
            folder: tempfile::tempdir().unwrap(),
        };
        let seed = tenant.simulator.seed(TENANT).unwrap();
        let text =
            json!({"clientId": seed.client_id, "clientSecret": seed.client_secret}).to_string();
        fs::write(tenant.seed_file(), text).unwrap();
        tenant
    }

    pub fn control(&self) -> &Control {
        self.simulator.control()
    }

    /// The seed as a file.
    pub fn seed_file(&self) -> PathBuf {
        self.path("seed.json")
    }

    /// A file in the folder of the test.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Identity id of the user.
    pub fn user(&self) -> &str {
        &self.simulator.tenants()[0].users[0].id
    }

    /// A second user of the tenant.
    pub fn another_user(&self) -> String {
        self.control().add_user(TENANT, &UserSpec::named("other")).unwrap().id
    }

    /// The binary with nothing but these arguments, and no environment.
    pub fn bare(arguments: &[&str]) -> Command {
        let mut command = Command::new(stage::binary());
        command.arg("probe").args(arguments).env_clear();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The binary with this URL, the seed and these arguments.
    pub fn at(&self, url: &str, arguments: &[&str]) -> Command {
        let mut command = Self::bare(arguments);
        command.args(["--api-url", url]).arg("--seed-file").arg(self.seed_file());
        command
    }

    /// The binary with URL, seed and consent, short waits and JSON, and these arguments besides.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.at(
            &self.simulator.tenant_url(TENANT),
            &["--allow-loopback-http", "--yes", "--output", "json"],
        );
        // Of a flag that is given twice the last one would be refused.
        if !arguments.contains(&"--list-lag") {
            command.args(["--list-lag", "1s"]);
        }
        command.args(arguments);
        command
    }

    /// Runs the probe to its end.
    pub fn probe(&self, arguments: &[&str]) -> Told {
        self.run(self.command(arguments))
    }

    /// Runs a command to its end.
    pub fn run(&self, mut command: Command) -> Told {
        self.told(&command.output().unwrap())
    }

    /// Starts a command.
    pub fn start(&self, mut command: Command) -> Running<'_> {
        Running::of(self, command.spawn().unwrap())
    }

    /// What came out of a run, once it is searched for secret values and for excess.
    pub fn told(&self, output: &Output) -> Told {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let (code, signal) = (output.status.code(), output.status.signal());
        let told = Told { code, signal, out: text(&output.stdout), err: text(&output.stderr) };
        let mut canaries = self.control().client_secrets();
        canaries.extend([CLIENT_SECRET_MARKER.to_owned(), ACCESS_TOKEN_MARKER.to_owned()]);
        for canary in &canaries {
            assert!(
                !told.out.contains(canary) && !told.err.contains(canary),
                "a secret value was told: {told:?}"
            );
        }
        assert!(!told.err.contains("panicked"), "{}", told.err);
        self.assert_modest();
        told
    }

    /// Nothing that a probe may not do is on record: too many tokens, too long lives, changes of
    /// what is not its own.
    pub fn assert_modest(&self) {
        assert_eq!(self.control().violations(), []);
        let ten_minutes = SignedDuration::from_mins(10);
        let mut alive: BTreeMap<String, Timestamp> = BTreeMap::new();
        for entry in self.effects() {
            let (id, name) = (entry.token_id.unwrap(), entry.token_name.unwrap());
            assert!(
                name.starts_with(PREFIX) && !name.starts_with("pat1-"),
                "{name} is not the probe's"
            );
            let expires = entry.expiration_date.expect("a probe's token expires");
            let before = match entry.effect.unwrap() {
                Effect::Created => alive.insert(id, expires),
                Effect::Patched => alive.insert(id, expires),
                Effect::Deleted | Effect::Expired => alive.remove(&id),
            };
            assert!(before.is_none_or(|before| expires <= before), "{name} was prolonged");
            assert!(expires <= entry.at + ten_minutes || before.is_some(), "{name} lives too long");
            assert!(entry.scope.is_some_and(|scope| !scope.is_empty()), "{name} has no scope");
            assert!(alive.len() <= 3, "{} tokens at once", alive.len());
        }
    }

    /// What calls of the token API did to tokens, in order.
    pub fn effects(&self) -> Vec<Entry> {
        let all = self.control().record_since(0).into_iter();
        all.filter(|entry| entry.kind == Kind::Effect && entry.origin == Origin::Api).collect()
    }

    /// Tokens whose name begins as the probe's.
    pub fn left(&self) -> Vec<TokenState> {
        let all = self.control().tokens(TENANT).unwrap();
        all.into_iter().filter(|token| token.name.starts_with(PREFIX)).collect()
    }

    /// How many requests came.
    pub fn requests(&self) -> usize {
        self.control().record_since(0).iter().filter(|entry| entry.kind == Kind::Request).count()
    }

    /// Closes a gate, lets so many requests pass it, and waits for the next one.
    pub fn hold(
        &self,
        operation: Operation,
        when: When,
        after: usize,
        start: impl FnOnce() -> Child,
    ) -> (u64, Child) {
        let gate =
            self.control().close_gate(GateSpec { tenant: None, operation: Some(operation), when });
        let child = start();
        for passed in 0..=after {
            let arrived = u64::try_from(passed).unwrap() + 1;
            eventually(&format!("{operation:?} number {arrived}"), || {
                self.control()
                    .gates()
                    .iter()
                    .any(|state| state.id == gate && state.arrived >= arrived && state.held > 0)
            });
            if passed < after {
                self.control().release_gate(gate, 1).unwrap();
            }
        }
        (gate, child)
    }

    /// Opens a gate and waits until what it held has come to its end.
    pub fn open(&self, gate: u64) {
        let requests = self.requests();
        self.control().open_gate(gate).unwrap();
        eventually("the end of what was held", || self.requests() > requests);
    }
}

/// Looks again until something is so.
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    stage::wait(what, || is_so().then_some(()));
}
