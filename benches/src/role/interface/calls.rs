//! Unary calls without a socket.

use connectrpc::client::{ClientConfig, ServiceTransport};
use tau_proto::runtime::v1::AdminServiceClient;
use tau_runtime::server::http::HttpOptions;

use super::tau;
use crate::interface::Latency;

pub(crate) async fn run(calls: usize) -> anyhow::Result<Latency> {
    let transport = ServiceTransport::new(tau::service(&HttpOptions::default())?);
    let config = ClientConfig::new("http://localhost".parse()?);
    Latency::measure(&AdminServiceClient::new(transport, config), calls).await
}
