//! Sizes: lines of a file, a function and an inline test module, fields of a struct, variants of an enum.

use proc_macro2::Span;
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItemFn, ItemEnum, ItemFn, ItemMod, ItemStruct, Signature, TraitItemFn};

use crate::tidy::source::{RustFile, is_cfg_test, lines_of};
use crate::tidy::violation::Violation;

const FILE_WARNS: usize = 500;
const FILE_FAILS: usize = 800;
const FUNCTION: usize = 100;
const FIELDS: usize = 12;
const VARIANTS: usize = 25;
const INLINE_TESTS: usize = 150;

/// Checks one file. Generated code has no budget; the lines of test files are not counted.
pub(crate) fn check(file: &RustFile<'_>) -> Vec<Violation> {
    if file.is_generated() {
        return Vec::new();
    }
    let lines: Vec<&str> = file.text.lines().collect();
    let mut budgets = Budgets { file, lines, test_lines: 0, in_test: file.is_test(), violations: Vec::new() };
    budgets.visit_file(&file.ast);
    let mut violations = std::mem::take(&mut budgets.violations);
    if !file.is_test() {
        violations.extend(file_lines(file, budgets.lines.len().saturating_sub(budgets.test_lines)));
    }
    violations
}

fn file_lines(file: &RustFile<'_>, count: usize) -> Option<Violation> {
    let rule = "file-lines";
    let message =
        |limit| format!("{count} lines without tests, over {limit}; split the file by responsibility");
    if count > FILE_FAILS {
        Some(Violation::error(file.path, 1, rule, message(FILE_FAILS)))
    } else if count > FILE_WARNS {
        Some(Violation::warning(file.path, 1, rule, message(FILE_WARNS)))
    } else {
        None
    }
}

struct Budgets<'a> {
    file: &'a RustFile<'a>,
    lines: Vec<&'a str>,
    /// Lines of test modules inside the file.
    test_lines: usize,
    in_test: bool,
    violations: Vec<Violation>,
}

impl Budgets<'_> {
    fn function(&mut self, signature: &Signature, end: Span) {
        let line = signature.ident.span().start().line;
        let count = end.end().line.saturating_sub(line) + 1;
        if count > FUNCTION {
            let message = format!(
                "`{}` has {count} lines, over {FUNCTION}; move its steps into functions of their own",
                signature.ident
            );
            self.violations.push(Violation::error(self.file.path, line, "function-lines", message));
        }
    }

    /// Reports `what` unless the comments above the item or among its attributes give a reason.
    fn members(&mut self, rule: &'static str, first: usize, name: &syn::Ident, what: String) {
        let line = name.span().start().line;
        if !self.has_reason(rule, first, line) {
            let message =
                format!("`{name}` has {what}; group them, or write `// tidy: {rule}: <reason>` above it");
            self.violations.push(Violation::error(self.file.path, line, rule, message));
        }
    }

    fn has_reason(&self, rule: &str, first: usize, line: usize) -> bool {
        let above = self.lines.get(..first.saturating_sub(1)).unwrap_or_default().iter().rev();
        let above = above.take_while(|text| text.trim_start().starts_with("//"));
        let among = self.lines.get(first.saturating_sub(1)..line).unwrap_or_default().iter();
        above.chain(among).any(|text| {
            let comment = text.trim_start().strip_prefix("// tidy: ");
            let reason = comment.and_then(|text| text.strip_prefix(rule)?.strip_prefix(": "));
            reason.is_some_and(|reason| !reason.trim().is_empty())
        })
    }
}

impl<'ast> Visit<'ast> for Budgets<'_> {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.function(&item.sig, item.block.brace_token.span.close());
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.function(&item.sig, item.block.brace_token.span.close());
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig, block.brace_token.span.close());
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_struct(&mut self, item: &'ast ItemStruct) {
        let count = item.fields.len();
        if count > FIELDS {
            let what = format!("{count} fields, over {FIELDS}");
            self.members("struct-fields", first_line(&item.attrs, item), &item.ident, what);
        }
    }

    fn visit_item_enum(&mut self, item: &'ast ItemEnum) {
        let count = item.variants.len();
        if count > VARIANTS {
            let what = format!("{count} variants, over {VARIANTS}");
            self.members("enum-variants", first_line(&item.attrs, item), &item.ident, what);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let is_test = !self.in_test && is_cfg_test(&item.attrs);
        if is_test {
            let (first, last) = lines_of(item);
            let count = last.saturating_sub(first) + 1;
            self.test_lines += count;
            if count > INLINE_TESTS && item.content.is_some() {
                let line = item.ident.span().start().line;
                let message = format!(
                    "`mod {}` has {count} lines, over {INLINE_TESTS}; move it to a sibling tests.rs",
                    item.ident
                );
                self.violations.push(Violation::error(self.file.path, line, "inline-tests", message));
            }
        }
        let outer = self.in_test;
        self.in_test |= is_test;
        visit::visit_item_mod(self, item);
        self.in_test = outer;
    }
}

fn first_line(attrs: &[Attribute], item: &impl syn::spanned::Spanned) -> usize {
    let own = lines_of(item).0;
    attrs.iter().map(|attr| lines_of(attr).0).fold(own, usize::min)
}
