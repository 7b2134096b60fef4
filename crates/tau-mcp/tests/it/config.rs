//! Reading `.mcp.json`.

use std::collections::BTreeMap;

use tau_core::Secret;
use tau_mcp::config::{ConfigErrorKind, ConfigWarningKind, McpConfig, ServerConfig};

fn parse(text: &str) -> McpConfig {
    try_parse(text).unwrap()
}

fn try_parse(text: &str) -> Result<McpConfig, tau_mcp::config::ConfigError> {
    McpConfig::parse(text, |name| match name {
        "KEY" => Some("s3cret".to_owned()),
        "HOME" => Some("/srv/ada".to_owned()),
        _ => None,
    })
}

fn one(entry: &str) -> McpConfig {
    parse(&format!(r#"{{"mcpServers": {{"srv": {entry}}}}}"#))
}

/// The one error of a file with this one entry.
fn error(entry: &str) -> (ConfigErrorKind, String) {
    let config = one(entry);
    assert!(config.servers.is_empty(), "{config:?}");
    let [error] = config.errors.as_slice() else { panic!("{entry}: {:?}", config.errors) };
    (error.kind(), error.to_string())
}

#[test]
fn servers_of_every_type_are_read() {
    let config = parse(
        r#"{"$schema": "x", "mcpServers": {
            "local": {"command": "${HOME}/bin/server", "args": ["--root", "${ROOT:-/data}", "--key=${KEY}"],
                      "env": {"TOKEN": "${KEY}", "PLAIN": "1"}},
            "explicit": {"type": "stdio", "command": "x"},
            "web": {"type": "http", "url": "https://${HOST:-example.com}/mcp?key=${KEY}",
                    "headers": {"Authorization": "Bearer ${KEY}"}},
            "web2": {"type": "streamable-http", "url": "https://example.com"},
            "old": {"type": "sse", "url": "http://localhost:1/sse"},
            "socket": {"type": "ws", "url": "wss://example.com"}
        }}"#,
    );
    assert_eq!((config.errors.as_slice(), config.warnings.as_slice()), (&[][..], &[][..]));
    let types: Vec<_> =
        config.servers.iter().map(|(name, server)| (name.as_str(), server.type_name())).collect();
    assert_eq!(
        types,
        [
            ("explicit", "stdio"),
            ("local", "stdio"),
            ("old", "sse"),
            ("socket", "ws"),
            ("web", "http"),
            ("web2", "http")
        ]
    );
    let ServerConfig::Stdio(local) = &config.servers["local"] else { panic!() };
    assert_eq!(local.command, "/srv/ada/bin/server");
    assert_eq!(
        local.args.iter().map(Secret::expose).collect::<Vec<_>>(),
        ["--root", "/data", "--key=s3cret"]
    );
    let env =
        [("PLAIN", "1"), ("TOKEN", "s3cret")].map(|(name, value)| (name.to_owned(), Secret::new(value)));
    assert_eq!(local.env, BTreeMap::from(env));
    let ServerConfig::Http(web) = &config.servers["web"] else { panic!() };
    assert_eq!(web.url.as_str(), "https://example.com/mcp?key=s3cret");
    assert_eq!(web.headers["Authorization"].expose(), "Bearer s3cret");
    let shown = format!("{config:?}");
    assert!(!shown.contains("s3cret") && shown.contains("example.com"), "{shown}");
}

