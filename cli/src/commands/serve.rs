//! `tau serve`: sessions for whoever calls.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tau_persist::{Holder, Journal, JournalOptions, Store};
use tau_runtime::attach::{AttachedStore, Attachments, Caller, in_process};
use tau_runtime::runtime::{Runtime, RuntimeOptions, SessionStore};
use tau_runtime::server::http::{HttpOptions, HttpService, JsonShapes, Listener, serve as serve_http};
use tau_runtime::server::{Interface, InterfaceOptions};
use tau_tools::environment::{adopt_orphans, kill_descendants};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::args::ServeArgs;
use crate::config;
use crate::environment;
use crate::exit::{Exit, UsageError};
use crate::interrupt;
use crate::serve::{CliOperator, ConfiguredFactory, ServerLog, read_or_make, tls};
use crate::store::Place;

/// How long extensions may take to leave when everything else has ended.
const FAREWELL: Duration = Duration::from_secs(5);

/// Serves until it is told to end, then drains.
pub(crate) async fn serve(args: ServeArgs) -> miette::Result<Exit> {
    let log = ServerLog::start(&args.log)?;
    let loaded = config::load(&args.common, None)?;
    let is_kept_here = !args.ephemeral && args.require_journals.is_none();
    let place = if is_kept_here { Some(Place::new(&args.store)?) } else { None };
    let mut http = HttpOptions::default();
    http.access.allowed_origins.clone_from(&args.allow_origin);
    let token_file = match args.socket {
        Some(_) => None,
        None => Some(token_file(&args)?),
    };
    if let Some(file) = &token_file {
        let token = read_or_make(file)
            .map_err(|error| miette::miette!("the token in {} cannot be used: {error}", file.display()))?;
        http.access.token = Some(token);
    }
    http.tls = tls(&args)?;
    let roots = roots(&args, &loaded.working_dir)?;
    let attachments = Attachments::default();
    let kept = match &place {
        Some(place) => Some(Kept::start(Arc::new(place.open_to_write()?), &attachments)),
        None => None,
    };
    let operator = Arc::new(CliOperator::new(loaded.clone(), log));
    let factory = ConfiguredFactory::new(loaded, place, roots);
    let journals = match args.require_journals {
        Some(required) => required as usize,
        None => usize::from(kept.is_some()),
    };
    let runtime = runtime(factory, &attachments, journals);

    let mut options = InterfaceOptions::default();
    "tau".clone_into(&mut options.server_name);
    env!("CARGO_PKG_VERSION").clone_into(&mut options.server_version);
    options.operator = Some(operator);
    options.limits.max_message_bytes = http.messages.max_bytes as u64;
    options.limits.max_json_depth = u32::try_from(http.messages.max_json_depth).unwrap_or(u32::MAX);
    options.limits.default_timeout = Some(duration(http.deadlines.default_unary)).into();
    options.limits.max_timeout = Some(duration(http.deadlines.max_unary)).into();
    options.limits.max_concurrent_streams = http.connections.max_concurrent_streams;
    let interface = Interface::new(runtime.clone(), options).map_err(|error| miette::miette!("{error}"))?;
    let shapes = JsonShapes::decode(tau_proto::DESCRIPTORS).map_err(|error| miette::miette!("{error}"))?;
    let service = HttpService::new(interface.router, shapes, &[], &http);

    let listener = listen(&args).await?;
    announce(&args, &listener, token_file.as_deref());
    // Commands that leave their process group come back to us, so that they can be ended too.
    if let Err(error) = adopt_orphans() {
        anstream::eprintln!("processes that detach themselves may stay behind: {error}");
    }
    let mut interrupts =
        interrupt::listen().map_err(|error| miette::miette!("cannot listen for signals: {error}"))?;
    let shutdown = CancellationToken::new();
    let server = tokio::spawn({
        let shutdown = shutdown.clone();
        async move { serve_http(listener, service, &http, shutdown).await }
    });
    // Whoever asks for a drain over the interface ends the sessions, and not the program.
    let watch = tokio::spawn(async move {
        interface.readiness.draining().await;
        interface.readiness
    });
    interrupts.recv().await;
    anstream::eprintln!("draining; press Ctrl-C again to kill");
    watch.abort();
    let drained = runtime.drain(args.drain.get()).await;
    // Only now: until then sessions are given back by calls of the journal that has them.
    attachments.drain(FAREWELL);
    shutdown.cancel();
    // How it stopped is of no consequence any more.
    let _ = server.await;
    kill_descendants();
    attachments.close();
    if let Some(kept) = kept {
        kept.finish().await;
    }
    let (released, interrupted) = (drained.released, drained.interrupted);
    anstream::eprintln!(
        "{released} sessions were released, {interrupted} of them can be resumed in the middle of a run"
    );
    Ok(Exit::Done)
}

