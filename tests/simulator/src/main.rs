//! The simulator as a process: for use by hand with curl, and for tests that want it outside.
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use isc_simulator::{Options, Simulator, StartError, Switches, TenantSpec, UserSpec};
use serde_json::{Value, json};

/// Imitates the SailPoint APIs that pat-operator calls: the OAuth token endpoint, personal access
/// tokens (v1, v3, beta, v2024 to v2026), public identities and the NERM probe.
///
/// A tenant's apiUrl is BASE/t/TENANT; the tenant 'default' also lives at BASE. Everything inside
/// can be seen and changed while it runs: GET BASE/_sim lists how. Nothing is kept when it ends.
#[derive(Parser)]
#[command(version, after_help = AFTER)]
struct Arguments {
    /// Address for plain HTTP; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8085")]
    listen: SocketAddr,
    /// Serve HTTPS too, on this address, with a certificate for localhost, 127.0.0.1 and ::1
    #[arg(long, value_name = "ADDRESS")]
    listen_tls: Option<SocketAddr>,
    /// Write the CA of the HTTPS certificate to this file, as PEM
    #[arg(long, value_name = "FILE", requires = "listen_tls")]
    ca_file: Option<PathBuf>,
    /// A tenant to begin with; may be repeated
    #[arg(long = "tenant", value_name = "NAME", default_value = "default")]
    tenants: Vec<String>,
    /// Further tenants named tenant-000, tenant-001 …
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    more_tenants: usize,
    /// User level of each tenant's first user; may be repeated
    #[arg(long = "level", value_name = "LEVEL", default_value = "ORG_ADMIN")]
    levels: Vec<String>,
    /// Scope of that user's seed token; may be repeated
    #[arg(long = "scope", value_name = "SCOPE", default_value = "sp:scopes:all")]
    scopes: Vec<String>,
    /// Fix all ids and client secrets, so that runs are repeatable
    #[arg(long)]
    seed: Option<u64>,
    /// How the tenants behave, as an object with the keys of PATCH /_sim/switches
    #[arg(long, value_name = "JSON", value_parser = json_object)]
    dialect: Option<Value>,
    /// Draw how they behave from this number: another ISC for each; --dialect is put on top
    #[arg(long, value_name = "NUMBER")]
    draw: Option<u64>,
    /// Print one line of JSON (URLs, CA, tenants, seed credentials, switches) instead of text
    #[arg(long)]
    json: bool,
    /// Write the same JSON to this file once connections are accepted
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
}

const AFTER: &str = "\
Examples:
  isc-simulator --tenant acme --level HELPDESK
  isc-simulator --dialect '{\"listLagSeconds\": 30, \"dialect\": {\"scopeClaim\": \"absent\"}}'
  curl -s BASE/oauth/token -d grant_type=client_credentials -d client_id=ID -d client_secret=VALUE
  curl -s BASE/_sim/record
  curl -s BASE/_sim/faults -H 'content-type: application/json' -d '{\"operation\": \"create\", \"drop\": \"after\", \"times\": 1}'
  curl -s BASE/_sim/clock -H 'content-type: application/json' -d '{\"advance\": \"11m\"}'";

/// Why the process ends without having served.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("--dialect does not fit: {0}")]
    Dialect(String),
    #[error("cannot write '{0}': {1}")]
    Write(PathBuf, std::io::Error),
    #[error("cannot wait for a signal: {0}")]
    Signal(std::io::Error),
}

fn main() -> ExitCode {
    match serve(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("isc-simulator: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn serve(arguments: &Arguments) -> Result<(), Failure> {
    let simulator = Simulator::start(options(arguments)?)?;
    announce(arguments, &simulator)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::Signal)?;
    runtime.block_on(ended()).map_err(Failure::Signal)
}

/// Ends on SIGINT or SIGTERM.
async fn ended() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

fn options(arguments: &Arguments) -> Result<Options, Failure> {
    let levels: Vec<&str> = arguments.levels.iter().map(String::as_str).collect();
    let scopes: Vec<&str> = arguments.scopes.iter().map(String::as_str).collect();
    let user = UserSpec::named("admin").with_levels(&levels).with_seed_scopes(&scopes);
    let more = (0..arguments.more_tenants).map(|n| format!("tenant-{n:03}"));
    let tenant = |name: String| TenantSpec { name, users: vec![user.clone()] };
    Ok(Options {
        http: Some(arguments.listen),
        https: arguments.listen_tls,
        seed: arguments.seed,
        switches: switches(arguments)?,
        tenants: arguments.tenants.iter().cloned().chain(more).map(tenant).collect(),
        ..Options::default()
    })
}

fn switches(arguments: &Arguments) -> Result<Switches, Failure> {
    let drawn = arguments.draw.map_or_else(Switches::default, Switches::drawn_from);
    match &arguments.dialect {
        Some(patch) => drawn.merged(patch).map_err(Failure::Dialect),
        None => Ok(drawn),
    }
}

fn json_object(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|e| format!("this is no JSON: {e}"))
}

fn announce(arguments: &Arguments, simulator: &Simulator) -> Result<(), Failure> {
    let write = |path: &PathBuf, text: &str| {
        let partial = path.with_extension("partial");
        std::fs::write(&partial, text)
            .and_then(|()| std::fs::rename(&partial, path))
            .map_err(|e| Failure::Write(path.clone(), e))
    };
    let ready = json!({
        "url": simulator.url(),
        "httpsUrl": simulator.https_url(),
        "caPem": simulator.ca_pem(),
        "tenants": simulator.tenants(),
        "switches": switches(arguments)?,
    });
    if let Some(path) = &arguments.ca_file {
        write(path, simulator.ca_pem())?;
    }
    if arguments.json {
        println!("{ready}");
    } else {
        print_text(simulator);
        if arguments.draw.is_some() {
            println!("\nswitches: {}", ready["switches"]);
        }
    }
    arguments.ready_file.as_ref().map_or(Ok(()), |path| write(path, &ready.to_string()))
}

fn print_text(simulator: &Simulator) {
    println!("base:    {}", simulator.url());
    if !simulator.https_url().is_empty() {
        println!("https:   {}", simulator.https_url());
    }
    println!("control: {}/_sim", simulator.url());
    for tenant in simulator.tenants() {
        println!("\ntenant '{}': {}", tenant.tenant, simulator.tenant_url(&tenant.tenant));
        for user in &tenant.users {
            println!("  user '{}' {}", user.name, user.id);
            for seed in &user.seeds {
                println!(
                    "    client ID     {}\n    client secret {}",
                    seed.client_id, seed.client_secret
                );
            }
        }
    }
}
