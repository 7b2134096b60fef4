//! What a server asks of us, and tells us without being asked.

use std::sync::Arc;

// Roots and sampling are deprecated since 2026-07-28; servers of before ask for them.
use rmcp::model::{
    ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult, ElicitationAction,
    ElicitationCapability, ErrorCode, ErrorData, FormElicitationCapability, Implementation, JsonObject,
    ProgressNotificationParam, RootsCapabilities, TASKS_EXTENSION_ID, UrlElicitationCapability,
};
#[expect(deprecated, reason = "servers of 2025-11-25 ask for roots and sampling")]
use rmcp::model::{CreateMessageRequestParams, CreateMessageResult, ListRootsResult, Root};
use rmcp::service::{NotificationContext, RequestContext, RoleClient};
use rmcp::{ClientHandler, service};
use serde_json::Value;
use tokio::sync::{Semaphore, watch};
use url::Url;

use super::elicitation::{Elicitation, ElicitationAnswer, Elicitor, with_defaults};
use super::options::ConnectOptions;
use super::progress::ProgressListeners;

/// More questions at the same time are declined: a server must not flood a person.
const QUESTIONS: usize = 8;

/// How often a server has said that a list of its is another now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) tools: u64,
    pub(crate) prompts: u64,
    pub(crate) resources: u64,
}

/// Our side of a connection.
#[derive(Debug)]
pub(crate) struct Handler {
    server: String,
    elicitor: Option<Arc<dyn Elicitor>>,
    roots: Vec<Url>,
    pub(crate) progress: ProgressListeners,
    pub(crate) changes: watch::Sender<Changes>,
    questions: Semaphore,
}

impl Handler {
    pub(crate) fn new(server: &str, options: &ConnectOptions) -> Arc<Self> {
        Arc::new(Self {
            server: server.to_owned(),
            elicitor: options.elicitor.clone(),
            roots: options.roots.iter().filter_map(|root| Url::from_directory_path(root).ok()).collect(),
            progress: ProgressListeners::default(),
            changes: watch::Sender::default(),
            questions: Semaphore::new(QUESTIONS),
        })
    }

    /// Asks a person.
    pub(crate) async fn elicit(&self, params: ElicitRequestParams) -> ElicitResult {
        let (Some(elicitor), Some(question)) = (&self.elicitor, question(params)) else {
            return ElicitResult::new(ElicitationAction::Decline);
        };
        let Ok(_open) = self.questions.try_acquire() else {
            return ElicitResult::new(ElicitationAction::Decline);
        };
        let schema = match &question {
            Elicitation::Form { schema, .. } => Some(schema.clone()),
            Elicitation::Visit { .. } => None,
        };
        match (elicitor.elicit(&self.server, question).await, schema) {
            (ElicitationAnswer::Accepted(values), Some(schema)) => {
                let values = with_defaults(values, &schema);
                ElicitResult::new(ElicitationAction::Accept).with_content(Value::Object(values))
            }
            (ElicitationAnswer::Accepted(_), None) => ElicitResult::new(ElicitationAction::Accept),
            (ElicitationAnswer::Declined, _) => ElicitResult::new(ElicitationAction::Decline),
            (ElicitationAnswer::Cancelled, _) => ElicitResult::new(ElicitationAction::Cancel),
        }
    }

    /// The folders that are worked in.
    #[expect(deprecated, reason = "servers of 2025-11-25 ask for roots")]
    pub(crate) fn roots(&self) -> ListRootsResult {
        ListRootsResult::new(self.roots.iter().map(|root| Root::new(root.as_str())).collect())
    }

    fn changed(&self, count: impl FnOnce(&mut Changes) -> &mut u64) {
        self.changes.send_modify(|changes| *count(changes) += 1);
    }

    /// Takes note of what a list's change was told by.
    pub(crate) fn note(&self, notification: &rmcp::model::ServerNotification) {
        use rmcp::model::ServerNotification as Told;
        match notification {
            Told::ToolListChangedNotification(_) => self.changed(|changes| &mut changes.tools),
            Told::PromptListChangedNotification(_) => self.changed(|changes| &mut changes.prompts),
            Told::ResourceListChangedNotification(_) => self.changed(|changes| &mut changes.resources),
            _ => {}
        }
    }
}

fn question(params: ElicitRequestParams) -> Option<Elicitation> {
    match params {
        ElicitRequestParams::FormElicitationParams { message, requested_schema, .. } => {
            Some(Elicitation::Form { message, schema: serde_json::to_value(requested_schema).ok()? })
        }
        ElicitRequestParams::UrlElicitationParams { message, url, .. } => {
            let url = Url::parse(&url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
            Some(Elicitation::Visit { message, url })
        }
        _ => None,
    }
}

impl ClientHandler for Handler {
    fn get_info(&self) -> ClientConfig {
        let mut capabilities = ClientCapabilities::default();
        capabilities.extensions = Some([(TASKS_EXTENSION_ID.to_owned(), JsonObject::new())].into());
        if self.elicitor.is_some() {
            let elicitation = ElicitationCapability::new()
                .with_form(FormElicitationCapability::new())
                .with_url(UrlElicitationCapability::new());
            capabilities.elicitation = Some(elicitation);
        }
        if !self.roots.is_empty() {
            capabilities.roots = Some(RootsCapabilities::default());
        }
        ClientConfig::new(capabilities, Implementation::new("tau", env!("CARGO_PKG_VERSION")))
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        tokio::select! {
            answer = self.elicit(request) => Ok(answer),
            // The server took its question back; nobody reads this.
            () = context.ct.cancelled() => Ok(ElicitResult::new(ElicitationAction::Cancel)),
        }
    }

    #[expect(deprecated, reason = "servers of 2025-11-25 ask for roots")]
    async fn list_roots(&self, _context: RequestContext<RoleClient>) -> Result<ListRootsResult, ErrorData> {
        Ok(self.roots())
    }

    #[expect(deprecated, reason = "servers of 2025-11-25 ask for sampling")]
    async fn create_message(
        &self,
        _params: CreateMessageRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        let message = "this client asks no model on behalf of a server, and does not say that it would";
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, message, None))
    }

    async fn on_progress(
        &self,
        params: ProgressNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        self.progress.tell(&params);
    }

    async fn on_tool_list_changed(&self, _context: NotificationContext<RoleClient>) {
        self.changed(|changes| &mut changes.tools);
    }

    async fn on_prompt_list_changed(&self, _context: NotificationContext<RoleClient>) {
        self.changed(|changes| &mut changes.prompts);
    }

    async fn on_resource_list_changed(&self, _context: NotificationContext<RoleClient>) {
        self.changed(|changes| &mut changes.resources);
    }
}

/// A connection with our side of it.
pub(crate) type Service = service::RunningService<RoleClient, Arc<Handler>>;
