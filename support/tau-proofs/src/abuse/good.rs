//! A client that means well, and how long it waits.

use std::time::{Duration, Instant};

use anyhow::ensure;
use bytes::Bytes;
use http::Request;

use super::call::{Client, Version};

/// A client that makes one small call after the other.
pub(super) struct GoodClient {
    client: Client,
    token: String,
}

impl GoodClient {
    pub(super) fn new(address: &str, token: &str) -> Self {
        Self { client: Client::new(address), token: token.to_owned() }
    }

    /// One call that must succeed, and how long it took.
    pub(super) async fn call(&mut self) -> anyhow::Result<Duration> {
        let request = Request::post("/tau.runtime.v1.AdminService/GetInfo")
            .header("content-type", "application/proto")
            .header("authorization", format!("Bearer {}", self.token))
            .body(Bytes::new())?;
        let start = Instant::now();
        let answer = self.client.send(Version::Http2, request).await?;
        ensure!(answer.status == 200, "a good call is refused: {answer:?}");
        Ok(start.elapsed())
    }
}
