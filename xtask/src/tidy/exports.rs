//! `lib.rs` only exports, and names travel one by one.

use syn::visit::{self, Visit};
use syn::{Item, ItemMod, ItemUse, UseTree, Visibility};

use crate::tidy::source::{RustFile, attrs_of, is_cfg_test, lines_of};
use crate::tidy::violation::Violation;
use crate::workspace::Kind;

const RULE: &str = "exports";

/// Checks one file. Test code may import globs, generated code may do as it likes.
pub(crate) fn check(file: &RustFile<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    if file.root == Some(Kind::Lib) {
        only_exports(file.path, &file.ast.items, &mut violations);
    }
    if !file.is_generated() && !file.is_test() {
        let mut globs = Globs { path: file.path, violations };
        globs.visit_file(&file.ast);
        violations = globs.violations;
    }
    violations
}

/// Items of a `lib.rs` that are neither `mod` nor a re-export. An inline module may hold the same as the file.
fn only_exports(path: &str, items: &[Item], violations: &mut Vec<Violation>) {
    for item in items {
        match item {
            Item::Mod(ItemMod { content: Some((_, items)), .. }) => only_exports(path, items, violations),
            Item::Mod(_) => {}
            Item::Use(ItemUse { vis: Visibility::Public(_) | Visibility::Restricted(_), .. }) => {}
            other => {
                // The line of the item itself, below its docs.
                let docs = attrs_of(other).iter().map(|attr| lines_of(attr).1 + 1).max().unwrap_or(0);
                let line = docs.max(lines_of(other).0).min(lines_of(other).1);
                let message = "lib.rs holds docs, `mod` and named `pub use` only; move the item to a module";
                violations.push(Violation::error(path, line, RULE, message));
            }
        }
    }
}

struct Globs<'a> {
    path: &'a str,
    violations: Vec<Violation>,
}

impl<'ast> Visit<'ast> for Globs<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_cfg_test(attrs_of(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let line = item.use_token.span.start().line;
        let public = !matches!(item.vis, Visibility::Inherited);
        if public && has_glob(&item.tree) {
            let message = "a glob re-export hides what is exported; name each item";
            self.violations.push(Violation::error(self.path, line, RULE, message));
        } else if !public && is_super_glob(&item.tree) {
            let message = "`use super::*` outside tests; name what is used";
            self.violations.push(Violation::error(self.path, line, RULE, message));
        }
    }
}

fn has_glob(tree: &UseTree) -> bool {
    match tree {
        UseTree::Glob(_) => true,
        UseTree::Path(path) => has_glob(&path.tree),
        UseTree::Group(group) => group.items.iter().any(has_glob),
        _ => false,
    }
}

/// `super::*`, `super::super::*`, or a group with one of them.
fn is_super_glob(tree: &UseTree) -> bool {
    match tree {
        UseTree::Path(path) if path.ident == "super" => match &*path.tree {
            UseTree::Glob(_) => true,
            UseTree::Group(group) => {
                group.items.iter().any(|tree| matches!(tree, UseTree::Glob(_)) || is_super_glob(tree))
            }
            tree => is_super_glob(tree),
        },
        UseTree::Group(group) => group.items.iter().any(is_super_glob),
        _ => false,
    }
}
