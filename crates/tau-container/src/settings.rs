//! What an engine is asked for, so that a container keeps a policy.

use std::collections::HashMap;
use std::path::Path;

use bollard::models::{ContainerCreateBody, HostConfig, Mount, MountType, ResourcesUlimits};
use tau_sandbox::Policy;
use tau_sandbox::policy::{Limits, Network};

use crate::container::LABEL;
use crate::engine::Engine;
use crate::{ContainerError, ContainerErrorKind};

/// What the first process of a container does: it takes over what others left behind, and ends with the stream that is its
/// input.
const FIRST: &str = "exec 3<&0; cat <&3 >/dev/null & wait $!";

/// The most processes of one user, below what systems number them to.
const MOST_PROCESSES: u64 = 32_000;

/// What the engine is asked for.
///
/// # Errors
/// When the policy asks for what a container cannot keep.
pub(crate) fn body(
    engine: &Engine,
    image: &str,
    policy: &Policy,
) -> Result<ContainerCreateBody, ContainerError> {
    let refused = |problem: &str| Err(ContainerError::new(ContainerErrorKind::Policy, problem));
    if policy.network != Network::None {
        return refused("it has no way out to a network; leave the list of domains empty");
    }
    if !policy.hidden.is_empty() {
        return refused("it cannot hide files inside of what it shows");
    }
    let Some(first) = policy.workspaces.first() else { return refused("there is no workspace") };
    let (user, userns) = user(engine);
    let host = HostConfig {
        mounts: Some(mounts(policy)),
        userns_mode: userns,
        network_mode: Some("none".to_owned()),
        readonly_rootfs: Some(true),
        tmpfs: Some(HashMap::from([(
            "/tmp".to_owned(),
            format!("rw,nosuid,nodev,mode=1777,size={}", policy.limits.temporary_bytes),
        )])),
        cap_drop: Some(vec!["ALL".to_owned()]),
        security_opt: Some(vec!["no-new-privileges".to_owned()]),
        privileged: Some(false),
        ipc_mode: Some("private".to_owned()),
        pids_limit: number(policy.limits.processes),
        memory: number(policy.limits.memory_bytes),
        // No swap beside: the limit is the limit.
        memory_swap: number(policy.limits.memory_bytes),
        ulimits: Some(ulimits(&policy.limits)),
        auto_remove: Some(true),
        ..HostConfig::default()
    };
    Ok(ContainerCreateBody {
        image: Some(image.to_owned()),
        entrypoint: Some(vec!["/bin/sh".to_owned()]),
        cmd: Some(vec!["-c".to_owned(), FIRST.to_owned()]),
        user: Some(user),
        working_dir: Some(first.to_string_lossy().into_owned()),
        hostname: Some("tau".to_owned()),
        labels: Some(HashMap::from([(LABEL.to_owned(), std::process::id().to_string())])),
        open_stdin: Some(true),
        stdin_once: Some(true),
        attach_stdin: Some(true),
        network_disabled: Some(true),
        host_config: Some(host),
        ..ContainerCreateBody::default()
    })
}

/// The user inside who is this one outside, and the mapping that makes it so.
fn user(engine: &Engine) -> (String, Option<String>) {
    let own = format!("{}:{}", rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    match (engine.is_rootless, engine.is_podman) {
        (true, true) => (own, Some("keep-id".to_owned())),
        // The root of an engine that an ordinary user runs is that user.
        (true, false) => ("0:0".to_owned(), None),
        (false, _) => (own, None),
    }
}

/// What is seen of the host, under its own paths. What is protected lies over the workspaces, read-only.
fn mounts(policy: &Policy) -> Vec<Mount> {
    let bind = |path: &Path, is_read_only: bool| {
        let path = path.to_string_lossy().into_owned();
        Mount {
            target: Some(path.clone()),
            source: Some(path),
            typ: Some(MountType::BIND),
            read_only: Some(is_read_only),
            ..Mount::default()
        }
    };
    let visible = policy.visible.iter().filter(|path| path.exists()).map(|path| bind(path, true));
    let workspaces = policy.workspaces.iter().map(|path| bind(path, false));
    let protected = policy
        .workspaces
        .iter()
        .flat_map(|workspace| policy.protected.iter().map(|protected| workspace.join(&protected.path)));
    // A link is not followed: what it leads to may lie anywhere.
    let is_there = |path: &std::path::PathBuf| path.symlink_metadata().is_ok_and(|found| !found.is_symlink());
    let protected = protected.filter(is_there).map(|path| bind(&path, true));
    visible.chain(workspaces).chain(protected).collect()
}

fn ulimits(limits: &Limits) -> Vec<ResourcesUlimits> {
    let limit = |name: &str, value: Option<u64>| {
        let value = number(value)?;
        Some(ResourcesUlimits { name: Some(name.to_owned()), soft: Some(value), hard: Some(value) })
    };
    // All processes of a user count here, so it is far from the limit of the container. It is said at all because an engine
    // that may not raise its own would fail with what it takes for the default.
    let own = rustix::process::getrlimit(rustix::process::Resource::Nproc).maximum;
    let processes = Some(own.map_or(MOST_PROCESSES, |own| own.min(MOST_PROCESSES)));
    let all = [
        limit("nofile", limits.open_files),
        limit("nproc", processes),
        limit("fsize", limits.file_bytes),
        limit("cpu", limits.cpu_seconds),
        limit("core", Some(0)),
    ];
    all.into_iter().flatten().collect()
}

fn number(value: Option<u64>) -> Option<i64> {
    value.map(|value| i64::try_from(value).unwrap_or(i64::MAX))
}
