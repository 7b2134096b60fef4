//! Services, methods and types, out of the files of the interface.
//!
//! The text of a file says everything there is to know of a type: its fields, the rules they keep, and what they mean. So
//! what is shown is the text, and only its outline is read: `buf format` has put every declaration at the beginning of a
//! line, and every method at two blanks.

use std::collections::BTreeSet;

use super::files::FILES;

/// The package of everything.
const PACKAGE: &str = "tau.runtime.v1";

/// The interface.
#[derive(Debug)]
pub(crate) struct Interface {
    blocks: Vec<Block>,
}

/// A service, a message or an enumeration.
#[derive(Debug)]
struct Block {
    keyword: &'static str,
    name: &'static str,
    /// With the comments before it.
    text: &'static str,
}

/// A method of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Method {
    pub(crate) service: &'static str,
    pub(crate) name: &'static str,
    pub(crate) request: &'static str,
    pub(crate) response: &'static str,
    /// Whether the caller streams.
    pub(crate) is_asked_in_stream: bool,
    /// Whether it answers with a stream.
    pub(crate) is_answered_in_stream: bool,
    /// Its declaration, with the comments before it.
    pub(crate) text: String,
}

impl Method {
    /// Its full name, as it is called.
    pub(crate) fn path(&self) -> String {
        format!("{PACKAGE}.{}/{}", self.service, self.name)
    }

    /// It, on one line.
    pub(crate) fn signature(&self) -> String {
        let stream = |is_stream| if is_stream { "stream " } else { "" };
        format!(
            "{}({}{}) returns ({}{})",
            self.name,
            stream(self.is_asked_in_stream),
            self.request,
            stream(self.is_answered_in_stream),
            self.response
        )
    }
}

impl Interface {
    pub(crate) fn read() -> Self {
        Self { blocks: FILES.into_iter().flat_map(blocks).collect() }
    }

    /// The services, each with the first sentence of what is said of it, and its methods.
    pub(crate) fn services(&self) -> impl Iterator<Item = (&'static str, String, Vec<Method>)> {
        let services = self.blocks.iter().filter(|block| block.keyword == "service");
        services.map(|block| (block.name, summary(block.text), methods(block)))
    }

    /// The method of a name: its own, after that of its service, or in full.
    pub(crate) fn method(&self, name: &str) -> Option<Method> {
        let name = name.strip_prefix('/').unwrap_or(name);
        let name = name.strip_prefix(PACKAGE).and_then(|name| name.strip_prefix('.')).unwrap_or(name);
        let (service, method) = name.split_once(['/', '.']).map_or((None, name), |(s, m)| (Some(s), m));
        let mut methods = self.services().flat_map(|(_, _, methods)| methods);
        methods.find(|known| {
            known.name.eq_ignore_ascii_case(method) && service.is_none_or(|service| known.service == service)
        })
    }

    /// The text of a service or type.
    pub(crate) fn text(&self, name: &str) -> Option<&'static str> {
        let name = name.strip_prefix(PACKAGE).and_then(|name| name.strip_prefix('.')).unwrap_or(name);
        let block = self.blocks.iter().find(|block| block.name.eq_ignore_ascii_case(name));
        block.map(|block| block.text)
    }

    /// A type and the types that it is made of, the nearest first.
    pub(crate) fn types(&self, root: &str) -> Vec<&'static str> {
        let mut found = Vec::new();
        let (mut seen, mut waiting) = (BTreeSet::new(), vec![root]);
        while !waiting.is_empty() {
            let mut further = Vec::new();
            for name in waiting {
                let block = self.blocks.iter().find(|block| block.name == name);
                let Some(block) = block.filter(|block| seen.insert(block.name)) else { continue };
                found.push(block.text);
                let words = block.text.lines().filter(|line| !line.trim_start().starts_with("//"));
                let words = words.flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric()));
                further.extend(words.filter(|word| word.starts_with(char::is_uppercase)));
            }
            waiting = further;
        }
        found
    }

    /// Names of everything, for whoever misspelt one.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        let methods = self.services().flat_map(|(_, _, methods)| methods).map(|method| method.name);
        self.blocks.iter().map(|block| block.name).chain(methods).collect()
    }
}

