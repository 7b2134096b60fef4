//! One session, as a program uses it.

use tau_proto::runtime::v1 as pb;
use tau_proto::runtime::v1::{RunRequest, SubscribeRequest, cancel_request, rewind_request};

use crate::client::{Client, Repeat, new_key};
use crate::error::Error;
use crate::prompt::Prompt;
use crate::stream::{RunStream, Subscription};

/// One session, as a program uses it. It is a name: the session lives in the server, and outlives this.
#[derive(Debug, Clone)]
pub struct Session {
    client: Client,
    id: String,
}

impl Session {
    pub(crate) const fn new(client: Client, id: String) -> Self {
        Self { client, id }
    }

    /// Its id, a UUID.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The server that it is in.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// How it stands, with what it was created with.
    ///
    /// # Errors
    /// As `RuntimeService.GetSession` says.
    pub async fn get(&self) -> Result<pb::Session, Error> {
        let request = pb::GetSessionRequest { session_id: self.id.clone(), ..Default::default() };
        let runtime = self.client.runtime();
        let call = |options| runtime.get_session_with_options(request.clone(), options);
        let got = self.client.call(call, Repeat::Safe).await?.into_owned();
        Ok(got.session.into_option().unwrap_or_default())
    }

    /// Asks for work, and streams what happens until the run ends.
    ///
    /// The stream goes on through lost connections: nothing is lost, nothing told twice, and nothing runs twice. Dropping
    /// it leaves the run as it is.
    ///
    /// # Errors
    /// As `RuntimeService.Run` says.
    pub async fn run(&self, prompt: impl Into<Prompt>) -> Result<RunStream, Error> {
        let request = RunRequest { prompt: prompt.into().0, ..Default::default() };
        self.run_with(request).await
    }

    /// Asks for work with everything that a request can say; the session is this one.
    ///
    /// # Errors
    /// As `RuntimeService.Run` says.
    pub async fn run_with(&self, mut request: RunRequest) -> Result<RunStream, Error> {
        request.session_id.clone_from(&self.id);
        RunStream::start(self.client.clone(), request).await
    }

    /// Follows what happens in it after an event, subagents included; 0 is from the beginning.
    ///
    /// # Errors
    /// As `RuntimeService.Subscribe` says.
    pub async fn follow(&self, after_seq: u64) -> Result<Subscription, Error> {
        let cursor = pb::SessionCursor { session_id: self.id.clone(), after_seq, ..Default::default() };
        let request =
            SubscribeRequest { sessions: vec![cursor], include_subagents: true, ..Default::default() };
        self.client.subscribe(request).await
    }

    /// Answers what a call waits for; [`answer`](crate::answer) has the words. A subagent's request is answered in the
    /// session that its event names.
    ///
    /// # Errors
    /// As `RuntimeService.Respond` says: [`reason`](Error::reason) `not_waiting` where somebody else was first.
    pub async fn respond(&self, call_id: &str, answer: pb::Answer) -> Result<u64, Error> {
        let request = pb::RespondRequest {
            session_id: self.id.clone(),
            call_id: call_id.to_owned(),
            answer: answer.into(),
            ..Default::default()
        };
        let runtime = self.client.runtime();
        let call = |options| runtime.respond_with_options(request.clone(), options);
        Ok(self.client.call(call, Repeat::Never).await?.view().seq)
    }

    /// Adds context, which the model reads with its next request.
    ///
    /// # Errors
    /// As `RuntimeService.InjectContext` says.
    pub async fn inject(&self, context: impl Into<Prompt>) -> Result<u64, Error> {
        let request = pb::InjectContextRequest {
            session_id: self.id.clone(),
            context: context.into().0,
            idempotency_key: new_key(),
            ..Default::default()
        };
        let runtime = self.client.runtime();
        let call = |options| runtime.inject_context_with_options(request.clone(), options);
        Ok(self.client.call(call, Repeat::Safe).await?.view().seq)
    }

    /// Cancels whichever run is on.
    ///
    /// # Errors
    /// As `RuntimeService.Cancel` says: [`reason`](Error::reason) `nothing_to_cancel` where none is.
    pub async fn cancel(&self) -> Result<u64, Error> {
        self.cancel_target(pb::CurrentRun::default().into()).await
    }

