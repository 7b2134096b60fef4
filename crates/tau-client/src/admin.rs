//! What operators ask of a server.

use std::time::Duration;

use tau_proto::buffa_types::google::protobuf::Duration as WireDuration;
use tau_proto::runtime::v1 as pb;

use crate::client::{Client, Repeat};
use crate::error::Error;

/// What operators ask of a server.
#[derive(Debug, Clone)]
pub struct Admin(Client);

impl Admin {
    pub(crate) const fn new(client: Client) -> Self {
        Self(client)
    }

    /// What the server is, what it can do, and its limits.
    ///
    /// # Errors
    /// As `AdminService.GetInfo` says.
    pub async fn info(&self) -> Result<pb::GetInfoResponse, Error> {
        let admin = self.0.admin_service();
        let call = |options| admin.get_info_with_options(pb::GetInfoRequest::default(), options);
        Ok(self.0.call(call, Repeat::Safe).await?.into_owned())
    }

    /// How the server is. What it is made of is looked at; a request that says so asks model servers too.
    ///
    /// # Errors
    /// As `AdminService.GetDiagnostics` says.
    pub async fn diagnostics(
        &self,
        request: pb::GetDiagnosticsRequest,
    ) -> Result<pb::GetDiagnosticsResponse, Error> {
        let admin = self.0.admin_service();
        let call = |options| admin.get_diagnostics_with_options(request.clone(), options);
        Ok(self.0.call(call, Repeat::Safe).await?.into_owned())
    }

    /// Checks a configuration without running anything.
    ///
    /// # Errors
    /// As `AdminService.ValidateConfig` says; a configuration with problems is an answer.
    pub async fn validate_config(
        &self,
        request: pb::ValidateConfigRequest,
    ) -> Result<pb::ValidateConfigResponse, Error> {
        let admin = self.0.admin_service();
        let call = |options| admin.validate_config_with_options(request.clone(), options);
        Ok(self.0.call(call, Repeat::Safe).await?.into_owned())
    }

    /// Takes no new work from here on, and answers once nothing is left or the time is over.
    ///
    /// # Errors
    /// As `AdminService.Drain` says.
    pub async fn drain(&self, patience: Duration) -> Result<pb::DrainResponse, Error> {
        let request = pb::DrainRequest { timeout: WireDuration::from(patience).into(), ..Default::default() };
        let admin = self.0.admin_service();
        // The answer comes when the time is over, so the call must have more.
        let deadline = patience.saturating_add(self.0.options().timeout);
        let call = |options: connectrpc::client::CallOptions| {
            admin.drain_with_options(request.clone(), options.with_timeout(deadline))
        };
        Ok(self.0.call(call, Repeat::Safe).await?.into_owned())
    }

    /// What is logged.
    ///
    /// # Errors
    /// As `AdminService.GetLogLevel` says.
    pub async fn log_level(&self) -> Result<pb::GetLogLevelResponse, Error> {
        let admin = self.0.admin_service();
        let call = |options| admin.get_log_level_with_options(pb::GetLogLevelRequest::default(), options);
        Ok(self.0.call(call, Repeat::Safe).await?.into_owned())
    }

    /// Sets what is logged.
    ///
    /// # Errors
    /// As `AdminService.SetLogLevel` says.
    pub async fn set_log_level(
        &self,
        request: pb::SetLogLevelRequest,
    ) -> Result<pb::SetLogLevelResponse, Error> {
        let admin = self.0.admin_service();
        let call = |options| admin.set_log_level_with_options(request.clone(), options);
        Ok(self.0.call(call, Repeat::Safe).await?.into_owned())
    }
}
