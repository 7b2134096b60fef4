//! `AdminService`: what the server is, how it is, and how it ends.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use connectrpc::{RequestContext, Response, ServiceRequest, ServiceResult};
use tau_core::SessionId;
use tau_core::config::{ConfigError, ConfigErrorKind};
use tau_core::event::Timestamp;
use tau_proto::runtime::v1::{self as pb, AdminService};
use tokio_util::sync::CancellationToken;

use super::failure::{ATTACH_FIRST, Failure, check};
use super::hook_report;
use super::operator::{Document, Finding, LogDirectives, LogFilter, Operator, Probe, Severity};
use super::reason::Reason;
use super::service::new_session;
use super::stream::Stalls;
use super::wire;
use crate::runtime::{FactoryErrorKind, Runtime, RuntimeError};

/// How long a drain waits that does not say.
const PATIENCE: Duration = Duration::from_secs(30);

/// The service.
#[derive(Debug)]
pub(super) struct Admin {
    pub(super) runtime: Runtime,
    /// Those of runs and subscriptions.
    pub(super) streams: Arc<Stalls>,
    pub(super) operator: Option<Arc<dyn Operator>>,
    pub(super) limits: pb::Limits,
    pub(super) started: SystemTime,
    pub(super) server: (String, String),
    /// Cancelled when a drain begins, so that health can say so.
    pub(super) draining: CancellationToken,
}

impl Admin {
    fn operator(&self) -> Result<&dyn Operator, Failure> {
        let missing = || Failure::new(Reason::NotImplemented, "this server does not offer this call");
        self.operator.as_deref().ok_or_else(missing)
    }

    fn info(&self) -> pb::GetInfoResponse {
        let agents = self.runtime.factory().agents().into_iter().map(|agent| pb::AgentInfo {
            name: agent.name,
            description: agent.description,
            model: agent.model,
            tools: agent.tools,
            ..Default::default()
        });
        pb::GetInfoResponse {
            server_name: self.server.0.clone(),
            server_version: self.server.1.clone(),
            protocol_version: 1,
            limits: Some(self.limits.clone()).into(),
            agents: agents.collect(),
            started: Some(wire::timestamp(Timestamp::from(self.started))).into(),
            is_draining: self.runtime.is_draining(),
            ..Default::default()
        }
    }

    async fn diagnostics(&self, probe: Probe) -> pb::GetDiagnosticsResponse {
        let mut findings = match &self.operator {
            Some(operator) => operator.findings(probe).await,
            None => Vec::new(),
        };
        let hooks = self.runtime.hook_health().hooks();
        findings.extend(hooks.iter().filter_map(hook_report::finding));
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        let live = self.runtime.live();
        let overviews: Vec<_> = live.iter().map(|live| live.handle().overview()).collect();
        let process = pb::ProcessStatus {
            sessions: count(live.len()),
            subscriptions: count(self.streams.streams()),
            runs: count(overviews.iter().filter(|overview| overview.run.is_some()).count()),
            events: overviews.iter().map(|overview| overview.seq.0).sum(),
            ..Default::default()
        };
        pb::GetDiagnosticsResponse {
            findings: findings.into_iter().map(finding).collect(),
            process: Some(process).into(),
            hooks: hooks.iter().map(wire::hook_status).collect(),
            ..Default::default()
        }
    }

    async fn validate(
        &self,
        request: pb::ValidateConfigRequest,
    ) -> Result<pb::ValidateConfigResponse, Failure> {
        use pb::validate_config_request::Config;
        match request.config {
            Some(Config::Session(config)) => Ok(self.validate_session(config).await),
            Some(Config::Document(document)) => {
                let text = document.text.as_str();
                let document = match document.format.as_known() {
                    Some(pb::ConfigFormat::Json) => Document::Json(text),
                    _ => Document::Toml(text),
                };
                Ok(match self.operator()?.check_document(document) {
                    Ok(problems) => {
                        let problems = problems.iter().map(problem).collect();
                        pb::ValidateConfigResponse { problems, ..Default::default() }
                    }
                    Err(why) => one_problem(pb::ConfigProblemKind::Malformed, String::new(), &why, ""),
                })
            }
            None => Err(Failure::new(Reason::InvalidRequest, "config: say what to check")),
        }
    }

    /// Makes what the session would be made of, and no session.
    async fn validate_session(&self, config: pb::SessionConfig) -> pb::ValidateConfigResponse {
        let asked = match wire::read_session_config(config) {
            Ok(asked) => asked,
            Err(error) => {
                let path = format!("config.{}", error.field());
                return one_problem(pb::ConfigProblemKind::InvalidValue, path, error.problem(), "");
            }
        };
        let (new, _) = new_session(SessionId::generate(), asked);
        match self.runtime.resolve(new).await {
            Ok(config) => pb::ValidateConfigResponse {
                resolved: config.as_ref().map(wire::resolved_config).into(),
                ..Default::default()
            },
            Err(RuntimeError::Factory(error)) => {
                let kind = match error.kind() {
                    FactoryErrorKind::UnknownAgent
                    | FactoryErrorKind::UnknownModel
                    | FactoryErrorKind::UnknownTool => pb::ConfigProblemKind::UnknownName,
                    FactoryErrorKind::EnvironmentNotAllowed
                    | FactoryErrorKind::PermissionModeNotAllowed
                    | FactoryErrorKind::OptionNotAllowed => pb::ConfigProblemKind::NotAllowed,
                    FactoryErrorKind::InvalidConfig | FactoryErrorKind::Unavailable => {
                        pb::ConfigProblemKind::InvalidValue
                    }
                };
                one_problem(kind, "config".to_owned(), &error.to_string(), error.hint())
            }
            Err(error) => {
                let path = "config.environment".to_owned();
                one_problem(pb::ConfigProblemKind::UnknownName, path, &error.to_string(), ATTACH_FIRST)
            }
        }
    }

