//! The files of the interface, whose comments are its reference.

/// Every file, as it is written.
pub(super) const FILES: [&str; 26] = [
    include_str!("../../../proto/tau/runtime/v1/admin_service.proto"),
    include_str!("../../../proto/tau/runtime/v1/answer.proto"),
    include_str!("../../../proto/tau/runtime/v1/config.proto"),
    include_str!("../../../proto/tau/runtime/v1/content.proto"),
    include_str!("../../../proto/tau/runtime/v1/context.proto"),
    include_str!("../../../proto/tau/runtime/v1/delta.proto"),
    include_str!("../../../proto/tau/runtime/v1/error.proto"),
    include_str!("../../../proto/tau/runtime/v1/event.proto"),
    include_str!("../../../proto/tau/runtime/v1/extension.proto"),
    include_str!("../../../proto/tau/runtime/v1/extension_call.proto"),
    include_str!("../../../proto/tau/runtime/v1/extension_environment.proto"),
    include_str!("../../../proto/tau/runtime/v1/extension_hooks.proto"),
    include_str!("../../../proto/tau/runtime/v1/extension_journal.proto"),
    include_str!("../../../proto/tau/runtime/v1/extension_responder.proto"),
    include_str!("../../../proto/tau/runtime/v1/extension_tools.proto"),
    include_str!("../../../proto/tau/runtime/v1/hook.proto"),
    include_str!("../../../proto/tau/runtime/v1/message.proto"),
    include_str!("../../../proto/tau/runtime/v1/runtime_context.proto"),
    include_str!("../../../proto/tau/runtime/v1/runtime_run.proto"),
    include_str!("../../../proto/tau/runtime/v1/runtime_service.proto"),
    include_str!("../../../proto/tau/runtime/v1/runtime_session.proto"),
    include_str!("../../../proto/tau/runtime/v1/runtime_subscribe.proto"),
    include_str!("../../../proto/tau/runtime/v1/session.proto"),
    include_str!("../../../proto/tau/runtime/v1/session_event.proto"),
    include_str!("../../../proto/tau/runtime/v1/tool.proto"),
    include_str!("../../../proto/tau/runtime/v1/usage.proto"),
];

#[cfg(test)]
mod tests {
    use super::FILES;

    #[test]
    fn no_file_is_forgotten() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../proto/tau/runtime/v1");
        let mut count = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "proto") {
                count += 1;
                let text = std::fs::read_to_string(&path).unwrap();
                assert!(FILES.contains(&text.as_str()), "{} is missing", path.display());
            }
        }
        assert_eq!(count, FILES.len());
    }
}
