//! Which programs run their arguments, and how.

/// How a program runs what it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runs {
    /// The rest of its arguments, after options and so many operands.
    Rest { flags: &'static str, values: &'static str, operands: usize, assigns: bool },
    /// The rest of its arguments, joined to a command line.
    Joined { flags: &'static str, values: &'static str, operands: usize },
    /// A part of its arguments, wherever it begins; what follows `-c` is a command line.
    Somewhere,
    /// What stands behind one of some words, on this machine or not.
    After { words: &'static [&'static str], place: Place },
    /// What stands behind its options for commands, and nothing else.
    Options,
    /// What stands behind the kind of an address: `EXEC:program`.
    Addresses,
    /// Command lines: each argument may be one.
    Lines,
    /// A shell: `-c`, a file, or its input.
    Shell,
    /// `find`: what stands between `-exec` and `;`.
    Find,
    /// `xargs`: the rest, with words nobody has seen behind it.
    Xargs,
    /// `git`: aliases, `bisect run`, `submodule foreach`, `rebase --exec`.
    Git,
    /// Code of another language in its arguments.
    Code,
}

/// Where a program runs what it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Here,
    /// In a container, on another machine, or as a package of its own.
    Elsewhere,
}

const fn rest(flags: &'static str, values: &'static str, operands: usize) -> Runs {
    Runs::Rest { flags, values, operands, assigns: false }
}

const fn after(words: &'static [&'static str]) -> Runs {
    Runs::After { words, place: Place::Here }
}

const fn elsewhere(words: &'static [&'static str]) -> Runs {
    Runs::After { words, place: Place::Elsewhere }
}

/// How a program runs what it is given, if it does.
pub(crate) fn runs(program: &str) -> Option<Runs> {
    let found = shells_and_wrappers(program).or_else(|| runners(program)).or_else(|| languages(program));
    found.or_else(|| (!super::command_options(program).is_empty()).then_some(Runs::Options))
}

fn shells_and_wrappers(program: &str) -> Option<Runs> {
    Some(match program {
        "sh" | "bash" | "dash" | "zsh" | "ksh" | "ksh93" | "mksh" | "ash" | "fish" | "csh" | "tcsh"
        | "rbash" | "elvish" | "nu" | "pwsh" | "yash" | "posh" => Runs::Shell,
        "eval" => Runs::Joined { flags: "", values: "", operands: 0 },
        "watch" => Runs::Joined { flags: "bcdegptvwxr", values: "nq", operands: 0 },
        "ssh" | "autossh" | "mosh" | "sshpass" => {
            Runs::Joined { flags: "46AaCfGgKkMNnqsTtVvXxYy", values: "BbcDEeFIiJLlmOopPQRSWw", operands: 1 }
        }
        "find" => Runs::Find,
        "git" => Runs::Git,
        "xargs" => Runs::Xargs,
        "socat" => Runs::Addresses,
        "env" => Runs::Rest { flags: "i0v", values: "uCS", operands: 0, assigns: true },
        "sudo" => {
            Runs::Rest { flags: "AbBEeHiKklNnPSsVv", values: "aCDghpRrTtuU", operands: 0, assigns: true }
        }
        "doas" => Runs::Rest { flags: "Lns", values: "aCu", operands: 0, assigns: true },
        "nice" => rest("0123456789", "n", 0),
        "ionice" => rest("t", "cnpPu", 0),
        "timeout" => rest("vfp", "ks", 1),
        "time" => rest("pvqVl", "", 0),
        "stdbuf" => rest("", "ioe", 0),
        "nohup" | "builtin" | "noglob" | "nocorrect" | "busybox" | "toybox" | "fakeroot" | "torsocks"
        | "tsocks" | "chronic" | "ifne" | "i386" | "x86_64" | "catchsegv" | "dbus-launch" | "setpriv"
        | "dbus-run-session" | "tini" | "dumb-init" | "s6-setsid" | "caffeinate" | "unbuffer"
        | "xvfb-run" => rest("disumpxgqaenl", "", 0),
        "command" => rest("p", "", 0),
        "exec" => rest("cl", "a", 0),
        "setsid" => rest("cfw", "", 0),
        "chroot" | "gosu" | "su-exec" | "setuidgid" | "envdir" | "chpst" | "softlimit" => rest("", "ugG", 1),
        "chrt" => rest("abdfiomprv", "TPD", 1),
        "taskset" => rest("acp", "", 1),
        "strace" => rest("cCdDfFhiknqrtTvVwxyYzZ", "abeEIoOpPsSuUX", 0),
        "ltrace" => rest("bcCfhiLrStTV", "aADeFlnopsuwx", 0),
        "coproc" | "rlwrap" | "proxychains" | "proxychains4" | "faketime" | "valgrind" | "gdb" | "lldb"
        | "perf" | "parallel" | "rush" | "unshare" | "nsenter" | "numactl" | "prlimit" | "flock" | "su"
        | "runuser" | "sg" | "pkexec" | "run0" | "script" | "systemd-run" | "systemd-inhibit"
        | "machinectl" | "lxc" | "lxc-attach" | "lxc-execute" | "cgexec" | "firejail" | "bwrap" | "proot"
        | "capsh" | "entr" | "watchexec" | "nodemon" | "setarch" | "linux32" | "linux64" | "wine"
        | "please" | "gksudo" | "kdesu" | "sudoedit" | "xonsh" | "start-stop-daemon" | "daemonize"
        | "apply" | "qemu-x86_64" => Runs::Somewhere,
        "trap" | "alias" | "tmux" | "screen" | "hyperfine" | "expect" | "bind" | "complete" | "compgen"
        | "at" | "batch" | "mispipe" | "zellij" | "dtach" | "abduco" | "nq" | "cmd" | "wsl" => Runs::Lines,
        _ if program.starts_with("ld-linux") || program.starts_with("ld-musl") => Runs::Somewhere,
        _ => return None,
    })
}

