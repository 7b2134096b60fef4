//! Options that make a program run or write what its other arguments do not say.

/// Options whose value is a command line. One that is a dash and a letter may be bundled, one that begins with two shortened.
pub(crate) fn command_options(program: &str) -> &'static [&'static str] {
    match program {
        "env" => &["-S", "--split-string"],
        "su" | "runuser" | "script" | "sg" | "flock" | "capsh" | "machinectl" | "systemd-run" | "nix"
        | "vagrant" | "entr" | "watchexec" | "nodemon" | "xonsh" => {
            &["-c", "--command", "--exec", "--session-command"]
        }
        "ssh" | "autossh" | "sftp" | "scp" | "sshpass" => &["-o", "-S", "-D"],
        "nix-shell" => &["--run", "--command"],
        "npm" | "npx" | "pnpm" | "yarn" => &["-c", "--call", "--script-shell"],
        "ansible" => &["-a", "--args"],
        "fd" | "fdfind" => &["-x", "-X", "--exec", "--exec-batch"],
        "tar" | "bsdtar" | "gtar" => &[
            "-I",
            "--use-compress-program",
            "--to-command",
            "--checkpoint-action",
            "--rsh-command",
            "--rmt-command",
            "-F",
            "--info-script",
            "--new-volume-script",
        ],
        "cpio" => &["--rsh-command"],
        "rsync" => &["-e", "--rsh", "--rsync-path"],
        "zip" => &["-TT", "--unzip-command"],
        "sort" => &["--compress-program"],
        "split" => &["--filter"],
        "install" => &["--strip-program"],
        "rg" => &["--pre", "--hostname-bin"],
        "ag" | "ack" | "bat" | "batcat" | "delta" => &["--pager"],
        "fzf" => &["--preview", "--bind", "--become"],
        "man" => &["-P", "--pager", "-H", "--html"],
        "tcpdump" => &["-z"],
        "nc" | "ncat" | "netcat" => &["-e", "-c", "--exec", "--sh-exec", "--lua-exec"],
        "wget" => &["--use-askpass"],
        "svn" => &["--diff-cmd", "--diff3-cmd", "--merge-tool", "--editor-cmd", "--config-option"],
        "hg" | "cargo" => &["--config"],
        "go" => &["-exec", "-toolexec", "-vettool"],
        "make" | "gmake" => &["--eval"],
        "apt" | "apt-get" | "aptitude" => &["-o", "--option"],
        "mapfile" | "readarray" => &["-C"],
        "fc" => &["-e"],
        "hash" => &["-p"],
        "gcc" | "cc" | "clang" | "g++" | "c++" | "clang++" => &["-wrapper"],
        _ => &[],
    }
}

/// Options that write files, read configuration or change where a program works.
fn other_options(program: &str) -> &'static [&'static str] {
    match program {
        "env" => &["-C", "--chdir"],
        "sudo" => &["-D", "--chdir", "-R", "--chroot"],
        "find" => {
            &["-exec", "-execdir", "-ok", "-okdir", "-delete", "-fprint", "-fprint0", "-fprintf", "-fls"]
        }
        "tar" | "bsdtar" | "gtar" => &["-P", "--absolute-names"],
        "ssh" | "scp" | "sftp" => &["-F"],
        "rsync" => &["--daemon", "--config"],
        "sort" => &["-o", "--output", "-T", "--temporary-directory"],
        "rg" => &["--search-zip", "-z"],
        "sed" | "gsed" => &["-i", "--in-place", "-f", "--file"],
        "man" => &["-B"],
        "make" | "gmake" => &["-f", "--file", "--makefile", "-C", "--directory", "-I", "-e"],
        "cargo" => &["--manifest-path", "-Z", "-C"],
        "go" => &["-modfile", "-overlay", "-C"],
        "npm" | "pnpm" | "yarn" => {
            &["--prefix", "--userconfig", "--globalconfig", "-C", "--node-options", "--cwd", "--dir"]
        }
        "tree" => &["-o", "-R"],
        "iconv" => &["-o", "--output"],
        "openssl" => &["-engine", "-provider", "-provider-path", "-config", "-out", "-keyout", "-writerand"],
        "psql" => &["-f", "--file", "-o", "--output", "-L", "--log-file"],
        "sqlite3" => &["-init", "-cmd"],
        "tcpdump" => &["-w", "-W"],
        "ip" => &["-b", "-batch"],
        "strace" | "ltrace" | "time" => &["-o", "--output", "-a"],
        "gpg" => &["--exec-path", "--options", "--homedir"],
        "printf" => &["-v"],
        "test" | "[" => &["-v", "-R"],
        "declare" | "typeset" | "local" => &["-n", "-i", "-a", "-A", "-f"],
        "diff" => &["--output"],
        "date" => &["-s", "--set", "-f", "--file"],
        "file" => &["-C", "--compile", "-m", "--magic-file", "-z", "-Z"],
        "yq" => &["-i", "--inplace"],
        "jq" => &["-L", "-f", "--from-file"],
        "black" | "eslint" | "prettier" => {
            &["--config", "-c", "--plugin", "--rulesdir", "--resolve-plugins-relative-to"]
        }
        "docker" | "podman" => &["-v", "--volume", "--mount", "--privileged", "-H", "--host", "--config"],
        "kubectl" => &["--kubeconfig"],
        "gcc" | "cc" | "clang" | "g++" | "c++" | "clang++" => {
            &["-B", "-fplugin", "-specs", "--config", "-Xclang", "-Xlinker"]
        }
        "unzip" => &["-d", "-:"],
        _ => options_of_languages(program),
    }
}

