//! What is known of programs: which run their arguments, and how; which options make one run or write more.

/// How a program runs what it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runs {
    /// The rest of its arguments, after options and so many operands.
    Rest { flags: &'static str, values: &'static str, operands: usize, assigns: bool },
    /// The rest of its arguments, joined to a command line.
    Joined { flags: &'static str, values: &'static str, operands: usize },
    /// A part of its arguments, wherever it begins; what follows `-c` is a command line.
    Somewhere,
    /// Command lines: each argument may be one.
    Lines,
    /// A shell: `-c`, a file, or its input.
    Shell,
    /// `find`: what stands between `-exec` and `;`.
    Find,
    /// `git`: aliases, `bisect run`, `submodule foreach`, `rebase --exec`.
    Git,
    /// Code of another language in its arguments.
    Code,
}

const fn rest(flags: &'static str, values: &'static str, operands: usize) -> Runs {
    Runs::Rest { flags, values, operands, assigns: false }
}

/// How a program runs what it is given, if it does.
pub(crate) fn runs(program: &str) -> Option<Runs> {
    Some(match program {
        "sh" | "bash" | "dash" | "zsh" | "ksh" | "ksh93" | "mksh" | "ash" | "fish" | "csh" | "tcsh"
        | "rbash" | "elvish" | "nu" | "pwsh" | "yash" | "posh" => Runs::Shell,
        "eval" | "ssh-agent-eval" => Runs::Joined { flags: "", values: "", operands: 0 },
        "watch" => Runs::Joined { flags: "bcdegptvwxr", values: "nq", operands: 0 },
        "ssh" | "autossh" | "mosh" | "sshpass" => {
            Runs::Joined { flags: "46AaCfGgKkMNnqsTtVvXxYy", values: "BbcDEeFIiJLlmOopPQRSWw", operands: 1 }
        }
        "parallel" | "rush" => Runs::Somewhere,
        "trap" | "alias" | "tmux" | "screen" | "hyperfine" | "expect" | "bind" | "complete" | "compgen"
        | "at" | "batch" | "mispipe" | "zellij" | "dtach" | "abduco" | "nq" | "cmd" | "wsl" => Runs::Lines,
        "find" => Runs::Find,
        "git" => Runs::Git,
        "env" => Runs::Rest { flags: "i0v", values: "uCS", operands: 0, assigns: true },
        "sudo" => {
            Runs::Rest { flags: "AbBEeHiKklNnPSsVv", values: "aCDghpRrTtuU", operands: 0, assigns: true }
        }
        "doas" => Runs::Rest { flags: "Lns", values: "aCu", operands: 0, assigns: true },
        "nice" => rest("0123456789", "n", 0),
        "ionice" => rest("t", "cnpPu", 0),
        "timeout" => rest("vfp", "ks", 1),
        "time" => rest("pvaqVl", "fo", 0),
        "stdbuf" => rest("", "ioe", 0),
        "nohup" | "builtin" | "noglob" | "nocorrect" | "busybox" | "toybox" | "fakeroot" | "torsocks"
        | "tsocks" | "chronic" | "ifne" | "linux32" | "linux64" | "i386" | "x86_64" | "catchsegv"
        | "dbus-launch" | "setpriv" | "dbus-run-session" | "tini" | "dumb-init" | "s6-setsid"
        | "caffeinate" | "unbuffer" | "xvfb-run" => rest("disumpxgqaenl", "", 0),
        "command" => rest("pvV", "", 0),
        "exec" => rest("cl", "a", 0),
        "setsid" => rest("cfw", "", 0),
        "coproc" | "rlwrap" | "proxychains" | "proxychains4" | "faketime" | "valgrind" | "gdb" | "lldb"
        | "perf" => Runs::Somewhere,
        "chroot" | "gosu" | "su-exec" | "setuidgid" | "envdir" | "chpst" | "softlimit" => rest("", "ugG", 1),
        "chrt" => rest("abdfiomprv", "TPD", 1),
        "taskset" => rest("acp", "", 1),
        "setarch" => rest("RFZLXBITSv3", "", 1),
        "strace" => rest("cCdDfFhiknqrtTvVwxyYzZ", "abeEIoOpPsSuUX", 0),
        "ltrace" => rest("bcCfhiLrStTV", "aADeFlnopsuwx", 0),
        "xargs" => rest("0iloprtxe", "aEILPnsd", 0),
        "unshare" | "nsenter" | "numactl" | "prlimit" | "flock" | "su" | "runuser" | "sg" | "pkexec"
        | "run0" | "script" | "systemd-run" | "systemd-inhibit" | "machinectl" | "docker" | "podman"
        | "nerdctl" | "kubectl" | "crictl" | "lxc" | "lxc-attach" | "lxc-execute" | "cgexec" | "firejail"
        | "bwrap" | "proot" | "flatpak" | "snap" | "npx" | "bunx" | "pnpx" | "uvx" | "pipx" | "npm"
        | "pnpm" | "yarn" | "bun" | "poetry" | "uv" | "pipenv" | "rye" | "hatch" | "pdm" | "bundle"
        | "conda" | "mamba" | "mise" | "asdf" | "direnv" | "nix" | "nix-shell" | "guix" | "capsh"
        | "entr" | "watchexec" | "nodemon" | "fd" | "fdfind" | "qemu-x86_64" | "wine" | "please"
        | "gksudo" | "kdesu" | "sudoedit" | "vagrant" | "ansible" | "salt" | "xonsh"
        | "start-stop-daemon" | "daemonize" | "setcap" | "apply" | "apptainer" | "singularity" | "rsync"
        | "scp" | "sftp" | "tar" | "bsdtar" | "gtar" | "zip" | "man" | "make" | "just" | "cargo" | "go"
        | "ninja" => Runs::Somewhere,
        "awk" | "gawk" | "mawk" | "nawk" | "perl" | "ruby" | "node" | "deno" | "php" | "lua" | "luajit"
        | "tclsh" | "osascript" | "sed" | "gsed" | "ed" | "ex" | "vi" | "vim" | "nvim" | "emacs" | "R"
        | "Rscript" | "jshell" | "groovy" | "scala" | "julia" | "ghc" | "irb" | "psql" | "mysql"
        | "sqlite3" | "m4" | "gnuplot" | "dc" | "bc" | "python" | "python2" | "python3" | "pypy"
        | "pypy3" | "ipython" | "less" | "more" => Runs::Code,
        _ if program.starts_with("python3.") || program.starts_with("perl5") => Runs::Code,
        _ if program.starts_with("ld-linux") || program.starts_with("ld-musl") => Runs::Somewhere,
        _ => return None,
    })
}