    /// Cancels a run, a tool call or a subagent.
    ///
    /// # Errors
    /// As `RuntimeService.Cancel` says.
    pub async fn cancel_target(&self, target: cancel_request::Target) -> Result<u64, Error> {
        let request =
            pb::CancelRequest { session_id: self.id.clone(), target: Some(target), ..Default::default() };
        let runtime = self.client.runtime();
        let call = |options| runtime.cancel_with_options(request.clone(), options);
        Ok(self.client.call(call, Repeat::Never).await?.view().seq)
    }

    /// Copies it up to an event into a new session, which is live; 0 is the newest.
    ///
    /// # Errors
    /// As `RuntimeService.Fork` says.
    pub async fn fork(&self, at_seq: u64) -> Result<Self, Error> {
        let request = pb::ForkRequest {
            session_id: self.id.clone(),
            at_seq,
            idempotency_key: new_key(),
            ..Default::default()
        };
        let runtime = self.client.runtime();
        let call = |options| runtime.fork_with_options(request.clone(), options);
        let forked = self.client.call(call, Repeat::Safe).await?.into_owned();
        Ok(self.client.session(forked.session.session_id.as_str()))
    }

    /// Takes it back by so many prompts, with all that came of them, and gives the last event that counts.
    ///
    /// # Errors
    /// As `RuntimeService.Rewind` says.
    pub async fn rewind(&self, prompts: u32) -> Result<u64, Error> {
        self.rewind_target(rewind_request::Target::Prompts(prompts)).await
    }

    /// Takes it back to just after an event, and gives the last event that counts.
    ///
    /// # Errors
    /// As `RuntimeService.Rewind` says.
    pub async fn rewind_to(&self, seq: u64) -> Result<u64, Error> {
        self.rewind_target(rewind_request::Target::ToSeq(seq)).await
    }

    async fn rewind_target(&self, target: rewind_request::Target) -> Result<u64, Error> {
        let request =
            pb::RewindRequest { session_id: self.id.clone(), target: Some(target), ..Default::default() };
        let runtime = self.client.runtime();
        let call = |options| runtime.rewind_with_options(request.clone(), options);
        Ok(self.client.call(call, Repeat::Never).await?.view().to_seq)
    }

    /// Makes it live, and takes up what was interrupted. One that is live is left as it is.
    ///
    /// # Errors
    /// As `RuntimeService.Resume` says.
    pub async fn resume(&self) -> Result<pb::Session, Error> {
        self.resume_with(pb::ResumeRequest::default()).await
    }

    /// Makes it live with everything that a request can say; the session is this one.
    ///
    /// # Errors
    /// As `RuntimeService.Resume` says.
    pub async fn resume_with(&self, mut request: pb::ResumeRequest) -> Result<pb::Session, Error> {
        request.session_id.clone_from(&self.id);
        let runtime = self.client.runtime();
        let call = |options| runtime.resume_with_options(request.clone(), options);
        let resumed = self.client.call(call, Repeat::Safe).await?.into_owned();
        Ok(resumed.session.into_option().unwrap_or_default())
    }

    /// Ends it for good. What is on is cancelled; its journal remains.
    ///
    /// # Errors
    /// As `RuntimeService.Close` says.
    pub async fn close(&self) -> Result<pb::Session, Error> {
        self.end(pb::CloseMode::Final).await
    }

    /// Lets it go, so that it can be resumed, there or elsewhere.
    ///
    /// # Errors
    /// As `RuntimeService.Close` says.
    pub async fn release(&self) -> Result<pb::Session, Error> {
        self.end(pb::CloseMode::Release).await
    }

    async fn end(&self, mode: pb::CloseMode) -> Result<pb::Session, Error> {
        let request =
            pb::CloseRequest { session_id: self.id.clone(), mode: mode.into(), ..Default::default() };
        let runtime = self.client.runtime();
        let call = |options| runtime.close_with_options(request.clone(), options);
        let closed = self.client.call(call, Repeat::Safe).await?.into_owned();
        Ok(closed.session.into_option().unwrap_or_default())
    }

    /// Says what fills the model's window.
    ///
    /// # Errors
    /// As `RuntimeService.InspectContext` says.
    pub async fn inspect(&self) -> Result<pb::InspectContextResponse, Error> {
        let request = pb::InspectContextRequest { session_id: self.id.clone(), ..Default::default() };
        let runtime = self.client.runtime();
        let call = |options| runtime.inspect_context_with_options(request.clone(), options);
        Ok(self.client.call(call, Repeat::Safe).await?.into_owned())
    }
}