    fn log(&self) -> Result<&dyn LogFilter, Failure> {
        let missing = || Failure::new(Reason::NotImplemented, "this server has no log that could be changed");
        self.operator.as_deref().and_then(Operator::log).ok_or_else(missing)
    }

    fn set_log(&self, request: &pb::SetLogLevelRequest) -> Result<pb::SetLogLevelResponse, Failure> {
        let log = self.log()?;
        let time =
            request.duration.as_option().map(|time| wire::read_duration("duration", time)).transpose()?;
        let previous = log.set(&request.directives, time).map_err(|problem| {
            Failure::new(Reason::InvalidRequest, format!("directives: {problem}"))
                .hint("give a level, or `target=level`, separated by commas: `info,tau_runtime=debug`")
        })?;
        Ok(pb::SetLogLevelResponse {
            directives: log.current().text,
            previous_directives: previous.text,
            ..Default::default()
        })
    }

    async fn drain_all(&self, request: &pb::DrainRequest) -> Result<pb::DrainResponse, Failure> {
        let patience = request.timeout.as_option().map(|timeout| wire::read_duration("timeout", timeout));
        let patience = patience.transpose()?.unwrap_or(PATIENCE);
        self.draining.cancel();
        let drained = self.runtime.drain(patience).await;
        Ok(pb::DrainResponse {
            released: count(drained.released),
            interrupted: count(drained.interrupted),
            ..Default::default()
        })
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn finding(finding: Finding) -> pb::Finding {
    let severity = match finding.severity {
        Severity::Good => pb::Severity::Good,
        Severity::Note => pb::Severity::Note,
        Severity::Bad => pb::Severity::Bad,
    };
    let Finding { check, message, hint, .. } = finding;
    pb::Finding { severity: severity.into(), check, message, hint, ..Default::default() }
}

fn problem(error: &ConfigError) -> pb::ConfigProblem {
    let kind = match error.kind() {
        ConfigErrorKind::UnknownName => pb::ConfigProblemKind::UnknownName,
        ConfigErrorKind::InvalidValue => pb::ConfigProblemKind::InvalidValue,
        ConfigErrorKind::Missing => pb::ConfigProblemKind::Missing,
        ConfigErrorKind::Conflict => pb::ConfigProblemKind::Conflict,
        _ => pb::ConfigProblemKind::Malformed,
    };
    pb::ConfigProblem {
        kind: kind.into(),
        path: error.path().to_owned(),
        message: error.to_string(),
        hint: error.hint().unwrap_or_default().to_owned(),
        ..Default::default()
    }
}

fn one_problem(
    kind: pb::ConfigProblemKind,
    path: String,
    message: &str,
    hint: &str,
) -> pb::ValidateConfigResponse {
    let (message, hint) = (message.to_owned(), hint.to_owned());
    let problem = pb::ConfigProblem { kind: kind.into(), path, message, hint, ..Default::default() };
    pb::ValidateConfigResponse { problems: vec![problem], ..Default::default() }
}

#[expect(
    refining_impl_trait,
    reason = "the messages are the generated ones; nobody but the router calls these methods"
)]
impl AdminService for Admin {
    async fn get_info(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, pb::GetInfoRequest>,
    ) -> ServiceResult<pb::GetInfoResponse> {
        check(request.to_owned_message())?;
        Ok(Response::new(self.info()))
    }

    async fn get_diagnostics(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, pb::GetDiagnosticsRequest>,
    ) -> ServiceResult<pb::GetDiagnosticsResponse> {
        let request = check(request.to_owned_message())?;
        let probe = if request.probe_models { Probe::Models } else { Probe::Local };
        Ok(Response::new(self.diagnostics(probe).await))
    }

    async fn validate_config(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, pb::ValidateConfigRequest>,
    ) -> ServiceResult<pb::ValidateConfigResponse> {
        Ok(Response::new(self.validate(check(request.to_owned_message())?).await?))
    }

    async fn drain(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, pb::DrainRequest>,
    ) -> ServiceResult<pb::DrainResponse> {
        Ok(Response::new(self.drain_all(&check(request.to_owned_message())?).await?))
    }

    async fn get_log_level(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, pb::GetLogLevelRequest>,
    ) -> ServiceResult<pb::GetLogLevelResponse> {
        check(request.to_owned_message())?;
        let LogDirectives { text, until, .. } = self.log()?.current();
        let until = until.map(|until| wire::timestamp(Timestamp::from(until)));
        Ok(Response::new(pb::GetLogLevelResponse {
            directives: text,
            until: until.into(),
            ..Default::default()
        }))
    }

    async fn set_log_level(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, pb::SetLogLevelRequest>,
    ) -> ServiceResult<pb::SetLogLevelResponse> {
        Ok(Response::new(self.set_log(&check(request.to_owned_message())?)?))
    }
}