/// Wrappers that do nothing but run the rest, so that a rule about the rest is enough.
pub(crate) fn is_transparent(program: &str) -> bool {
    matches!(program, "timeout" | "time" | "nice" | "nohup" | "stdbuf" | "command" | "builtin")
}

/// Programs that no prefix may allow: what they run is all that matters of them.
pub(crate) fn is_never_by_prefix(program: &str) -> bool {
    matches!(
        program,
        "watch"
            | "setsid"
            | "ionice"
            | "flock"
            | "eval"
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
    )
}

/// Options that make a program run or write what its other arguments do not say, by program. An entry that ends in
/// `=` or is a single dash and a letter also stands for what has a value attached.
pub(crate) fn dangerous_options(program: &str) -> &'static [&'static str] {
    match program {
        "find" => {
            &["-exec", "-execdir", "-ok", "-okdir", "-delete", "-fprint", "-fprint0", "-fprintf", "-fls"]
        }
        "fd" | "fdfind" => &["-x", "-X", "--exec", "--exec-batch"],
        "git" => &[
            "-c",
            "-C",
            "--exec-path",
            "--git-dir",
            "--work-tree",
            "--config-env",
            "--namespace",
            "--upload-pack",
            "--receive-pack",
            "-u",
            "--exec",
            "-x",
            "--extcmd",
            "-O",
            "--open-files-in-pager",
            "--ext-diff",
            "--textconv",
            "--output",
            "--template",
            "--super-prefix",
            "-p",
            "--paginate",
            "--no-index",
            "-i",
            "--interactive",
        ],
        "tar" | "bsdtar" | "gtar" => &[
            "--checkpoint-action",
            "--to-command",
            "-I",
            "--use-compress-program",
            "--rsh-command",
            "--rmt-command",
            "-F",
            "--info-script",
            "--new-volume-script",
            "-P",
            "--absolute-names",
        ],
        "rsync" => &["-e", "--rsh", "--rsync-path"],
        "ssh" | "scp" | "sftp" => &["-o", "-F", "-S", "-D"],
        "zip" => &["-T", "-TT", "--unzip-command"],
        "sort" => &["--compress-program", "-o", "--output", "-T", "--temporary-directory"],
        "rg" => &["--pre", "--hostname-bin", "--search-zip", "-z"],
        "ag" => &["--pager"],
        "grep" => &[],
        "sed" | "gsed" => &["-i", "--in-place", "-f", "--file", "-e", "--expression", "-s"],
        "man" => &["-P", "--pager", "-H", "--html", "-B"],
        "make" | "gmake" => {
            &["-f", "--file", "--makefile", "-C", "--directory", "-I", "--eval", "SHELL=", "-e"]
        }
        "cargo" => &["--config", "--manifest-path", "-Z", "-C"],
        "go" => &["-toolexec", "-exec", "-modfile", "-overlay", "-C"],
        "npm" | "pnpm" | "yarn" => {
            &["--script-shell", "--prefix", "--userconfig", "--globalconfig", "-C", "--node-options"]
        }
        _ => dangerous_options_of_tools(program),
    }
}

