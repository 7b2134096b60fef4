//! Effects at work: the model is called, tools run as tasks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tau_agent::ChatRequest;
use tau_core::event::{Seq, ToolOutcome};
use tau_core::{HumanDuration, ToolCall, ToolCallId, ToolResult};
use tau_tools::environment::Environment;
use tau_tools::{CallQueue, CallScope, FinishedCall, OutputBounds, Progress, ToolContext, ToolRegistry};
use tokio::sync::Semaphore;
use tokio::task::{AbortHandle, Id, JoinSet};

use super::log::Log;
use super::model::{ModelCall, Purpose};
use super::results::Results;
use super::subscription::Delta;
use super::{Session, SessionOptions};
use crate::kernel::{Effect, Input};

impl Session {
    pub(super) fn start(&mut self, effect: Effect) {
        match effect {
            Effect::CallModel { run, turn } => {
                let history = self.state.history();
                debug_assert!(history.is_ready(), "every call has its result before the model is asked");
                let mut request = ChatRequest::new(history.messages()).with_tools(&self.client.definitions);
                if let Some(config) = self.state.config() {
                    request = request.with_system(&config.system).with_options(&config.options);
                }
                let stream = self.client.agent.stream(request, &mut self.client.cache);
                self.model = Some(ModelCall { run, turn, stream, purpose: Purpose::Reply });
            }
            Effect::Compact { run, turn, keep } => self.compact(run, turn, keep),
            Effect::AskHooks { point, about } => self.ask_hooks(point, about),
            Effect::StopHooks { about } => self.hooks.stop(&about),
            Effect::TellHooks { point, seq } => self.tell_hooks(point, seq),
            Effect::SetTimer { run, after } => {
                self.timer = Some((run, Box::pin(tokio::time::sleep(after.get()))));
            }
            Effect::StopModel => self.model = None,
            Effect::RunTool { run, call, idempotency_key, .. } => {
                let scope = CallScope::new(self.id, run, call.id.clone(), idempotency_key);
                self.tools.start(call, scope);
            }
            Effect::StartSubagent { child, config, prompt, .. } => {
                self.subagents.start(child, *config, prompt);
            }
            Effect::StopSubagent { child } => self.subagents.stop(child),
            Effect::StopTool { call_id } => self.tools.stop(&call_id),
        }
    }
}

/// The tool calls that are on.
#[derive(Debug)]
pub(super) struct Tools {
    registry: Arc<ToolRegistry>,
    environment: Arc<dyn Environment>,
    timeout: Duration,
    bounds: OutputBounds,
    log: Arc<Log>,
    running: JoinSet<FinishedCall>,
    calls: BTreeMap<ToolCallId, AbortHandle>,
    /// Calls by task, for those whose task ends without a result.
    ids: BTreeMap<Id, ToolCallId>,
    /// Calls that must not overlap run in their order.
    queue: CallQueue,
    slots: Arc<Semaphore>,
    pub(super) results: Results,
}

impl Tools {
    pub(super) fn new(options: &SessionOptions, log: Arc<Log>) -> Self {
        Self {
            registry: Arc::new(options.tools.clone()),
            environment: Arc::clone(&options.environment),
            timeout: options.tool_timeout,
            bounds: options.output_bounds,
            log,
            running: JoinSet::new(),
            calls: BTreeMap::new(),
            ids: BTreeMap::new(),
            queue: CallQueue::default(),
            slots: Arc::new(Semaphore::new(options.parallel_tools.max(1))),
            results: Results::new(options.durability.results.clone()),
        }
    }

    pub(super) fn any_running(&self) -> bool {
        !self.running.is_empty()
    }

    /// Starts a call as a task of its own.
    pub(super) fn start(&mut self, call: ToolCall, scope: CallScope) {
        let id = call.id.clone();
        self.results.started(id.clone(), &scope.idempotency_key);
        let (registry, bounds) = (Arc::clone(&self.registry), self.bounds);
        let (log, call_id) = (Arc::clone(&self.log), id.clone());
        let progress = Progress::new(move |text| {
            log.delta(Delta::ToolOutput { call_id: call_id.clone(), text: text.to_owned() });
        });
        let context = ToolContext::new(Arc::clone(&self.environment))
            .with_progress(progress)
            .with_timeout(self.timeout)
            .with_scope(scope);
        let slots = Arc::clone(&self.slots);
        let mut queued = self.queue.join(self.registry.concurrency(&call, self.environment.root()));
        let task = self.running.spawn(async move {
            queued.ready().await;
            // Closed never: the semaphore lives as long as the session.
            let _slot = slots.acquire_owned().await;
            registry.run(&call, &context, bounds).await
        });
        self.ids.insert(task.id(), id.clone());
        self.calls.insert(id, task);
    }

    /// Stops a call. Its task is dropped, and with it everything it started.
    pub(super) fn stop(&mut self, id: &ToolCallId) {
        if let Some(task) = self.calls.remove(id) {
            task.abort();
        }
    }

    /// The next call that ends.
    pub(super) async fn next(&mut self) -> Input {
        loop {
            match self.running.join_next_with_id().await {
                Some(Ok((task, finished))) => {
                    self.ids.remove(&task);
                    self.calls.remove(&finished.result.call_id);
                    let elapsed =
                        HumanDuration::from(Duration::from_millis(finished.elapsed.as_millis() as u64));
                    return Input::ToolFinished {
                        outcome: finished.outcome,
                        result: finished.result,
                        elapsed,
                    };
                }
                Some(Err(error)) => {
                    let Some(call_id) = self.ids.remove(&error.id()) else { continue };
                    // A call that was stopped has its result already; a task that crashed needs one.
                    if self.calls.remove(&call_id).is_some() {
                        let result = ToolResult::error(
                            call_id,
                            "The tool crashed; it may have done a part of its work.",
                        );
                        let elapsed = HumanDuration::from(Duration::ZERO);
                        return Input::ToolFinished { outcome: ToolOutcome::Failed, result, elapsed };
                    }
                    self.results.over(&call_id, Seq(0));
                }
                None => return std::future::pending().await,
            }
        }
    }

    /// Stops every call and waits until their tasks are gone.
    pub(super) async fn shutdown(&mut self) {
        self.running.shutdown().await;
    }
}
