//! `tau rpc`: the interface, for people without a client.

use std::io::{self, IsTerminal, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use connectrpc::Router;
use connectrpc::client::ServiceTransport;
use futures::StreamExt;
use tau_client::{Answers, Client, Endpoint, Error};
use tau_runtime::server::http::{HttpService, Peer};
use tower::util::MapRequest;

use crate::args::{CallArgs, RpcArgs, RpcCommand, ServerArgs};
use crate::config;
use crate::exit::{Exit, UsageError};
use crate::host::{Host, Keep};
use crate::remote;
use crate::rpc::{Interface, Method};
use crate::serve::{ConfiguredFactory, Limits, ServerLog, interface_options};
use crate::store::Place;

/// How long what a call began in this process may go on after it.
const PATIENCE: Duration = Duration::from_secs(30);
/// What is logged of a call in this process.
const LOG: &str = "warn";

pub(crate) async fn rpc(args: RpcArgs, server: &ServerArgs) -> miette::Result<Exit> {
    let interface = Interface::read();
    match args.command {
        RpcCommand::List => list(&interface),
        RpcCommand::Describe(args) => describe(&interface, &args.name)?,
        RpcCommand::Call(args) => return call(&interface, *args, server).await,
    }
    Ok(Exit::Done)
}

/// Output that nobody reads is no error of ours.
fn print(text: &str) {
    let _ = io::stdout().lock().write_all(text.as_bytes());
}

fn list(interface: &Interface) {
    for (service, summary, methods) in interface.services() {
        let methods: String = methods.iter().map(|method| format!("  {}\n", method.signature())).collect();
        print(&format!("{service}: {summary}\n{methods}"));
    }
}

fn describe(interface: &Interface, name: &str) -> Result<(), UsageError> {
    if let Some(method) = interface.method(name) {
        print(&format!("{}\n", method.text));
        for text in interface.types(method.request).iter().chain(&interface.types(method.response)[..1]) {
            print(&format!("{text}\n"));
        }
        return Ok(());
    }
    match interface.text(name) {
        Some(text) => print(text),
        None => return Err(unknown(interface, name)),
    }
    Ok(())
}

fn unknown(interface: &Interface, name: &str) -> UsageError {
    let names = interface.names();
    let nearest =
        names.iter().max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)));
    let nearest = nearest.map(|nearest| format!("did you mean `{nearest}`? ")).unwrap_or_default();
    UsageError::new(
        format!("the interface has no service, method or type `{name}`"),
        format!("{nearest}`tau rpc list` shows the methods"),
    )
}

async fn call(interface: &Interface, args: CallArgs, server: &ServerArgs) -> miette::Result<Exit> {
    let method = interface.method(&args.method).ok_or_else(|| unknown(interface, &args.method))?;
    if method.is_asked_in_stream {
        let message = format!("`{}` is a conversation, which one message does not make", method.name);
        return Err(
            UsageError::new(message, "tau-client and the examples in examples/clients speak it").into()
        );
    }
    let message = message(args.message.as_deref())?;
    if let Some(client) = remote::connect(server).await? {
        remote::refuse_flags([
            (args.common.model.is_some(), "--model"),
            (args.common.cwd.is_some(), "--cwd"),
            (args.common.trust_project, "--trust-project"),
        ])?;
        remote::refuse_place(&args.store)?;
        return ask(&client, &method, &message).await.map_err(remote::failed);
    }
    let loaded = config::load(&args.common, None)?;
    let roots = vec![loaded.working_dir.clone()];
    let place = Place::new(&args.store)?;
    let keep = Keep::Here(Arc::new(place.open_to_write()?));
    let limits = Limits::new(&loaded)?;
    let options = interface_options(loaded.clone(), ServerLog::start(LOG)?, &limits);
    let factory = Arc::new(ConfiguredFactory::new(loaded, Some(place), roots));
    let mut host = Host::start("tau serve", factory, keep, limits.max_sessions, options)?;
    let asked = match Client::connect(network(host.service(&limits.http)?)).await {
        Ok(client) => ask_here(&client, &method, &message).await,
        Err(error) => Err(error),
    };
    host.drain(PATIENCE).await;
    host.end().await;
    asked.map_err(remote::failed)
}

/// The way to the very calls that come over a network, without one.
fn network(service: HttpService<Router>) -> Endpoint {
    let service = MapRequest::new(service, |mut request: http::Request<_>| {
        request.extensions_mut().insert(Peer::InProcess);
        request
    });
    Endpoint::in_process(ServiceTransport::new(service))
}

/// Calls within this process, which lasts no longer than the call: a session that has to be live is made so.
async fn ask_here(client: &Client, method: &Method, message: &str) -> Result<Exit, Error> {
    match ask(client, method, message).await {
        Err(error) if error.reason() == "not_live" => {
            let message_of: serde_json::Value = serde_json::from_str(message).unwrap_or_default();
            let id = message_of.get("sessionId").or_else(|| message_of.get("session_id"));
            let Some(id) = id.and_then(serde_json::Value::as_str) else { return Err(error) };
            client.session(id).resume().await?;
            ask(client, method, message).await
        }
        asked => asked,
    }
}

/// Calls, and prints the answers as they come.
async fn ask(client: &Client, method: &Method, message: &str) -> Result<Exit, Error> {
    let answers = if method.is_answered_in_stream { Answers::Stream } else { Answers::One };
    let mut told = client.call_json(&method.path(), message, answers).await?;
    while let Some(answer) = told.next().await {
        let answer = answer?;
        let text = match answers {
            Answers::One => pretty(&answer),
            _ => answer,
        };
        if writeln!(io::stdout().lock(), "{text}").is_err() {
            // Nobody reads any more.
            break;
        }
    }
    Ok(Exit::Done)
}

/// An answer on several lines, its keys sorted.
fn pretty(answer: &str) -> String {
    match serde_json::from_str::<serde_json::Value>(answer) {
        Ok(value) => serde_json::to_string_pretty(&value).unwrap_or_else(|_| answer.to_owned()),
        Err(_) => answer.to_owned(),
    }
}

/// The message: an argument, a file, or standard input.
fn message(argument: Option<&str>) -> Result<String, UsageError> {
    let help = "write the message as JSON, name a file with @FILE, or pipe it in with -";
    let text = match argument {
        None => "{}".to_owned(),
        Some("-") if io::stdin().is_terminal() => {
            return Err(UsageError::new("standard input is a terminal", help));
        }
        Some("-") => {
            let mut text = String::new();
            io::stdin()
                .read_to_string(&mut text)
                .map_err(|error| UsageError::new(format!("standard input cannot be read: {error}"), help))?;
            text
        }
        Some(text) => match text.strip_prefix('@') {
            Some(file) => std::fs::read_to_string(file)
                .map_err(|error| UsageError::new(format!("{file} cannot be read: {error}"), help))?,
            None => text.to_owned(),
        },
    };
    let parsed: Result<serde_json::Value, _> = serde_json::from_str(&text);
    match parsed {
        Ok(serde_json::Value::Object(_)) => Ok(text),
        Ok(_) => Err(UsageError::new("the message is no JSON object", help)),
        Err(error) => Err(UsageError::new(format!("the message is no JSON: {error}"), help)),
    }
}
