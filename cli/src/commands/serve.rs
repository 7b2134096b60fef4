//! `tau serve`: sessions for whoever calls.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tau_runtime::server::http::{Listener, serve as serve_http};
use tau_tools::environment::adopt_orphans;
use tokio_util::sync::CancellationToken;

use crate::args::ServeArgs;
use crate::config;
use crate::exit::{Exit, UsageError};
use crate::host::{Host, Keep};
use crate::interrupt;
use crate::serve::{
    ConfiguredFactory, Limits, ServerLog, interface_options, read_or_make, tls, usual_token_file,
};
use crate::store::Place;

/// Serves until it is told to end, then drains.
pub(crate) async fn serve(args: ServeArgs) -> miette::Result<Exit> {
    let log = ServerLog::start(&args.log)?;
    let loaded = config::load(&args.common, Some(&args))?;
    let mut limits = Limits::new(&loaded)?;
    let token_file = match args.socket {
        Some(_) => None,
        None => Some(token_file(&args)?),
    };
    if let Some(file) = &token_file {
        let token = read_or_make(file)
            .map_err(|error| miette::miette!("the token in {} cannot be used: {error}", file.display()))?;
        limits.http.access.token = Some(token);
    }
    limits.http.tls = tls(&args.tls)?;
    let roots = roots(&args.root, &loaded.working_dir)?;
    let (keep, place) = match args.require_journals {
        Some(journals) => (Keep::Elsewhere { journals: journals as usize }, None),
        None if args.ephemeral => (Keep::Nowhere, None),
        None => {
            let place = Place::new(&args.store)?;
            (Keep::Here(Arc::new(place.open_to_write()?)), Some(place))
        }
    };
    let options = interface_options(loaded.clone(), log, &limits);
    let factory = Arc::new(ConfiguredFactory::new(loaded, place, roots));
    let mut host = Host::start("tau serve", factory, keep, limits.max_sessions, options)?;
    let Limits { http, listen, drain, .. } = limits;
    let service = host.service(&http)?;

    let listener = bind(&args, listen).await?;
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
    let watch = host.watch_drain();
    interrupts.recv().await;
    anstream::eprintln!("draining; press Ctrl-C again to kill");
    watch.abort();
    let drained = host.drain(drain).await;
    shutdown.cancel();
    // How it stopped is of no consequence any more.
    let _ = server.await;
    host.end().await;
    let (released, interrupted) = (drained.released, drained.interrupted);
    anstream::eprintln!(
        "{released} sessions were released, {interrupted} of them can be resumed in the middle of a run"
    );
    Ok(Exit::Done)
}

fn token_file(args: &ServeArgs) -> Result<PathBuf, UsageError> {
    args.token_file
        .clone()
        .or_else(|| usual_token_file(&args.store))
        .ok_or_else(|| UsageError::new("no home folder is known", "say where the token is with --token-file"))
}

fn roots(given: &[PathBuf], usual: &Path) -> Result<Vec<PathBuf>, UsageError> {
    let given = if given.is_empty() { vec![usual.to_path_buf()] } else { given.to_vec() };
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

async fn bind(args: &ServeArgs, address: SocketAddr) -> miette::Result<Listener> {
    match &args.socket {
        Some(path) => Listener::bind_unix(path)
            .await
            .map_err(|error| miette::miette!("cannot listen on {}: {error}", path.display())),
        None => {
            let listener = tokio::net::TcpListener::bind(address).await.map_err(|error| {
                miette::miette!(
                    help = "choose another with --listen, or `serve.listen` of the configuration",
                    "cannot listen on {address}: {error}"
                )
            })?;
            Ok(Listener::Tcp(listener))
        }
    }
}

fn announce(args: &ServeArgs, listener: &Listener, token_file: Option<&Path>) {
    match (listener, &args.socket) {
        (Listener::Tcp(tcp), _) => {
            let scheme = if args.tls.cert.is_some() { "https" } else { "http" };
            match tcp.local_addr() {
                Ok(address) => anstream::println!("{scheme}://{address}"),
                Err(error) => anstream::eprintln!("where it listens is not known: {error}"),
            }
        }
        (_, Some(path)) => anstream::println!("unix:{}", path.display()),
        _ => {}
    }
    if let Some(file) = token_file {
        anstream::eprintln!("callers send the token in {}", file.display());
    }
}
