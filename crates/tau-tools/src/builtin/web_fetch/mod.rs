//! Gets pages of the web.

mod args;
mod markdown;
mod page;

use args::WebFetchArgs;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use tau_core::{EffectClass, ToolDefinition};
use url::Url;

use super::support;
use crate::environment::{Fetch, Fetched};
use crate::executor::{ToolContext, ToolExecutor, ToolOutput};

const NAME: &str = "web_fetch";
/// The most bytes of a page, and the most redirects within a host.
const PAGE_BYTES: usize = 5 << 20;
const REDIRECTS: usize = 5;

/// Gets pages of the web, as far as the environment's [`Fetch`] lets it.
#[derive(Debug)]
pub struct WebFetchTool {
    definition: ToolDefinition,
}

impl WebFetchTool {
    /// The tool.
    #[must_use]
    pub fn new() -> Self {
        Self { definition: support::definition::<WebFetchArgs>(NAME, include_str!("description.md")) }
    }

    async fn run(&self, context: &ToolContext, arguments: &Value) -> Result<ToolOutput, ToolOutput> {
        let args: WebFetchArgs = ToolOutput::arguments(&self.definition, arguments)?;
        let url = address(&args.url)?;
        let Some(fetch) = context.environment.fetch() else {
            return Err(ToolOutput::error("This session has no way to the web; nothing was fetched."));
        };
        let (url, fetched) = follow(fetch, url).await?;
        page::show(&url, fetched).await
    }
}

impl Default for WebFetchTool {
    fn default() -> Self {
        Self::new()
    }
}

impl ToolExecutor for WebFetchTool {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    /// Not pure: what is asked for tells the server something.
    fn effect(&self) -> EffectClass {
        EffectClass::Idempotent
    }

    fn execute<'a>(&'a self, context: &'a ToolContext, arguments: &'a Value) -> BoxFuture<'a, ToolOutput> {
        self.run(context, arguments).map(|output| output.unwrap_or_else(|failure| failure)).boxed()
    }
}

/// An address that may be fetched, as browsers read it.
fn address(text: &str) -> Result<Url, ToolOutput> {
    let refused = |problem: &str| ToolOutput::error(format!("{text:?} {problem}; nothing was fetched."));
    let mut url = Url::parse(text.trim()).map_err(|error| refused(&format!("is no address ({error})")))?;
    if url.scheme() != "https" {
        return Err(refused("is not https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused("holds a user's name or a password"));
    }
    url.set_fragment(None);
    Ok(url)
}

/// Gets what stands at an address, redirects within its host followed. One to another host was not what was permitted.
async fn follow(fetch: &dyn Fetch, mut url: Url) -> Result<(Url, Fetched), ToolOutput> {
    for _ in 0..=REDIRECTS {
        let fetched = fetch.get(url.as_str(), PAGE_BYTES).await;
        let fetched =
            fetched.map_err(|error| ToolOutput::error(format!("{url} was not fetched: {error}")))?;
        let location = fetched.location.as_deref().filter(|_| (300..400).contains(&fetched.status));
        let Some(location) = location else { return Ok((url, fetched)) };
        let next = url.join(location).map_err(|error| {
            ToolOutput::error(format!("{url} leads to {location:?}, which is no address ({error})"))
        })?;
        if next.origin() != url.origin() {
            return Err(ToolOutput::error(format!(
                "{url} leads to {next}. Fetch that, if it is what you want."
            )));
        }
        url = next;
    }
    Err(ToolOutput::error(format!("{url} leads on and on; it was given up after {REDIRECTS} redirects.")))
}
