//! Work that blocks its thread.

use super::error::{EnvironmentError, EnvironmentErrorKind};
use super::path::WorkspacePath;

/// Does blocking work on a thread for it. Its panic is the caller's; the error is that no thread takes it any more.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, EnvironmentError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => {
            let problem = "the program is shutting down";
            EnvironmentError::new(EnvironmentErrorKind::Io, WorkspacePath::root(), problem)
        }
    })
}
