//! Resources: what a server has to read.

use rmcp::model::{ReadResourceRequestParams, Resource, ResourceTemplate};
use tau_core::ToolResultBlock;

use crate::client::Link;
use crate::error::{McpError, McpErrorKind};
use crate::text::truncate;
use crate::tool::resource_blocks;

/// A description is shown in lists; a longer one is cut off.
const DESCRIPTION_BYTES: usize = 1 << 10;

/// A resource, or a template of resources.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResourceInfo {
    /// Where it is.
    pub address: ResourceAddress,
    /// What it is called.
    pub name: String,
    /// What it is, at most 1 KiB.
    pub description: String,
    /// Its media type, where that is known.
    pub media_type: Option<String>,
    /// How long it is in bytes, where that is known.
    pub size: Option<u64>,
}

/// Where resources are.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResourceAddress {
    /// The URI of one.
    Uri(String),
    /// A URI template (RFC 6570) of many.
    Template(String),
}

/// What a resource holds: one or several pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResourceText {
    /// The pieces, each text after a line that names its URI. Data that is neither text nor a picture is left out, and
    /// a line says so.
    pub blocks: Vec<ToolResultBlock>,
}

impl From<Resource> for ResourceInfo {
    fn from(resource: Resource) -> Self {
        Self {
            address: ResourceAddress::Uri(resource.uri),
            name: resource.name,
            description: truncate(&resource.description.unwrap_or_default(), DESCRIPTION_BYTES),
            media_type: resource.mime_type,
            size: resource.size,
        }
    }
}

impl From<ResourceTemplate> for ResourceInfo {
    fn from(template: ResourceTemplate) -> Self {
        Self {
            address: ResourceAddress::Template(template.uri_template),
            name: template.name,
            description: truncate(&template.description.unwrap_or_default(), DESCRIPTION_BYTES),
            media_type: template.mime_type,
            size: None,
        }
    }
}

impl Link {
    pub(crate) async fn resources(&self) -> Result<Vec<ResourceInfo>, McpError> {
        let mut all: Vec<ResourceInfo> =
            self.list::<Resource>().await?.items.into_iter().map(ResourceInfo::from).collect();
        // Many servers have none and do not know the request.
        match self.list::<ResourceTemplate>().await {
            Ok(templates) => all.extend(templates.items.into_iter().map(ResourceInfo::from)),
            Err(error) if error.kind() == McpErrorKind::Refused => {}
            Err(error) => return Err(error),
        }
        Ok(all)
    }

    pub(crate) async fn resource(&self, uri: &str) -> Result<ResourceText, McpError> {
        let what = format!("the resource `{}`", truncate(&uri.escape_debug().to_string(), 200));
        match self.ask(&what, ReadResourceRequestParams::new(uri), None).await? {
            Ok(result) => Ok(ResourceText { blocks: resource_blocks(result.contents) }),
            Err(_task) => {
                let problem = format!("made a task of {what}");
                Err(McpError::new(McpErrorKind::Protocol, self.server(), problem))
            }
        }
    }
}
