//! Every call that the server offers.

/// How messages go to and fro.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Unary,
    /// One message, then a stream of answers; or streams both ways.
    Stream,
}

/// A call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Method {
    pub(super) service: &'static str,
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// A field whose number is 1 and whose type is `string`, in JSON.
    pub(super) text: Option<&'static str>,
}

impl Method {
    pub(super) fn path(&self) -> String {
        format!("/{}/{}", self.service, self.name)
    }
}

const fn method(service: &'static str, name: &'static str, kind: Kind, text: Option<&'static str>) -> Method {
    Method { service, name, kind, text }
}

const RUNTIME: &str = "tau.runtime.v1.RuntimeService";
const EXTENSION: &str = "tau.runtime.v1.ExtensionService";
const ADMIN: &str = "tau.runtime.v1.AdminService";
const HEALTH: &str = "grpc.health.v1.Health";
const REFLECTION: &str = "grpc.reflection.v1.ServerReflection";
const OLD_REFLECTION: &str = "grpc.reflection.v1alpha.ServerReflection";

use Kind::{Stream, Unary};

const SESSION: Option<&str> = Some("sessionId");

/// All of them.
pub(super) static METHODS: [Method; 25] = [
    method(RUNTIME, "CreateSession", Unary, SESSION),
    method(RUNTIME, "GetSession", Unary, SESSION),
    method(RUNTIME, "ListSessions", Unary, None),
    method(RUNTIME, "UpdateSession", Unary, None),
    method(RUNTIME, "Resume", Unary, SESSION),
    method(RUNTIME, "Fork", Unary, SESSION),
    method(RUNTIME, "Rewind", Unary, SESSION),
    method(RUNTIME, "Close", Unary, SESSION),
    method(RUNTIME, "Run", Stream, SESSION),
    method(RUNTIME, "Subscribe", Stream, None),
    method(RUNTIME, "InjectContext", Unary, SESSION),
    method(RUNTIME, "Respond", Unary, SESSION),
    method(RUNTIME, "Cancel", Unary, SESSION),
    method(RUNTIME, "InspectContext", Unary, SESSION),
    method(EXTENSION, "Attach", Stream, None),
    method(ADMIN, "GetInfo", Unary, None),
    method(ADMIN, "GetDiagnostics", Unary, None),
    method(ADMIN, "ValidateConfig", Unary, None),
    method(ADMIN, "Drain", Unary, None),
    method(ADMIN, "GetLogLevel", Unary, None),
    method(ADMIN, "SetLogLevel", Unary, Some("directives")),
    method(HEALTH, "Check", Unary, Some("service")),
    method(HEALTH, "Watch", Stream, Some("service")),
    method(REFLECTION, "ServerReflectionInfo", Stream, Some("host")),
    method(OLD_REFLECTION, "ServerReflectionInfo", Stream, Some("host")),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::served::root;

    /// A call that is new must be abused too.
    #[test]
    fn every_call_of_the_interface_is_here() {
        let folder = root().unwrap().join("proto/tau/runtime/v1");
        let mut declared = BTreeSet::new();
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let mut service = String::new();
            for line in text.lines().map(str::trim) {
                if let Some(rest) = line.strip_prefix("service ") {
                    service = format!("tau.runtime.v1.{}", rest.trim_end_matches(" {"));
                }
                if let Some(rest) = line.strip_prefix("rpc ") {
                    let name = rest.split('(').next().unwrap();
                    let kind = if rest.contains("stream ") { "stream" } else { "unary" };
                    declared.insert(format!("{service}/{name} {kind}"));
                }
            }
        }
        let ours = METHODS.iter().filter(|method| method.service.starts_with("tau."));
        let named = ours.map(|method| {
            let kind = if method.kind == Stream { "stream" } else { "unary" };
            format!("{}/{} {kind}", method.service, method.name)
        });
        assert_eq!(named.collect::<BTreeSet<_>>(), declared);
    }
}
