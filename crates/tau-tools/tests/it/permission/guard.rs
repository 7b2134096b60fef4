//! Rules about paths hold where links lead.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;

use tau_core::config::PermissionConfig;
use tau_tools::environment::{
    Environment, EnvironmentError, EnvironmentErrorKind, GrepQuery, LocalEnvironment, WorkspacePath,
};
use tau_tools::permission::GuardedEnvironment;

/// A project with links to what is denied, and to what is not.
fn project() -> (tempfile::TempDir, GuardedEnvironment) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    std::fs::create_dir(root.join("private")).unwrap();
    for (path, text) in [(".env", "KEY=1"), ("open.txt", "hello"), ("private/notes", "hello")] {
        std::fs::write(root.join(path), text).unwrap();
    }
    for (link, target) in [("leak", ".env"), ("alias", "open.txt"), ("folder", "private")] {
        symlink(target, root.join(link)).unwrap();
    }
    let mut rules = PermissionConfig::default();
    rules.deny = ["Read(./.env)", "Edit(./private/**)"].map(str::to_owned).to_vec();
    let local = Arc::new(LocalEnvironment::new(root).unwrap());
    (folder, GuardedEnvironment::new(local, &rules, "/nowhere"))
}

fn at(environment: &GuardedEnvironment, path: &str) -> WorkspacePath {
    WorkspacePath::parse(environment.root(), path).unwrap()
}

fn refused<T: std::fmt::Debug>(found: Result<T, EnvironmentError>) {
    let error = found.unwrap_err();
    assert_eq!(error.kind(), EnvironmentErrorKind::PermissionDenied, "{error}");
    assert!(error.problem().starts_with("it leads to "), "{error}");
}

#[tokio::test]
async fn a_link_to_what_is_denied_is_not_followed() {
    let (_folder, environment) = project();
    refused(environment.read(&at(&environment, "leak"), 100).await);
    refused(environment.read_range(&at(&environment, "leak"), 0, 100).await);
    let mut query = GrepQuery::new("KEY");
    query.below = at(&environment, "leak");
    refused(environment.grep(&query).await);
    refused(environment.write(&at(&environment, "folder/notes"), b"x").await);
    refused(environment.remove(&at(&environment, "folder/notes")).await);
    refused(environment.write(&at(&environment, "folder/new"), b"x").await);
}

#[tokio::test]
async fn other_links_are() {
    let (folder, environment) = project();
    assert_eq!(environment.read(&at(&environment, "alias"), 100).await.unwrap(), b"hello");
    assert_eq!(
        environment.read(&at(&environment, "folder/notes"), 100).await.unwrap(),
        b"hello",
        "not denied"
    );
    // What is named as it is was judged with its call.
    assert_eq!(environment.read(&at(&environment, ".env"), 100).await.unwrap(), b"KEY=1");
    environment.write(&at(&environment, "open.txt"), b"more").await.unwrap();
    assert_eq!(std::fs::read(Path::new(folder.path()).join("open.txt")).unwrap(), b"more");
}
