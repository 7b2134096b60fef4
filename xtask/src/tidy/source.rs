//! One Rust file, parsed, and what other files need to know of it.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, Macro, Meta};

use crate::tidy::tree::{TextFile, Tree, has_folder};
use crate::tidy::violation::Violation;
use crate::workspace::Kind;

/// A parsed file. Its spans belong to the thread that parsed it.
pub(crate) struct RustFile<'a> {
    /// Relative to the root.
    pub(crate) path: &'a str,
    /// Source text.
    pub(crate) text: &'a str,
    /// What the file is the root of, if it is a crate root.
    pub(crate) root: Option<Kind>,
    /// Syntax tree.
    pub(crate) ast: syn::File,
}

impl<'a> RustFile<'a> {
    /// Parses the file, or says where it cannot be parsed.
    pub(crate) fn parse(tree: &Tree, file: &'a TextFile) -> Result<Self, Violation> {
        let ast = syn::parse_file(&file.text).map_err(|error| {
            let message = format!("does not parse: {error}; mend the syntax");
            Violation::error(&file.path, error.span().start().line, "syntax", message)
        })?;
        Ok(RustFile { path: &file.path, text: &file.text, root: tree.root_kind(&file.path), ast })
    }

    /// Whether a program wrote it: it lies in a folder `gen` or `generated`.
    pub(crate) fn is_generated(&self) -> bool {
        has_folder(self.path, "gen") || has_folder(self.path, "generated")
    }

    /// Whether all of it is test code: `tests.rs`, or below a folder `tests`.
    pub(crate) fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || has_folder(self.path, "tests")
    }
}

/// What the rules about the whole tree need to know of one file. Free of spans, so it can leave its thread.
#[derive(Debug)]
pub(crate) struct Facts {
    /// Relative to the root.
    pub(crate) path: String,
    /// Whether it begins with inner docs.
    pub(crate) documented: bool,
    /// The modules it declares in other files, and the files it includes.
    pub(crate) children: Vec<Child>,
}

/// A file that another file names.
#[derive(Debug)]
pub(crate) struct Child {
    /// Name of the module; none for an `include!`.
    pub(crate) module: Option<String>,
    /// Line of the declaration.
    pub(crate) line: usize,
    /// Whether it is public and has no doc comment where it is declared.
    pub(crate) wants_docs: bool,
    /// Where it may lie.
    pub(crate) paths: Vec<String>,
}

impl Facts {
    /// The facts of one file.
    pub(crate) fn of(file: &RustFile<'_>) -> Self {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let stem = file.path.strip_suffix(".rs").unwrap_or(file.path);
        // A crate root and a mod.rs have their modules beside them, any other file in a folder of its own name.
        let own = if file.root.is_some() || stem.ends_with("/mod") { folder } else { stem };
        let mut children =
            Children { folder: folder.to_owned(), inside: own.to_owned(), inline: false, found: Vec::new() };
        children.visit_file(&file.ast);
        Facts { path: file.path.to_owned(), documented: has_docs(&file.ast.attrs), children: children.found }
    }
}

struct Children {
    /// Folder of the file.
    folder: String,
    /// Folder in which the modules of the current scope lie.
    inside: String,
    /// Whether the current scope is an inline module.
    inline: bool,
    found: Vec<Child>,
}

impl<'ast> Visit<'ast> for Children {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let name = item.ident.to_string();
        let name = name.strip_prefix("r#").unwrap_or(&name);
        let path = item.attrs.iter().find_map(|attr| value_of(attr, "path"));
        if item.content.is_some() {
            let inside = join(&self.inside, path.as_deref().unwrap_or(name));
            let outer = (std::mem::replace(&mut self.inside, inside), self.inline);
            self.inline = true;
            visit::visit_item_mod(self, item);
            (self.inside, self.inline) = outer;
            return;
        }
        let base = if self.inline { &self.inside } else { &self.folder };
        let paths = match path {
            Some(path) => vec![join(base, &path)],
            None => {
                vec![join(&self.inside, &format!("{name}.rs")), join(&self.inside, &format!("{name}/mod.rs"))]
            }
        };
        self.found.push(Child {
            module: Some(name.to_owned()),
            line: item.ident.span().start().line,
            wants_docs: matches!(item.vis, syn::Visibility::Public(_))
                && !has_docs(&item.attrs)
                && !is_hidden(&item.attrs),
            paths,
        });
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        if mac.path.is_ident("include")
            && let Ok(literal) = mac.parse_body::<syn::LitStr>()
        {
            let paths = vec![join(&self.folder, &literal.value())];
            let line = mac.path.span().start().line;
            self.found.push(Child { module: None, line, wants_docs: false, paths });
        }
    }
}

/// `path` seen from `folder`, with `.` and `..` worked out.
fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The string in `#[name = "string"]`.
fn value_of(attr: &Attribute, name: &str) -> Option<String> {
    let Meta::NameValue(pair) = &attr.meta else { return None };
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &pair.value else { return None };
    pair.path.is_ident(name).then(|| text.value())
}

/// Whether there is a doc comment that says something.
pub(crate) fn has_docs(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| match &attr.meta {
        // A value that is no literal is `include_str!`, and is taken to say something.
        Meta::NameValue(pair) if pair.path.is_ident("doc") => {
            value_of(attr, "doc").is_none_or(|text| !text.trim().is_empty())
        }
        Meta::List(list) if list.path.is_ident("cfg_attr") => mentions(&list.tokens, "doc"),
        _ => false,
    })
}

/// Whether the item is `#[doc(hidden)]`.
pub(crate) fn is_hidden(attrs: &[Attribute]) -> bool {
    attrs.iter().any(
        |attr| matches!(&attr.meta, Meta::List(list) if list.path.is_ident("doc") && mentions(&list.tokens, "hidden")),
    )
}

fn mentions(tokens: &TokenStream, name: &str) -> bool {
    tokens.clone().into_iter().any(|token| matches!(token, TokenTree::Ident(ident) if ident == name))
}

/// Whether the item exists in test builds only.
pub(crate) fn is_cfg_test(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| {
        matches!(&attr.meta, Meta::List(list) if list.path.is_ident("cfg") && requires_test(&list.tokens))
    })
}

/// Whether a `cfg` predicate is true in test builds only: `test`, or `all(..)` of it.
fn requires_test(predicate: &TokenStream) -> bool {
    let mut previous = None;
    for token in predicate.clone() {
        match &token {
            TokenTree::Ident(ident) if ident == "test" => return true,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
                let all = matches!(&previous, Some(TokenTree::Ident(name)) if name == "all");
                if all && requires_test(&group.stream()) {
                    return true;
                }
            }
            _ => {}
        }
        previous = Some(token);
    }
    false
}

/// The attributes of an item; none for syntax newer than syn.
pub(crate) fn attrs_of(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// The first and the last line of something, doc comments and attributes included.
pub(crate) fn lines_of(item: &impl Spanned) -> (usize, usize) {
    let span: Span = item.span();
    (span.start().line, span.end().line)
}
