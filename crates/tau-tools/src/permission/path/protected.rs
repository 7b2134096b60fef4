//! Paths that decide what runs later: to change one is asked about, whatever allows it.

use std::path::Path;

/// Folders whose content is configuration of tools that run by themselves, wherever they stand.
const FOLDERS: &[&str] = &[
    ".git",
    ".tau",
    ".claude",
    ".agents",
    ".codex",
    ".goose",
    ".opencode",
    ".cursor",
    ".vscode",
    ".idea",
    ".zed",
    ".husky",
    ".cargo",
    ".devcontainer",
    ".yarn",
    ".mvn",
    ".gradle",
    ".circleci",
    ".buildkite",
    ".woodpecker",
    ".ssh",
    ".gnupg",
    ".aws",
    ".kube",
    ".docker",
    ".direnv",
    ".fleet",
    ".vim",
    ".emacs.d",
];

/// Files of the same kind, by name.
const FILES: &[&str] = &[
    ".gitconfig",
    ".gitmodules",
    ".gitattributes",
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".bash_logout",
    ".bash_aliases",
    ".profile",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".zlogin",
    ".zlogout",
    ".kshrc",
    ".cshrc",
    ".tcshrc",
    ".login",
    ".inputrc",
    ".envrc",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".pnpmfile.cjs",
    ".netrc",
    ".mcp.json",
    ".ripgreprc",
    ".vimrc",
    ".exrc",
    ".nvimrc",
    ".emacs",
    ".tmux.conf",
    ".screenrc",
    ".xprofile",
    ".xinitrc",
    ".xsession",
    ".pypirc",
    ".condarc",
    ".pythonrc",
    ".gdbinit",
    ".lldbinit",
    ".gitlab-ci.yml",
    ".travis.yml",
    "Jenkinsfile",
    "azure-pipelines.yml",
    "bitbucket-pipelines.yml",
    ".drone.yml",
    ".cirrus.yml",
    "appveyor.yml",
    ".pre-commit-config.yaml",
    "lefthook.yml",
    ".lefthook.yml",
    "CLAUDE.local.md",
    "buildspec.yml",
    ".editorconfig",
];

/// Ends of paths of the same kind.
const PLACES: &[(&str, &str)] = &[
    (".github", "workflows"),
    (".github", "actions"),
    (".config", "fish"),
    (".config", "git"),
    (".config", "tau"),
    (".config", "systemd"),
    (".config", "autostart"),
    (".config", "nvim"),
    (".config", "environment.d"),
    (".local", "bin"),
];

/// Whether to change what stands at a path is to change what runs later.
pub(crate) fn is_protected(path: &Path) -> bool {
    let names: Vec<String> =
        path.components().map(|part| part.as_os_str().to_string_lossy().to_lowercase()).collect();
    let in_folder = names.iter().any(|name| FOLDERS.contains(&name.as_str()));
    let is_file = names.last().is_some_and(|name| FILES.iter().any(|file| file.eq_ignore_ascii_case(name)));
    let in_place = names.windows(2).any(|pair| PLACES.contains(&(pair[0].as_str(), pair[1].as_str())));
    // A repository without a work tree is its internals.
    let in_bare = names
        .windows(2)
        .any(|pair| pair[0].ends_with(".git") && matches!(pair[1].as_str(), "hooks" | "config"));
    in_folder || is_file || in_place || in_bare
}
