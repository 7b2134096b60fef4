//! The environments of this crate, under the checks that every environment passes, and under those of what an
//! environment may leave out.

use tau_tools::environment::{Environment, EnvironmentErrorKind, WorkspacePath};

use crate::conformance;
use crate::support::{local, memory};

macro_rules! conforms {
    ($($checks:ident :: $check:ident),* $(,)?) => {
        mod in_memory {
            $(#[tokio::test] async fn $check() { super::$checks::$check(&super::memory([])).await })*
        }
        mod on_disk {
            $(#[tokio::test] async fn $check() {
                let (_folder, environment) = super::local();
                super::$checks::$check(&environment).await;
            })*
        }
    };
}

conforms!(
    conformance::files,
    conformance::listing,
    conformance::globs,
    conformance::greps,
    conformance::lines,
    conformance::limits,
    optional::removal,
    optional::ranges,
);

mod optional {
    use super::{Environment, EnvironmentErrorKind, WorkspacePath};

    fn at(name: &str) -> WorkspacePath {
        WorkspacePath::root().join(name)
    }

    pub(super) async fn removal(environment: &dyn Environment) {
        let (file, folder) = (at("a/file"), at("a"));
        environment.write(&file, b"content").await.unwrap();
        assert_eq!(environment.remove(&folder).await.unwrap_err().kind(), EnvironmentErrorKind::IsDirectory);
        environment.remove(&file).await.unwrap();
        assert_eq!(environment.metadata(&file).await.unwrap_err().kind(), EnvironmentErrorKind::NotFound);
        assert_eq!(environment.remove(&file).await.unwrap_err().kind(), EnvironmentErrorKind::NotFound);
    }

    pub(super) async fn ranges(environment: &dyn Environment) {
        let file = at("file");
        environment.write(&file, b"0123456789").await.unwrap();
        for (offset, len, expected) in [(0, 4, "0123"), (8, 4, "89"), (10, 4, ""), (99, 1, ""), (3, 0, "")] {
            let read = environment.read_range(&file, offset, len).await.unwrap();
            assert_eq!(read, expected.as_bytes(), "{offset}, {len}");
        }
        let missing = environment.read_range(&at("none"), 0, 1).await.unwrap_err();
        assert_eq!(missing.kind(), EnvironmentErrorKind::NotFound);
    }
}
