//! Every public item of the libraries has a doc comment, and every crate root begins with docs.
//!
//! rustc's `missing_docs` sees what is reachable from outside a crate; this sees whatever says `pub`.

use std::collections::{BTreeMap, BTreeSet};

use syn::{
    Attribute, Field, Fields, ImplItem, Item, ItemEnum, ItemImpl, ItemTrait, TraitItem, Type, Visibility,
};

use crate::tidy::source::{Facts, RustFile, attrs_of, has_docs, is_cfg_test, is_hidden};
use crate::tidy::tree::{Tree, is_below};
use crate::tidy::violation::Violation;
use crate::workspace::Kind;

const RULE: &str = "docs";
/// The folders of libraries.
const LIBRARIES: [&str; 3] = ["crates", "extensions", "support"];

/// Checks the items of one file. Tests and generated code apart.
pub(crate) fn check(file: &RustFile<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    if matches!(file.root, Some(Kind::Lib | Kind::Bin))
        && !["//!", "#![doc"].iter().any(|docs| file.text.trim_start().starts_with(docs))
    {
        let message = "the crate root does not begin with `//!` docs; say what the crate is and why";
        violations.push(Violation::error(file.path, 1, RULE, message));
    }
    if is_library(file.path) && !file.is_test() && !file.is_generated() {
        let mut items = Items { path: file.path, private: BTreeSet::new(), violations };
        items.module(&file.ast.items);
        violations = items.violations;
    }
    violations
}

/// Public modules may be documented where they are declared or inside their file.
pub(crate) fn check_modules(tree: &Tree, facts: &[Facts]) -> Vec<Violation> {
    let documented: BTreeMap<&str, bool> =
        facts.iter().map(|facts| (facts.path.as_str(), facts.documented)).collect();
    let mut violations = Vec::new();
    for file in facts.iter().filter(|file| is_library(&file.path) && tree.owner(&file.path).is_some()) {
        for child in file.children.iter().filter(|child| child.wants_docs) {
            let inside = child.paths.iter().find_map(|path| documented.get(path.as_str()));
            if inside != Some(&true) {
                let name = child.module.as_deref().unwrap_or_default();
                violations.push(missing(&file.path, child.line, "module", name));
            }
        }
    }
    violations
}

fn is_library(path: &str) -> bool {
    LIBRARIES.iter().any(|folder| is_below(path, folder))
}

fn missing(path: &str, line: usize, what: &str, name: &str) -> Violation {
    let message = format!("public {what} `{name}` has no doc comment; say in one sentence what it is");
    Violation::error(path, line, RULE, message)
}

struct Items<'a> {
    path: &'a str,
    /// Types of the file that are not public: what their impls offer, nobody sees.
    private: BTreeSet<String>,
    violations: Vec<Violation>,
}

impl Items<'_> {
    fn module(&mut self, items: &[Item]) {
        let private = items.iter().filter_map(private_type).collect();
        let outer = std::mem::replace(&mut self.private, private);
        for item in items.iter().filter(|item| !is_cfg_test(attrs_of(item)) && !is_hidden(attrs_of(item))) {
            self.item(item);
        }
        self.private = outer;
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Const(item) => self.public(&item.vis, &item.attrs, "constant", &item.ident),
            Item::Fn(item) => self.public(&item.vis, &item.attrs, "function", &item.sig.ident),
            Item::Static(item) => self.public(&item.vis, &item.attrs, "static", &item.ident),
            Item::Type(item) => self.public(&item.vis, &item.attrs, "type", &item.ident),
            Item::TraitAlias(item) => self.public(&item.vis, &item.attrs, "trait", &item.ident),
            Item::Union(item) => self.public(&item.vis, &item.attrs, "union", &item.ident),
            Item::Struct(item) => {
                self.public(&item.vis, &item.attrs, "struct", &item.ident);
                if is_public(&item.vis) {
                    let fields = item.fields.iter().filter(|field| is_public(&field.vis));
                    fields.for_each(|field| self.field(field));
                }
            }
            Item::Enum(item) if is_public(&item.vis) => self.enumeration(item),
            Item::Trait(item) if is_public(&item.vis) => self.interface(item),
            Item::Impl(item) if item.trait_.is_none() => self.methods(item),
            Item::Mod(item) => {
                if let Some((_, items)) = &item.content {
                    self.public(&item.vis, &item.attrs, "module", &item.ident);
                    self.module(items);
                }
            }
            Item::Macro(item) if item.attrs.iter().any(|attr| attr.path().is_ident("macro_export")) => {
                if let Some(name) = &item.ident {
                    self.documented(&item.attrs, "macro", name);
                }
            }
            _ => {}
        }
    }

    fn enumeration(&mut self, item: &ItemEnum) {
        self.documented(&item.attrs, "enum", &item.ident);
        for variant in item.variants.iter().filter(|variant| !is_hidden(&variant.attrs)) {
            self.documented(&variant.attrs, "variant", &variant.ident);
            if let Fields::Named(fields) = &variant.fields {
                fields.named.iter().for_each(|field| self.field(field));
            }
        }
    }

    fn interface(&mut self, item: &ItemTrait) {
        self.documented(&item.attrs, "trait", &item.ident);
        for item in &item.items {
            let (attrs, what, name) = match item {
                TraitItem::Const(item) => (&item.attrs, "constant", &item.ident),
                TraitItem::Fn(item) => (&item.attrs, "function", &item.sig.ident),
                TraitItem::Type(item) => (&item.attrs, "type", &item.ident),
                _ => continue,
            };
            self.documented(attrs, what, name);
        }
    }

    fn methods(&mut self, item: &ItemImpl) {
        let name = match &*item.self_ty {
            Type::Path(path) => path.path.get_ident().or(path.path.segments.last().map(|last| &last.ident)),
            _ => None,
        };
        if name.is_some_and(|name| self.private.contains(&name.to_string())) {
            return;
        }
        for item in &item.items {
            match item {
                ImplItem::Const(item) => self.public(&item.vis, &item.attrs, "constant", &item.ident),
                ImplItem::Fn(item) => self.public(&item.vis, &item.attrs, "function", &item.sig.ident),
                ImplItem::Type(item) => self.public(&item.vis, &item.attrs, "type", &item.ident),
                _ => {}
            }
        }
    }

    /// Fields with a name; the name of a tuple's field says nothing, its type has to.
    fn field(&mut self, field: &Field) {
        if let Some(name) = &field.ident {
            self.documented(&field.attrs, "field", name);
        }
    }

    fn public(&mut self, vis: &Visibility, attrs: &[Attribute], what: &str, name: &syn::Ident) {
        if is_public(vis) {
            self.documented(attrs, what, name);
        }
    }

    fn documented(&mut self, attrs: &[Attribute], what: &str, name: &syn::Ident) {
        if !has_docs(attrs) && !is_hidden(attrs) {
            let line = name.span().start().line;
            self.violations.push(missing(self.path, line, what, &name.to_string()));
        }
    }
}

fn is_public(vis: &Visibility) -> bool {
    matches!(vis, Visibility::Public(_))
}

fn private_type(item: &Item) -> Option<String> {
    let (vis, name) = match item {
        Item::Struct(item) => (&item.vis, &item.ident),
        Item::Enum(item) => (&item.vis, &item.ident),
        Item::Union(item) => (&item.vis, &item.ident),
        _ => return None,
    };
    (!is_public(vis)).then(|| name.to_string())
}
