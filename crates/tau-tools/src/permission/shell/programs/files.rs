//! What programs do with the files they are given.

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
            !matches!(
                program,
                "source"
                    | "."
                    | "view"
                    | "awk"
                    | "gawk"
                    | "yq"
                    | "sort"
                    | "less"
                    | "more"
                    | "uniq"
                    | "xxd"
                    | "iconv"
            ) && matches!(files(program), Files::Names | Files::Reads)
                || matches!(
                    program,
                    "echo" | "pwd" | "true" | "false" | "date" | "whoami" | "id" | "uname" | "which"
                )
        }
    }
}