/// A runtime whose sessions so many journals must hold. With none they are gone when it ends.
fn runtime(factory: ConfiguredFactory, attachments: &Attachments, journals: usize) -> Runtime {
    let mut options = RuntimeOptions::new(Arc::new(factory));
    options.attachments = attachments.clone();
    options.required_acks = journals;
    if journals > 0 {
        // Others can see whether the process behind this name is gone, and then need not wait.
        let holder = Holder::this_process("tau serve").to_string();
        options.store =
            Some(Arc::new(AttachedStore::new(attachments.clone(), holder)) as Arc<dyn SessionStore>);
    }
    Runtime::new(options)
}

/// The persistence extension in this process, attached as it would be over the network.
struct Kept {
    attachment: JoinHandle<()>,
    journal: JoinHandle<()>,
}

impl Kept {
    fn start(store: Arc<dyn Store>, attachments: &Attachments) -> Self {
        let (runtime, extension) = in_process();
        let hub = attachments.clone();
        // How either side ends is what sessions see of it: their events are stored, or they are not.
        let attachment = tokio::spawn(async move {
            let _ = hub.attach(runtime.incoming, runtime.outgoing, &Caller::trusted()).await;
        });
        let journal = Journal::new(store, JournalOptions::new("tau-persist"));
        let journal = tokio::spawn(async move {
            let _ = journal.run(extension.incoming, extension.outgoing, std::future::pending()).await;
        });
        Self { attachment, journal }
    }

    async fn finish(self) {
        let both = async { tokio::join!(self.attachment, self.journal) };
        // What is acknowledged is stored; whoever takes longer has nothing more to store.
        let _ = tokio::time::timeout(FAREWELL, both).await;
    }
}

fn token_file(args: &ServeArgs) -> Result<PathBuf, UsageError> {
    let folder = || args.store.state_dir.clone().or_else(environment::state_dir);
    args.token_file
        .clone()
        .or_else(|| folder().map(|folder| folder.join("token")))
        .ok_or_else(|| UsageError::new("no home folder is known", "say where the token is with --token-file"))
}

fn roots(args: &ServeArgs, usual: &std::path::Path) -> Result<Vec<PathBuf>, UsageError> {
    let given = if args.root.is_empty() { vec![usual.to_path_buf()] } else { args.root.clone() };
    given
        .into_iter()
        .map(|root| {
            root.canonicalize().map_err(|error| {
                let message = format!("--root {}: {error}", root.display());
                UsageError::new(message, "name a folder that exists")
            })
        })
        .collect()
}

async fn listen(args: &ServeArgs) -> miette::Result<Listener> {
    match &args.socket {
        Some(path) => Listener::bind_unix(path)
            .await
            .map_err(|error| miette::miette!("cannot listen on {}: {error}", path.display())),
        None => {
            let listener = tokio::net::TcpListener::bind(args.listen).await.map_err(|error| {
                miette::miette!(
                    help = "choose another with --listen",
                    "cannot listen on {}: {error}",
                    args.listen
                )
            })?;
            Ok(Listener::Tcp(listener))
        }
    }
}

fn announce(args: &ServeArgs, listener: &Listener, token_file: Option<&std::path::Path>) {
    match (listener, &args.socket) {
        (Listener::Tcp(tcp), _) => {
            let address =
                tcp.local_addr().map_or_else(|_| args.listen.to_string(), |address| address.to_string());
            let scheme = if args.tls_cert.is_some() { "https" } else { "http" };
            anstream::println!("{scheme}://{address}");
        }
        (_, Some(path)) => anstream::println!("unix:{}", path.display()),
        _ => {}
    }
    if let Some(file) = token_file {
        anstream::eprintln!("callers send the token in {}", file.display());
    }
}

fn duration(time: Duration) -> tau_proto::buffa_types::google::protobuf::Duration {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    tau_proto::buffa_types::google::protobuf::Duration {
        seconds,
        nanos: i32::try_from(time.subsec_nanos()).unwrap_or_default(),
        ..Default::default()
    }
}
