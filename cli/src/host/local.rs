//! A runtime for the sessions of one command: `tau run` and `tau resume` without a server, and `tau graph`.

use std::sync::Arc;
use std::time::Duration;

use tau_client::{Client, ClientOptions};
use tau_core::SessionId;
use tau_runtime::SessionOptions;
use tau_runtime::runtime::DEFAULT_MAX_SESSIONS;
use tau_runtime::server::InterfaceOptions;
use tau_tools::environment::adopt_orphans;

use super::prepared::Prepared;
use super::{FAREWELL, Host, Keep};
use crate::config::Loaded;
use crate::output::{Renderer, printable};
use crate::session::ChosenModel;
use crate::{project, remote};

/// As long as anybody may wait for their own program: whoever is at a terminal makes room on a disk when they can, or ends it.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A runtime in this process for the sessions of one command, and the way to it.
pub(crate) struct Local {
    host: Host,
    client: Client,
    prepared: Arc<Prepared>,
}

impl Local {
    /// Says what there is to say about the configuration before anything starts.
    pub(crate) fn announce(renderer: &mut dyn Renderer, loaded: &Loaded, chosen: &ChosenModel) {
        Self::notes(loaded).chain(chosen.note.clone()).for_each(|note| renderer.note(&printable(&note)));
    }

    /// What there is to say about the configuration, whatever the model.
    pub(crate) fn notes(loaded: &Loaded) -> impl Iterator<Item = String> {
        // Commands that leave their process group come back to us, so that they can be ended too.
        let orphans = adopt_orphans().err();
        let orphans =
            orphans.map(|error| format!("processes that detach themselves may stay behind: {error}"));
        [loaded.distrust_note(), loaded.unclear_note(), orphans].into_iter().flatten()
    }

    /// Starts one for a session. Nothing is live in it yet.
    pub(crate) async fn start(
        keep: Keep,
        session: SessionId,
        options: SessionOptions,
    ) -> miette::Result<Self> {
        let tools = options.tools.names().map(str::to_owned).collect();
        let local = Self::start_empty(keep, &options.config.model, tools).await?;
        local.prepare(session, options);
        Ok(local)
    }

    /// Starts one for sessions that are prepared later.
    pub(crate) async fn start_empty(keep: Keep, model: &str, tools: Vec<String>) -> miette::Result<Self> {
        let mut interface = InterfaceOptions::default();
        // Whoever reads is this program: it is slow where it was stopped, or its output is.
        interface.service.read_timeout = DAY;
        interface.reflection = false;
        let prepared = Arc::new(Prepared::new(model, tools));
        let factory = Arc::clone(&prepared) as _;
        let mut host = Host::start("tau", factory, keep, DEFAULT_MAX_SESSIONS, interface)?;
        let options = ClientOptions::default().with_timeout(DAY);
        let client = Client::connect_with(host.endpoint(), options).await.map_err(remote::failed)?;
        Ok(Self { host, client, prepared })
    }

    /// Prepares a session, which may then be made or taken up once.
    pub(crate) fn prepare(&self, session: SessionId, options: SessionOptions) {
        self.prepared.add(session, options);
    }

    /// Its interface.
    pub(crate) const fn client(&self) -> &Client {
        &self.client
    }

    /// Ends it, with everything it started. What is under way goes on when the session is resumed.
    pub(crate) async fn end(self) {
        // Where nothing can be written, a session cannot be given back; that its holder is gone is seen.
        let _ = tokio::time::timeout(FAREWELL, self.host.drain(Duration::ZERO)).await;
        project::hooks_have_ended().await;
        self.host.end().await;
    }
}
