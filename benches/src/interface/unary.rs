//! One call after the other.

use std::fmt::Display;
use std::time::{Duration, Instant};

use connectrpc::client::ClientTransport;
use connectrpc::http_body::Body;
use serde::{Deserialize, Serialize};
use tau_proto::runtime::v1::{AdminServiceClient, GetInfoRequest};

use super::served::Served;
use crate::role::{self, Who};
use crate::stats::{median, ratio, verdict};

const CALLS: usize = 5_000;

/// What half of the calls may take, in microseconds.
const GOAL: f64 = 150.0;

/// How long calls took.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Latency {
    p50: Duration,
    p99: Duration,
}

impl Latency {
    /// Makes calls, after some that are not counted.
    pub(crate) async fn measure<T>(client: &AdminServiceClient<T>, calls: usize) -> anyhow::Result<Self>
    where
        T: ClientTransport,
        T::ResponseBody: Unpin,
        <T::ResponseBody as Body>::Error: Display + Send,
    {
        let mut took = Vec::with_capacity(calls);
        for _ in 0..calls / 10 + calls {
            let start = Instant::now();
            client.get_info(GetInfoRequest::default()).await?;
            took.push(start.elapsed());
        }
        let mut counted = took.split_off(calls / 10);
        counted.sort_unstable();
        let at = |percent: usize| counted.get(counted.len() * percent / 100).copied().unwrap_or_default();
        Ok(Self { p50: at(50), p99: at(99) })
    }

    fn p50(&self) -> f64 {
        self.p50.as_secs_f64() * 1e6
    }

    fn p99(&self) -> f64 {
        self.p99.as_secs_f64() * 1e6
    }
}

pub(super) async fn bench(pairs: usize) -> anyhow::Result<()> {
    let (mut bare, mut tau, mut inside) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..pairs {
        bare.push(over_tcp(Who::Bare).await?);
        tau.push(over_tcp(Who::Tau).await?);
        inside.push(role::measure::<Latency>(["calls", &CALLS.to_string()]).await?);
    }
    println!("{CALLS} calls of GetInfo, one after the other, {pairs} pairs, medians");
    println!("  {:32} {:>10} {:>10}", "", "p50 (us)", "p99 (us)");
    let rows = [("bare connectrpc, TCP", &bare), ("tau, TCP", &tau), ("tau, same process", &inside)];
    for (name, latencies) in rows {
        let of = |pick: fn(&Latency) -> f64| median(latencies.iter().map(pick));
        println!("  {name:32} {:>10.1} {:>10.1}", of(Latency::p50), of(Latency::p99));
    }
    println!(
        "  {:32} {:>10.2} {:>10.2}",
        "tau / bare, TCP",
        ratio(&bare, &tau, Latency::p50),
        ratio(&bare, &tau, Latency::p99)
    );
    let is_met = median(tau.iter().map(Latency::p50)) <= GOAL;
    println!("  goal: p50 <= {GOAL:.0} us: {}\n", verdict(is_met));
    Ok(())
}

async fn over_tcp(who: Who) -> anyhow::Result<Latency> {
    let served = Served::start(who).await?;
    let client = AdminServiceClient::new(served.connect().await?, served.config()?);
    Latency::measure(&client, CALLS).await
}
