//! Lists of a server, page by page and within bounds.

use rmcp::model::{
    ClientRequest, ListPromptsRequest, ListResourceTemplatesRequest, ListResourcesRequest, ListToolsRequest,
    PaginatedRequestParams, Prompt, Resource, ResourceTemplate, ServerResult, Tool,
};
use rmcp::service::ServiceError;

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

    /// The request for a page.
    fn request(params: PaginatedRequestParams) -> ClientRequest;

    /// A page, and where the next begins; `None` for an answer that is none.
    fn page(result: ServerResult) -> Option<(Vec<Self>, Option<String>)>;
}

impl Listed for Tool {
    const NAME: &'static str = "tools";

    fn request(params: PaginatedRequestParams) -> ClientRequest {
        ClientRequest::ListToolsRequest(ListToolsRequest::with_param(params))
    }

    fn page(result: ServerResult) -> Option<(Vec<Self>, Option<String>)> {
        match result {
            ServerResult::ListToolsResult(page) => Some((page.tools, page.next_cursor)),
            _ => None,
        }
    }
}

impl Listed for Prompt {
    const NAME: &'static str = "prompts";

    fn request(params: PaginatedRequestParams) -> ClientRequest {
        ClientRequest::ListPromptsRequest(ListPromptsRequest::with_param(params))
    }

    fn page(result: ServerResult) -> Option<(Vec<Self>, Option<String>)> {
        match result {
            ServerResult::ListPromptsResult(page) => Some((page.prompts, page.next_cursor)),
            _ => None,
        }
    }
}

impl Listed for Resource {
    const NAME: &'static str = "resources";

    fn request(params: PaginatedRequestParams) -> ClientRequest {
        ClientRequest::ListResourcesRequest(ListResourcesRequest::with_param(params))
    }

    fn page(result: ServerResult) -> Option<(Vec<Self>, Option<String>)> {
        match result {
            ServerResult::ListResourcesResult(page) => Some((page.resources, page.next_cursor)),
            _ => None,
        }
    }
}

impl Listed for ResourceTemplate {
    const NAME: &'static str = "templates of resources";

    fn request(params: PaginatedRequestParams) -> ClientRequest {
        ClientRequest::ListResourceTemplatesRequest(ListResourceTemplatesRequest::with_param(params))
    }

    fn page(result: ServerResult) -> Option<(Vec<Self>, Option<String>)> {
        match result {
            ServerResult::ListResourceTemplatesResult(page) => {
                Some((page.resource_templates, page.next_cursor))
            }
            _ => None,
        }
    }
}

impl Link {
    /// A list, as far as the bounds allow.
    pub(crate) async fn list<T: Listed>(&self) -> Result<Listing<T>, McpError> {
        match self.pages().await {
            Ok(listing) => Ok(listing),
            Err(error) => Err(self.failed(&format!("the listing of its {}", T::NAME), error).await),
        }
    }

    async fn pages<T: Listed>(&self) -> Result<Listing<T>, ServiceError> {
        let mut listing = Listing::default();
        let mut cursor = None;
        for _ in 0..PAGES {
            let params = PaginatedRequestParams::default().with_cursor(cursor.clone());
            let result = self.send(T::request(params), None).await?;
            let (items, next) = T::page(result).ok_or(ServiceError::UnexpectedResponse)?;
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
}