#[test]
fn an_unset_variable_stays_and_is_reported() {
    let config = one(r#"{"command": "run", "args": ["a", "${MISSING}"], "env": {"A": "${ALSO}-b"}}"#);
    let ServerConfig::Stdio(server) = &config.servers["srv"] else { panic!() };
    assert_eq!(server.args[1].expose(), "${MISSING}");
    assert_eq!(server.env["A"].expose(), "${ALSO}-b");
    let warnings: Vec<_> = config.warnings.iter().map(|warning| (warning.kind(), warning.path())).collect();
    assert_eq!(
        warnings,
        [
            (ConfigWarningKind::UnsetVariable, "mcpServers.srv.args[1]"),
            (ConfigWarningKind::UnsetVariable, "mcpServers.srv.env.A")
        ]
    );
    assert_eq!(
        config.warnings[0].to_string(),
        "mcpServers.srv.args[1]: the variable `MISSING` is not set, so `${MISSING}` stays as it is; \
         set it, or give a default: `${MISSING:-value}`"
    );
}

#[test]
fn wrong_entries_are_named_with_what_to_do() {
    use ConfigErrorKind::{InvalidValue, Missing};
    for (entry, kind, message) in [
        (
            r#"{"url": "https://example.com"}"#,
            Missing,
            "mcpServers.srv.type: is not there, so the server is `stdio`, but it has a `url`; add `\"type\": \"http\"`",
        ),
        (
            "{}",
            Missing,
            "mcpServers.srv.command: is not there; name the program to start, or give a `url` and a `type`",
        ),
        (r#"{"type": "http"}"#, Missing, "mcpServers.srv.url: is not there; give the address of the server"),
        (
            r#"{"type": "grpc", "url": "x"}"#,
            InvalidValue,
            "mcpServers.srv.type: there is no type `grpc`; the types are `stdio`, `http`, `sse` and `ws`",
        ),
        (r#"{"command": ""}"#, InvalidValue, "mcpServers.srv.command: is empty"),
        (
            r#"{"command": "x", "args": "-y"}"#,
            InvalidValue,
            "mcpServers.srv.args: is a text, but must be a list of texts",
        ),
        (
            r#"{"command": "x", "env": {"PORT": 80}}"#,
            InvalidValue,
            "mcpServers.srv.env.PORT: is a number, but must be a text; put it in quotes",
        ),
        (
            r#"{"command": "x", "env": {"A=B": "1"}}"#,
            InvalidValue,
            "mcpServers.srv.env.\"A=B\": no environment variable can have this name",
        ),
        (r#""x""#, InvalidValue, "mcpServers.srv: is a text, but must be an object"),
        (
            r#"{"type": "http", "url": "file:///${KEY}"}"#,
            InvalidValue,
            "mcpServers.srv.url: cannot be reached by `file`; write an address that starts with https://",
        ),
        (
            r#"{"type": "http", "url": "${KEY}"}"#,
            InvalidValue,
            "mcpServers.srv.url: is no address: relative URL without a base; write an address that starts with https://",
        ),
    ] {
        assert_eq!(error(entry), (kind, message.to_owned()));
    }
}

#[test]
fn one_wrong_server_costs_no_other_and_all_its_errors_are_told() {
    let config = parse(
        r#"{"mcpServers": {"bad": {"command": 1, "args": [true], "env": []}, "good": {"command": "x"}}}"#,
    );
    assert_eq!(config.servers.keys().collect::<Vec<_>>(), ["good"]);
    let paths: Vec<&str> = config.errors.iter().map(|error| error.path()).collect();
    assert_eq!(paths, ["mcpServers.bad.command", "mcpServers.bad.args[0]", "mcpServers.bad.env"]);
}

#[test]
fn unknown_keys_are_warnings() {
    let config = parse(
        r#"{"inputs": [], "mcpServers": {"srv": {"command": "x", "arg": [], "url": "u", "cwd": "."}}}"#,
    );
    assert_eq!(config.servers.len(), 1);
    let warnings: Vec<String> = config.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "inputs: is no key of this file, and was ignored",
            "mcpServers.srv.arg: is no known key, and was ignored; did you mean `args`?",
            "mcpServers.srv.cwd: is no known key, and was ignored",
            "mcpServers.srv.url: means nothing to a server of this type, and was ignored",
        ]
    );
    assert_eq!(config.warnings[3].kind(), ConfigWarningKind::IgnoredKey);
}

#[test]
fn names_that_would_pass_for_others_are_refused() {
    for name in ["", "a__b", "a_", "a. b", "x\\u0007", &"n".repeat(41)] {
        let config = parse(&format!(r#"{{"mcpServers": {{"{name}": {{"command": "x"}}}}}}"#));
        let kinds: Vec<_> = config.errors.iter().map(|error| error.kind()).collect();
        assert_eq!(kinds, [ConfigErrorKind::InvalidName], "{name}");
    }
    let config =
        parse(r#"{"mcpServers": {"my server": {"command": "x"}, "my.server": {"command": "evil"}}}"#);
    assert_eq!(config.servers.keys().collect::<Vec<_>>(), ["my server"]);
    assert_eq!(config.errors[0].kind(), ConfigErrorKind::Conflict);
    assert_eq!(config.errors[0].path(), "mcpServers.\"my.server\"");
}

#[test]
fn a_server_defined_twice_counts_once() {
    let config = parse(r#"{"mcpServers": {"a": {"command": "first"}, "a": {"command": "last"}}}"#);
    let ServerConfig::Stdio(server) = &config.servers["a"] else { panic!() };
    assert_eq!(server.command, "last");
    assert_eq!(config.warnings[0].kind(), ConfigWarningKind::Duplicate);
}

#[test]
fn files_that_are_none_are_refused_without_being_quoted() {
    use ConfigErrorKind::{InvalidValue, Missing, Syntax};
    for (text, kind, message) in [
        ("", Syntax, "the file ends before its JSON does (line 1, column 0)"),
        (
            r#"{"mcpServers": {"a": {"env": {"K": "s3cret""#,
            Syntax,
            "the file ends before its JSON does (line 1, column 43)",
        ),
        ("{s3cret}", Syntax, "the file is not JSON (line 1, column 2)"),
        (
            r#"{"servers": {}}"#,
            Missing,
            "mcpServers: is not there; write `{\"mcpServers\": {\"name\": {\"command\": \"...\"}}}`",
        ),
    ] {
        let error = try_parse(text).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (kind, message));
    }
    for text in
        ["[]", r#""s3cret""#, r#"{"mcpServers": ["s3cret"]}"#, r#"{"mcpServers": {}, "mcpServers": {}}"#]
    {
        let error = try_parse(text).unwrap_err();
        assert_eq!(error.kind(), InvalidValue, "{text}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
    assert_eq!(parse("\u{feff}{\"mcpServers\": {}}\r\n"), McpConfig::default());
}
