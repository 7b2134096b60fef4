//! The same from inside a sandbox.

use std::io::Read;

use tau_sandbox::policy::Network;
use tau_sandbox::{Command, Policy, Sandbox};

use super::upstream::Upstream;
use super::{Names, proxy, serve};
use crate::helper;

/// Asks the proxy that the variables name; then the server itself.
const SCRIPT: &str = r#"
use Socket;
my ($port) = $ENV{HTTP_PROXY} =~ m{^http://127\.0\.0\.1:(\d+)$} or die 'no proxy';
for my $host (@ARGV) {
    socket my $s, AF_INET, SOCK_STREAM, 0; connect $s, pack_sockaddr_in($port, inet_aton('127.0.0.1')) or die "$!";
    syswrite $s, "GET http://$host/ HTTP/1.1\r\n\r\n"; my $line = <$s>; print "$host $line";
}
my ($server) = $ARGV[0] =~ /:(\d+)/;
socket my $s, AF_INET, SOCK_STREAM, 0;
print connect($s, pack_sockaddr_in($server, inet_aton('127.0.0.1'))) ? "direct\n" : "not direct\n";
"#;

#[test]
fn the_only_way_out_is_the_proxy() {
    let (upstream, workspace) = (Upstream::start(), tempfile::tempdir().unwrap());
    let port = upstream.port();
    let mut policy = Policy::for_workspace(workspace.path());
    policy.network = Network::Proxy;
    let sandbox = Sandbox::start(&policy, &helper()).unwrap();
    serve(proxy(Names::new(), port), sandbox.take_proxy_listener().unwrap());
    assert!(sandbox.take_proxy_listener().is_none());
    let (mut reader, writer) = std::io::pipe().unwrap();
    let hosts =
        [format!("allowed.test:{port}"), format!("other.test:{port}"), format!("private.test:{port}")];
    let command = Command::new("/usr/bin/perl").args(["-e", SCRIPT]).args(&hosts).stdout(writer);
    let mut child = sandbox.spawn(&command).unwrap();
    drop(command);
    child.wait().unwrap();
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    let expected = format!(
        "allowed.test:{port} HTTP/1.1 200 OK\r\nother.test:{port} HTTP/1.1 403 Forbidden\r\n\
         private.test:{port} HTTP/1.1 403 Forbidden\r\nnot direct\n"
    );
    assert_eq!(text, expected);
}
