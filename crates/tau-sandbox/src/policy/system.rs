//! The parts of a system that commands need in order to run.

use std::path::PathBuf;

/// Programs, libraries and the configuration of the linker, of certificates, time zones and terminals. Of `/etc` only
/// what holds no secret: as root, a command would be able to read `/etc/shadow`.
const VISIBLE: [&str; 26] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/nix/store",
    "/etc/alternatives",
    "/etc/bash.bashrc",
    "/etc/ca-certificates",
    "/etc/fonts",
    "/etc/inputrc",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/os-release",
    "/etc/pki/ca-trust",
    "/etc/profile",
    "/etc/protocols",
    "/etc/services",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/terminfo",
];

/// Where packages of distributions put it.
const BUBBLEWRAP: [&str; 2] = ["/usr/bin/bwrap", "/usr/local/bin/bwrap"];

pub(super) fn bubblewrap() -> Vec<PathBuf> {
    BUBBLEWRAP.map(PathBuf::from).into()
}

pub(super) fn visible() -> Vec<PathBuf> {
    VISIBLE.map(PathBuf::from).into()
}