/// The same, of interpreters, of programs of the network, and of what else is given files.
fn dangerous_options_of_tools(program: &str) -> &'static [&'static str] {
    match program {
        "node" => &[
            "-r",
            "--require",
            "--import",
            "--loader",
            "--experimental-loader",
            "-e",
            "--eval",
            "-p",
            "--print",
        ],
        "python" | "python2" | "python3" => &["-c", "-m"],
        "curl" => &[
            "-o",
            "--output",
            "-O",
            "--remote-name",
            "-K",
            "--config",
            "-T",
            "--upload-file",
            "-c",
            "--cookie-jar",
            "-D",
            "--dump-header",
            "--trace",
            "--trace-ascii",
            "--output-dir",
            "--engine",
        ],
        "wget" => &[
            "-O",
            "--output-document",
            "-P",
            "--directory-prefix",
            "--post-file",
            "--body-file",
            "-e",
            "--execute",
            "--use-askpass",
            "-o",
            "--output-file",
            "-a",
            "-i",
            "--config",
        ],
        "printf" => &["-v"],
        "test" | "[" => &["-v", "-R"],
        "declare" | "typeset" | "local" => &["-n", "-i", "-a", "-A", "-f"],
        "diff" => &["--output"],
        "tee" => &[],
        "ps" | "ls" | "cat" => &[],
        "date" => &["-s", "--set", "-f", "--file"],
        "file" => &["-C", "--compile", "-m", "--magic-file", "-z", "-Z"],
        "less" | "more" => &["-o", "-O", "--log-file", "-k", "+"],
        "yq" => &["-i", "--inplace"],
        "jq" => &["-L", "-f", "--from-file"],
        "black" | "eslint" | "prettier" => {
            &["--config", "-c", "--plugin", "--rulesdir", "--resolve-plugins-relative-to"]
        }
        "docker" | "podman" => &["-v", "--volume", "--mount", "--privileged", "-H", "--host", "--config"],
        "kubectl" => &["--kubeconfig"],
        "gcc" | "cc" | "clang" | "g++" | "c++" => &["-wrapper", "-B", "-fplugin", "-specs", "--config"],
        "unzip" => &["-d", "-:"],
        "xz" | "gzip" | "bzip2" => &[],
        _ => &[],
    }
}

/// Whether an argument is an option of the list, alone, with its value, or bundled with other letters.
pub(crate) fn is_option(argument: &str, option: &str) -> bool {
    if let Some(before) = argument.strip_prefix(option) {
        let is_word = option.len() > 2 && !option.ends_with('=');
        return !is_word || before.is_empty() || before.starts_with('=');
    }
    // Long options may be shortened; short ones bundled.
    let name = argument.split('=').next().unwrap_or(argument);
    if option.starts_with("--") {
        return name.len() > 3 && name.starts_with("--") && option.starts_with(name);
    }
    let letter = option.strip_prefix('-').filter(|letter| letter.len() == 1);
    letter.is_some_and(|letter| {
        argument.starts_with('-')
            && !argument.starts_with("--")
            && argument[1..].contains(letter)
            && argument[1..].bytes().take_while(u8::is_ascii_alphanumeric).count() <= 6
    })
}

