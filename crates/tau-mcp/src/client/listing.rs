//! The tools of a server, page by page and within bounds.

use rmcp::model::{PaginatedRequestParams, Tool};
use rmcp::service::{Peer, RoleClient, ServiceError};

/// More tools than any model could choose from; a list longer than this is a fault of the server.
const TOOLS: usize = 1_000;
/// A page may be empty, so the pages are bounded too.
const PAGES: usize = 200;

/// What a listing gave.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) tools: Vec<Tool>,
    /// Why the list is not the whole list.
    pub(super) cut: Option<String>,
}

/// Lists all tools, or as many as the bounds allow.
pub(super) async fn list(peer: &Peer<RoleClient>) -> Result<Listing, ServiceError> {
    let mut listing = Listing::default();
    let mut cursor = None;
    for _ in 0..PAGES {
        let params = PaginatedRequestParams::default().with_cursor(cursor.clone());
        let page = peer.list_tools(Some(params)).await?;
        listing.tools.extend(page.tools);
        if listing.tools.len() > TOOLS {
            listing.cut = Some(format!("has more than {TOOLS} tools: the others were left out"));
            listing.tools.truncate(TOOLS);
            return Ok(listing);
        }
        if page.next_cursor.is_none() {
            return Ok(listing);
        }
        if page.next_cursor == cursor {
            listing.cut = Some("gives the same page of tools again and again".to_owned());
            return Ok(listing);
        }
        cursor = page.next_cursor;
    }
    listing.cut = Some(format!("has more than {PAGES} pages of tools: the others were left out"));
    Ok(listing)
}
