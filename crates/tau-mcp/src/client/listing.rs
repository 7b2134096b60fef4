//! Lists of a server, page by page and within bounds.

use rmcp::model::{PaginatedRequestParams, Prompt, Resource, ResourceTemplate, Tool};
use rmcp::service::{Peer, RoleClient, ServiceError};

use super::link::Link;
use crate::error::McpError;

/// More than anybody could choose from; a list longer than this is a fault of the server.
const ITEMS: usize = 1_000;
/// A page may be empty, so the pages are bounded too.
const PAGES: usize = 200;

/// What a listing gave.
#[derive(Debug)]
pub(crate) struct Listing<T> {
    pub(crate) items: Vec<T>,
    /// Why the list is not the whole list; completes the sentence "The server ...".
    pub(crate) cut: Option<String>,
}

impl<T> Default for Listing<T> {
    fn default() -> Self {
        Self { items: Vec::new(), cut: None }
    }
}

/// Something that servers have lists of.
pub(crate) trait Listed: Sized + Send {
    /// What they are called.
    const NAME: &'static str;

    /// One page, and where the next begins.
    fn page(
        peer: &Peer<RoleClient>,
        params: PaginatedRequestParams,
    ) -> impl Future<Output = Result<(Vec<Self>, Option<String>), ServiceError>> + Send;
}

impl Listed for Tool {
    const NAME: &'static str = "tools";

    async fn page(
        peer: &Peer<RoleClient>,
        params: PaginatedRequestParams,
    ) -> Result<(Vec<Self>, Option<String>), ServiceError> {
        let page = peer.list_tools(Some(params)).await?;
        Ok((page.tools, page.next_cursor))
    }
}

impl Listed for Prompt {
    const NAME: &'static str = "prompts";

    async fn page(
        peer: &Peer<RoleClient>,
        params: PaginatedRequestParams,
    ) -> Result<(Vec<Self>, Option<String>), ServiceError> {
        let page = peer.list_prompts(Some(params)).await?;
        Ok((page.prompts, page.next_cursor))
    }
}

impl Listed for Resource {
    const NAME: &'static str = "resources";

    async fn page(
        peer: &Peer<RoleClient>,
        params: PaginatedRequestParams,
    ) -> Result<(Vec<Self>, Option<String>), ServiceError> {
        let page = peer.list_resources(Some(params)).await?;
        Ok((page.resources, page.next_cursor))
    }
}

impl Listed for ResourceTemplate {
    const NAME: &'static str = "templates of resources";

    async fn page(
        peer: &Peer<RoleClient>,
        params: PaginatedRequestParams,
    ) -> Result<(Vec<Self>, Option<String>), ServiceError> {
        let page = peer.list_resource_templates(Some(params)).await?;
        Ok((page.resource_templates, page.next_cursor))
    }
}

impl Link {
    /// A list that it has, as far as the bounds allow.
    pub(crate) async fn list<T: Listed>(&self) -> Result<Vec<T>, McpError> {
        match list(&self.peer).await {
            Ok(listing) => Ok(listing.items),
            Err(error) => Err(self.failed(&format!("the listing of its {}", T::NAME), error).await),
        }
    }
}

/// Lists all, or as many as the bounds allow.
pub(super) async fn list<T: Listed>(peer: &Peer<RoleClient>) -> Result<Listing<T>, ServiceError> {
    let mut listing = Listing::default();
    let mut cursor = None;
    for _ in 0..PAGES {
        let params = PaginatedRequestParams::default().with_cursor(cursor.clone());
        let (items, next) = T::page(peer, params).await?;
        listing.items.extend(items);
        if listing.items.len() > ITEMS {
            listing.cut = Some(format!("has more than {ITEMS} {}: the others were left out", T::NAME));
            listing.items.truncate(ITEMS);
            return Ok(listing);
        }
        if next.is_none() {
            return Ok(listing);
        }
        if next == cursor {
            listing.cut = Some(format!("gives the same page of {} again and again", T::NAME));
            return Ok(listing);
        }
        cursor = next;
    }
    listing.cut = Some(format!("has more than {PAGES} pages of {}: the others were left out", T::NAME));
    Ok(listing)
}
