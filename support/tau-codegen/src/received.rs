//! Which messages a server receives.

use std::collections::{BTreeMap, BTreeSet};

use buffa_codegen::generated::descriptor::{DescriptorProto, FileDescriptorProto};

/// The full names of the messages that a call of any service in `files` can carry to the server, nested ones included.
pub(crate) fn received(files: &[FileDescriptorProto]) -> BTreeSet<String> {
    let mut messages = BTreeMap::new();
    for file in files {
        index(file.package.as_deref().unwrap_or_default(), &file.message_type, &mut messages);
    }
    let methods = files.iter().flat_map(|file| &file.service).flat_map(|service| &service.method);
    let mut waiting: Vec<&str> = methods.filter_map(|method| method.input_type.as_deref()).collect();

    let mut found = BTreeSet::new();
    while let Some(reference) = waiting.pop() {
        let name = reference.trim_start_matches('.'); // a reference is `.package.Message`
        // The type of a field may be an enum, which is not in the index.
        if let Some(message) = messages.get(name)
            && found.insert(name.to_owned())
        {
            waiting.extend(message.field.iter().filter_map(|field| field.type_name.as_deref()));
        }
    }
    found
}

/// Adds `messages` and what is nested in them, by full name.
fn index<'a>(scope: &str, messages: &'a [DescriptorProto], into: &mut BTreeMap<String, &'a DescriptorProto>) {
    for message in messages {
        let name = message.name.as_deref().unwrap_or_default();
        let full_name = if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") };
        index(&full_name, &message.nested_type, into);
        into.insert(full_name, message);
    }
}
