//! Changes of lists, of servers that are to be asked for them (2026-07-28). Others tell unasked.

use std::sync::Arc;
use std::time::Duration;

use rmcp::model::{ProtocolVersion, ServerPeerInfo, SubscriptionFilter};
use rmcp::service::{Peer, RoleClient};
use tokio::task::JoinHandle;

use super::handler::Handler;

/// How long to wait before a subscription that ended is asked for again; doubled each time.
const PAUSE: Duration = Duration::from_secs(1);
/// A server that ended so many subscriptions in a row does not want them.
const ATTEMPTS: u32 = 6;

/// A subscription. Dropping it ends it.
#[derive(Debug)]
pub(super) struct ListChanges(JoinHandle<()>);

impl ListChanges {
    /// Subscribes in the background, if the server is one to be asked and has lists that change.
    pub(super) fn follow(
        peer: &Peer<RoleClient>,
        info: Option<&ServerPeerInfo>,
        handler: &Arc<Handler>,
    ) -> Option<Self> {
        let filter =
            info.filter(|info| info.protocol_version >= ProtocolVersion::V_2026_07_28).map(filter)?;
        if filter == SubscriptionFilter::default() {
            return None;
        }
        let (peer, handler) = (peer.clone(), Arc::clone(handler));
        Some(Self(tokio::spawn(async move {
            let mut pause = PAUSE;
            for _ in 0..ATTEMPTS {
                // A refusal is no error of anybody: then lists are read once.
                let Ok(mut subscription) = peer.listen(filter.clone()).await else { return };
                while let Ok(Some(notification)) = subscription.next().await {
                    handler.note(&notification);
                }
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
        })))
    }
}

impl Drop for ListChanges {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn filter(info: &ServerPeerInfo) -> SubscriptionFilter {
    let capabilities = &info.capabilities;
    let mut filter = SubscriptionFilter::builder();
    if capabilities.tools.as_ref().is_some_and(|tools| tools.list_changed == Some(true)) {
        filter = filter.tools_list_changed();
    }
    if capabilities.prompts.as_ref().is_some_and(|prompts| prompts.list_changed == Some(true)) {
        filter = filter.prompts_list_changed();
    }
    if capabilities.resources.as_ref().is_some_and(|resources| resources.list_changed == Some(true)) {
        filter = filter.resources_list_changed();
    }
    filter.build()
}