/// The declarations of a file.
fn blocks(file: &'static str) -> Vec<Block> {
    let mut blocks = Vec::new();
    // Where what is read now begins, and where its line ends.
    let (mut start, mut end) = (0, 0);
    let mut open = None;
    for line in file.split_inclusive('\n') {
        end += line.len();
        let line = line.trim_end();
        let declared = ["service", "message", "enum"].into_iter().find_map(|keyword| {
            let name = line.strip_prefix(keyword)?.strip_prefix(' ')?.split(' ').next()?;
            Some((keyword, name))
        });
        open = declared.or(open);
        match open {
            Some((keyword, name)) if line == "}" || line.ends_with(" {}") => {
                blocks.extend(file.get(start..end).map(|text| Block { keyword, name, text }));
                (start, open) = (end, None);
            }
            None if !line.starts_with("//") => start = end,
            _ => {}
        }
    }
    blocks
}

/// The methods of a service.
fn methods(service: &Block) -> Vec<Method> {
    let mut methods = Vec::new();
    let mut text = String::new();
    for line in service.text.lines() {
        let Some(line) = line.strip_prefix("  ") else { continue };
        if let Some(declared) = line.strip_prefix("rpc ") {
            text.push_str(line.trim_end_matches(" {").trim_end_matches(';'));
            text.push('\n');
            methods.extend(method(service.name, declared, std::mem::take(&mut text)));
        } else if line.starts_with("//") {
            text.push_str(line);
            text.push('\n');
        }
    }
    methods
}

/// The method of a line such as `Run(RunRequest) returns (stream RunResponse);`.
fn method(service: &'static str, declared: &'static str, text: String) -> Option<Method> {
    let (name, rest) = declared.split_once('(')?;
    let (request, rest) = rest.split_once(')')?;
    let (_, rest) = rest.split_once('(')?;
    let (response, _) = rest.split_once(')')?;
    let plain = |message: &'static str| message.strip_prefix("stream ").unwrap_or(message);
    Some(Method {
        service,
        name,
        request: plain(request),
        response: plain(response),
        is_asked_in_stream: request.starts_with("stream "),
        is_answered_in_stream: response.starts_with("stream "),
        text,
    })
}

/// The first sentence of a comment.
fn summary(text: &str) -> String {
    let comment = text.lines().map_while(|line| line.strip_prefix("//"));
    let words: Vec<&str> = comment.flat_map(str::split_whitespace).collect();
    let words = words.join(" ");
    match words.find(". ") {
        Some(end) => words[..=end].to_owned(),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_found_by_any_of_its_names() {
        let interface = Interface::read();
        let names =
            ["Run", "run", "RuntimeService/Run", "tau.runtime.v1.RuntimeService/Run", "RuntimeService.Run"];
        for name in names {
            let method = interface.method(name).unwrap();
            assert_eq!(method.path(), "tau.runtime.v1.RuntimeService/Run");
            assert_eq!(method.signature(), "Run(RunRequest) returns (stream RunResponse)");
        }
        assert_eq!(interface.method("AdminService/Run"), None);
        let attach = interface.method("Attach").unwrap();
        assert!(attach.is_asked_in_stream && attach.is_answered_in_stream);
    }

    #[test]
    fn the_outline_is_that_of_the_descriptors() {
        use tau_proto::buffa::Message as _;
        // Names of the services and methods stand in the encoded descriptors as they are.
        let interface = Interface::read();
        let methods: Vec<Method> = interface.services().flat_map(|(_, _, methods)| methods).collect();
        assert_eq!(methods.len(), 21, "{methods:#?}");
        for method in &methods {
            let named =
                |name: &str| tau_proto::DESCRIPTORS.windows(name.len()).any(|bytes| bytes == name.as_bytes());
            assert!(named(method.name) && named(method.request) && named(method.response), "{method:?}");
            assert!(method.text.starts_with("// "), "{method:?}");
            assert!(interface.text(method.request).is_some() && interface.text(method.response).is_some());
        }
        assert!(tau_proto::runtime::v1::GetInfoRequest::default().encode_to_vec().is_empty());
    }

    #[test]
    fn a_type_comes_with_those_that_it_is_made_of() {
        let interface = Interface::read();
        let types = interface.types("RespondRequest");
        assert!(types[0].contains("message RespondRequest {"));
        assert!(types.iter().any(|text| text.contains("enum PermissionDecision {")), "{types:#?}");
        assert!(types.iter().all(|text| !text.contains("message Session {")));
    }
}