/// Programs that run others behind one of their own words.
fn runners(program: &str) -> Option<Runs> {
    Some(match program {
        "docker" | "podman" | "nerdctl" | "crictl" => elsewhere(&["run", "exec", "create"]),
        "kubectl" | "oc" => elsewhere(&["exec", "run", "debug"]),
        "npx" | "bunx" | "pnpx" | "uvx" | "apptainer" | "singularity" => {
            Runs::After { words: &[""], place: Place::Elsewhere }
        }
        "flatpak" | "snap" | "pipx" => elsewhere(&["run"]),
        "npm" | "pnpm" | "yarn" | "bun" => after(&["exec", "x", "dlx"]),
        "poetry" | "uv" | "pipenv" | "rye" | "hatch" | "pdm" | "conda" | "mamba" | "micromamba" => {
            after(&["run"])
        }
        "bundle" | "mise" | "asdf" | "direnv" => after(&["exec", "x"]),
        "nix" => after(&["run", "shell", "develop"]),
        "guix" => after(&["shell", "environment", "--"]),
        "ip" => after(&["exec"]),
        "fd" | "fdfind" => after(&["-x", "-X", "--exec", "--exec-batch"]),
        "jobs" => after(&["-x"]),
        _ => return None,
    })
}

fn languages(program: &str) -> Option<Runs> {
    let is_one = matches!(
        program,
        "awk"
            | "gawk"
            | "mawk"
            | "nawk"
            | "perl"
            | "ruby"
            | "node"
            | "nodejs"
            | "deno"
            | "php"
            | "lua"
            | "luajit"
            | "tclsh"
            | "osascript"
            | "sed"
            | "gsed"
            | "ed"
            | "ex"
            | "vi"
            | "vim"
            | "nvim"
            | "view"
            | "emacs"
            | "R"
            | "Rscript"
            | "jshell"
            | "groovy"
            | "scala"
            | "julia"
            | "ghc"
            | "irb"
            | "psql"
            | "mysql"
            | "mariadb"
            | "sqlite3"
            | "m4"
            | "gnuplot"
            | "dc"
            | "bc"
            | "python"
            | "python2"
            | "python3"
            | "pypy"
            | "pypy3"
            | "ipython"
            | "less"
            | "more"
    );
    let is_version = program.starts_with("python3.") || program.starts_with("perl5");
    (is_one || is_version).then_some(Runs::Code)
}

/// Languages whose programs read code from their input where they are given no file.
pub(crate) fn reads_code(program: &str) -> bool {
    is_interpreter(program)
        || matches!(
            program,
            "psql" | "mysql" | "mariadb" | "sqlite3" | "gdb" | "bc" | "dc" | "ed" | "ex" | "m4"
        )
}

/// Programs that run a file of code, behind which all arguments are that code's own.
pub(crate) fn is_interpreter(program: &str) -> bool {
    matches!(
        program,
        "perl"
            | "ruby"
            | "node"
            | "nodejs"
            | "deno"
            | "php"
            | "lua"
            | "luajit"
            | "tclsh"
            | "python"
            | "python2"
            | "python3"
            | "pypy"
            | "pypy3"
            | "ipython"
            | "Rscript"
            | "julia"
            | "irb"
    ) || program.starts_with("python3.")
        || program.starts_with("perl5")
}

/// Wrappers that do nothing but run the rest, so that a rule about the rest is enough.
pub(crate) fn is_transparent(program: &str) -> bool {
    matches!(program, "timeout" | "time" | "nice" | "nohup" | "stdbuf" | "command" | "builtin" | "noglob")
}

/// Programs whose options in front of their own words are known to few: what stands behind those may be the words.
pub(crate) fn has_words_of_its_own(program: &str) -> bool {
    matches!(
        program,
        "docker"
            | "podman"
            | "kubectl"
            | "oc"
            | "helm"
            | "npm"
            | "pnpm"
            | "yarn"
            | "cargo"
            | "gh"
            | "aws"
            | "gcloud"
            | "az"
            | "terraform"
            | "tofu"
            | "systemctl"
            | "apt"
            | "apt-get"
            | "pip"
            | "pip3"
            | "go"
            | "brew"
            | "gem"
            | "svn"
            | "hg"
            | "dotnet"
    )
}

/// Programs that no prefix may allow: what they run is all that matters of them.
pub(crate) fn is_never_by_prefix(program: &str) -> bool {
    is_open_builtin(program)
        || matches!(program, "watch" | "setsid" | "ionice" | "flock" | "socat" | "crontab")
}

/// Builtins of the shell that run others, or change what runs. With a folder in front they are other programs.
pub(crate) fn is_open_builtin(program: &str) -> bool {
    matches!(
        program,
        "eval"
            | "trap"
            | "alias"
            | "coproc"
            | "bind"
            | "complete"
            | "compgen"
            | "enable"
            | "hash"
            | "let"
            | "fc"
            | "mapfile"
            | "readarray"
            | "source"
            | "."
            | "exec"
            | "unset"
            | "read"
            | "getopts"
            | "wait"
            | "shopt"
            | "set"
            | "jobs"
    )
}