/// Variables that change nothing of what a command runs.
pub(crate) fn is_safe_variable(name: &str) -> bool {
    matches!(
        name,
        "LANG"
            | "LANGUAGE"
            | "TZ"
            | "NO_COLOR"
            | "FORCE_COLOR"
            | "CLICOLOR"
            | "CLICOLOR_FORCE"
            | "COLUMNS"
            | "LINES"
            | "TERM"
            | "COLORTERM"
            | "RUST_BACKTRACE"
            | "RUST_LOG"
            | "CI"
            | "DEBUG"
            | "VERBOSE"
            | "NODE_ENV"
            | "CARGO_TERM_COLOR"
            | "PYTHONUNBUFFERED"
            | "PYTHONDONTWRITEBYTECODE"
            | "GOOS"
            | "GOARCH"
            | "CGO_ENABLED"
            | "FORCE_TTY"
            | "DEBIAN_FRONTEND"
            | "GIT_TERMINAL_PROMPT"
            | "TIME_STYLE"
            | "LS_COLORS"
            | "GREP_COLORS"
    ) || name.starts_with("LC_")
}

/// What a program does with the files it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Files {
    /// Its arguments are no files.
    None,
    /// It looks at names and what is said of a file, not into it.
    Names,
    Reads,
    /// What it reads it may also change, make or remove.
    Writes,
    Unknown,
}

/// What a program does with the files it is given.
pub(crate) fn files(program: &str) -> Files {
    match program {
        "echo" | "printf" | "true" | "false" | ":" | "pwd" | "kill" | "sleep" | "date" | "whoami" | "id"
        | "uname" | "hostname" | "export" | "declare" | "typeset" | "local" | "readonly" | "exit"
        | "return" | "break" | "expr" | "continue" | "shift" | "seq" | "type" | "which" | "command"
        | "hash" | "jobs" | "ps" | "wait" | "basename" | "dirname" | "yes" | "env" | "unset" | "set"
        | "umask" | "ulimit" => Files::None,
        "cd" | "ls" | "stat" | "test" | "[" | "du" | "df" | "tree" | "readlink" | "realpath" | "pushd"
        | "popd" | "find" | "fd" | "fdfind" => Files::Names,
        "cat" | "head" | "tail" | "less" | "more" | "grep" | "egrep" | "fgrep" | "rg" | "ag" | "ack"
        | "wc" | "sort" | "uniq" | "cut" | "tr" | "diff" | "cmp" | "comm" | "od" | "xxd" | "hexdump"
        | "strings" | "file" | "jq" | "yq" | "awk" | "gawk" | "nl" | "tac" | "rev" | "paste" | "join"
        | "fold" | "column" | "base64" | "base32" | "md5sum" | "sha1sum" | "sha256sum" | "sha512sum"
        | "cksum" | "b2sum" | "bat" | "batcat" | "source" | "." | "zcat" | "xzcat" | "bzcat" | "zgrep"
        | "look" | "view" | "pr" | "fmt" | "expand" | "unexpand" | "iconv" => Files::Reads,
        "rm" | "rmdir" | "mv" | "cp" | "tee" | "install" | "ln" | "dd" | "truncate" | "touch" | "mkdir"
        | "chmod" | "chown" | "chgrp" | "sed" | "gsed" | "patch" | "rsync" | "unlink" | "shred"
        | "mkfifo" | "mknod" | "split" | "csplit" | "ed" | "ex" | "vi" | "vim" | "nvim" | "nano"
        | "emacs" | "setfacl" | "chattr" | "gzip" | "gunzip" | "bzip2" | "bunzip2" | "xz" | "unxz"
        | "zip" | "unzip" | "tar" | "bsdtar" | "scp" | "rename" | "sponge" => Files::Writes,
        _ => Files::Unknown,
    }
}

/// Programs that change nothing, whatever they are given.
pub(crate) fn is_read_only(argv: &[String]) -> bool {
    let Some((program, arguments)) = argv.split_first() else { return false };
    match program.as_str() {
        "git" => matches!(
            arguments.first().map(String::as_str),
            Some(
                "status"
                    | "log"
                    | "diff"
                    | "show"
                    | "blame"
                    | "rev-parse"
                    | "ls-files"
                    | "describe"
                    | "shortlog"
            )
        ),
        "find" => true,
        program => {
            !matches!(program, "source" | "." | "view" | "awk" | "gawk" | "yq" | "sort" | "less" | "more")
                && matches!(files(program), Files::Names | Files::Reads)
                || matches!(
                    program,
                    "echo" | "pwd" | "true" | "false" | "date" | "whoami" | "id" | "uname" | "which"
                )
        }
    }
}
