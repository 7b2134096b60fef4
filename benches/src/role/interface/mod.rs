//! The interface: a server that is called from outside, and what is measured without one.

mod bare;
mod calls;
mod deltas;
mod model;
mod tau;

use std::io::{Read, Write};

use tokio::net::TcpListener;

pub(super) use calls::run as calls;
pub(super) use deltas::run as deltas;

/// Serves on a free port, whose address is the first line that is printed, until the input ends.
pub(super) async fn serve(is_bare: bool) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    let input = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0]));
    tokio::select! {
        served = async { if is_bare { bare::serve(listener).await } else { tau::serve(listener).await } } => served,
        _ = input => Ok(()),
    }
}
