//! What only the program knows of its server: the configuration it was started with.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use tau_core::config::{Config, ConfigError};
use tau_runtime::server::{Document, Finding, InterfaceOptions, LogFilter, Operator, Probe, Severity};

use super::limits::Limits;
use super::log::ServerLog;
use crate::config::Loaded;
use crate::session;

/// What the interface of a server is told of it: who answers for its configuration, and its limits.
pub(crate) fn interface_options(loaded: Loaded, log: ServerLog, limits: &Limits) -> InterfaceOptions {
    let http = &limits.http;
    let mut options = InterfaceOptions::default();
    options.service = limits.service.clone();
    options.operator = Some(Arc::new(CliOperator { loaded, log }));
    options.limits.max_message_bytes = http.messages.max_bytes as u64;
    options.limits.max_json_depth = u32::try_from(http.messages.max_json_depth).unwrap_or(u32::MAX);
    options.limits.default_timeout = Some(http.deadlines.default_unary.into()).into();
    options.limits.max_timeout = Some(http.deadlines.max_unary.into()).into();
    options.limits.max_concurrent_streams = http.connections.max_concurrent_streams;
    options
}

/// Answers for the configuration.
#[derive(Debug)]
struct CliOperator {
    loaded: Loaded,
    log: ServerLog,
}

impl CliOperator {
    fn config(&self) -> Finding {
        match self.loaded.problems().first() {
            Some(problem) => {
                let hint = problem.hint().unwrap_or_default();
                Finding::new(Severity::Bad, "config", problem.to_string(), hint)
            }
            None => Finding::new(Severity::Good, "config", "the configuration is right", ""),
        }
    }

    async fn model(&self, probe: Probe) -> Finding {
        let chosen = match session::choose_model(&self.loaded).await {
            Ok(chosen) => chosen,
            Err(report) => {
                let hint = report.help().map(|help| help.to_string()).unwrap_or_default();
                return Finding::new(Severity::Bad, "model", report.to_string(), hint);
            }
        };
        if probe == Probe::Local {
            return Finding::new(Severity::Good, "model", format!("`{}` is configured", chosen.name), "");
        }
        match chosen.agent.list_models().await {
            Ok(models) => {
                let message = format!("its server answers and knows {} models", models.len());
                Finding::new(Severity::Good, "model", message, "")
            }
            Err(error) => Finding::new(Severity::Note, "model", error.to_string(), "see `tau doctor`"),
        }
    }
}

impl Operator for CliOperator {
    fn findings(&self, probe: Probe) -> BoxFuture<'_, Vec<Finding>> {
        async move { vec![self.config(), self.model(probe).await] }.boxed()
    }

    fn check_document(&self, document: Document<'_>) -> Result<Vec<ConfigError>, String> {
        // In words of ours: theirs can hold a value, and so a secret.
        let config: Config = match document {
            Document::Toml(text) => toml::from_str(text).map_err(|error| {
                let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
                malformed("TOML", before.lines().count().max(1))
            })?,
            Document::Json(text) => {
                serde_json::from_str(text).map_err(|error| malformed("JSON", error.line()))?
            }
            _ => return Err("this format is not known".to_owned()),
        };
        Ok(config.validate())
    }

    fn log(&self) -> Option<&dyn LogFilter> {
        Some(&self.log)
    }
}

fn malformed(format: &str, line: usize) -> String {
    format!("line {line}: not {format}, no key of a configuration, or not a value that the key can hold")
}