fn options_of_languages(program: &str) -> &'static [&'static str] {
    match program {
        "node" | "nodejs" => &[
            "-r",
            "--require",
            "--import",
            "--loader",
            "--experimental-loader",
            "-e",
            "--eval",
            "-p",
            "--print",
            "-i",
        ],
        "deno" => &["eval", "--eval", "repl"],
        "python" | "python2" | "python3" | "pypy" | "pypy3" => &["-c", "-m", "-i"],
        _ if program.starts_with("python3.") => &["-c", "-m", "-i"],
        "perl" => &["-e", "-E", "-i", "-n", "-p", "-M", "-m", "-I", "-x", "-d"],
        "ruby" | "irb" => &["-e", "-i", "-r", "-I", "-n", "-p", "-x"],
        "php" => &["-r", "-B", "-R", "-F", "-E", "-d", "-c", "-z", "-a"],
        "lua" | "luajit" | "Rscript" | "julia" => &["-e", "-l", "-i", "-E", "-L"],
        "vi" | "vim" | "nvim" | "view" | "ex" => {
            &["-c", "--cmd", "-S", "-s", "-u", "-U", "-w", "-W", "-l", "-i", "+"]
        }
        "emacs" => &[
            "--eval",
            "-eval",
            "--execute",
            "-execute",
            "-script",
            "-batch",
            "-f",
            "--funcall",
            "-l",
            "--load",
            "--script",
            "--batch",
        ],
        "less" | "more" => &["-o", "-O", "--log-file", "-k", "--lesskey-src", "+"],
        "gdb" | "lldb" => &["-ex", "-x", "-iex", "-ix", "--command", "--eval-command", "-o", "-s"],
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
            "-o",
            "--output-file",
            "-a",
            "-i",
            "--config",
        ],
        _ => &[],
    }
}

/// Whether rules with a star leave any options of a program open.
pub(crate) fn has_dangerous_options(program: &str) -> bool {
    !command_options(program).is_empty() || !other_options(program).is_empty()
}

/// Whether an argument is an option that makes a program run or write more than its other arguments say.
pub(crate) fn is_dangerous(program: &str, argument: &str) -> bool {
    let mut options = command_options(program).iter().chain(other_options(program));
    options.any(|option| is_option(argument, option, value_letters(program)))
}

/// Letters of short options that take a value, where all of them are known: what follows one in a bundle is no option.
pub(crate) fn value_letters(program: &str) -> Option<&'static str> {
    /// Of programs whose options are words behind one dash, which are never bundled.
    const WORDS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    Some(match program {
        "tar" | "gtar" | "bsdtar" => "bCfgHKLNTVX",
        "curl" => "AbCdeEFhHmPQrtuUwxXyYz",
        "rsync" => "BTfM@",
        "sort" => "kSt",
        "docker" | "podman" => "acehlmpuw",
        "nc" | "ncat" | "netcat" => "IiMmOPpqsTVWwXx",
        "git" => "eABCmfnSULGF",
        "python" | "python2" | "python3" | "pypy" | "pypy3" => "WX",
        _ if program.starts_with("python3.") => "WX",
        "perl" => "DFV",
        _ if program.starts_with("perl5") => "DFV",
        "ruby" | "irb" => "CEF",
        "php" => "ft",
        "sed" | "gsed" => "efl",
        "date" => "dIr",
        "find" | "go" | "gcc" | "cc" | "clang" | "g++" | "c++" | "clang++" | "emacs" | "ip" | "gdb"
        | "lldb" | "openssl" | "sqlite3" => WORDS,
        _ => return None,
    })
}

/// Whether an argument is an option, alone, with its value, or bundled with other letters.
pub(crate) fn is_option(argument: &str, option: &str, values: Option<&str>) -> bool {
    option_value(argument, option, values).is_some()
}

/// What is attached to an option, which is nothing where its value stands apart; `None` where an argument is not that option.
pub(crate) fn option_value<'a>(argument: &'a str, option: &str, values: Option<&str>) -> Option<&'a str> {
    let is_word = option.len() > 2;
    // A word behind one dash may have two.
    let own = if is_word && !option.starts_with("--") && argument.starts_with("--") {
        &argument[1..]
    } else {
        argument
    };
    let behind = own.strip_prefix(option);
    if let Some(behind) = behind.filter(|behind| !is_word || behind.is_empty() || behind.starts_with('=')) {
        return Some(behind.strip_prefix('=').filter(|_| is_word).unwrap_or(behind));
    }
    // Long options may be shortened; short ones bundled.
    if option.starts_with("--") {
        let (name, value) = argument.split_once('=').unwrap_or((argument, ""));
        return (name.len() > 2 && name.starts_with("--") && option.starts_with(name)).then_some(value);
    }
    let letters = option.strip_prefix('-')?;
    let is_letter = letters.len() == 1 || (letters.len() == 2 && letters[..1] == letters[1..]);
    let bundle = argument.strip_prefix('-').filter(|bundle| is_letter && !bundle.starts_with('-'))?;
    // A letter that takes a value ends the bundle, and may be the one that is looked for.
    let end = values.and_then(|values| bundle.find(|each| values.contains(each))).unwrap_or(bundle.len());
    let at = bundle.find(letters).filter(|&at| at <= end)?;
    Some(&bundle[at + letters.len()..])
}
