//! The interface as data.

use std::collections::BTreeSet;

use buffa_descriptor::generated::descriptor::{FileDescriptorProto, FileDescriptorSet};
use tau_proto::buffa::Message as _;
use tau_proto::runtime::v1::{
    ADMIN_SERVICE_SERVICE_NAME, EXTENSION_SERVICE_SERVICE_NAME, RUNTIME_SERVICE_SERVICE_NAME,
};

fn files() -> Vec<FileDescriptorProto> {
    FileDescriptorSet::decode_from_slice(tau_proto::DESCRIPTORS).unwrap().file
}

#[test]
fn name_the_services() {
    let named: BTreeSet<String> = files()
        .iter()
        .flat_map(|file| {
            let package = file.package.clone().unwrap_or_default();
            file.service
                .iter()
                .map(move |service| format!("{package}.{}", service.name.as_deref().unwrap_or_default()))
        })
        .collect();
    let expected = [ADMIN_SERVICE_SERVICE_NAME, EXTENSION_SERVICE_SERVICE_NAME, RUNTIME_SERVICE_SERVICE_NAME];
    assert_eq!(named, expected.map(String::from).into());
}

#[test]
fn imports_come_first() {
    let mut known = BTreeSet::new();
    for file in files() {
        for import in &file.dependency {
            assert!(known.contains(import), "{:?} before its import {import}", file.name);
        }
        known.insert(file.name.clone().unwrap());
    }
    for file in ["tau/runtime/v1/event.proto", "google/rpc/error_details.proto"] {
        assert!(known.contains(file), "no {file}");
    }
}

/// Clients read the rules; comments would only make every program larger.
#[test]
fn hold_rules_and_no_comments() {
    let mut rules = 0;
    for file in files() {
        assert!(file.source_code_info.is_unset(), "comments of {:?}", file.name);
        let fields = file.message_type.iter().flat_map(|message| &message.field);
        rules += fields.filter(|field| field.options.is_set()).count();
    }
    assert!(rules > 50, "{rules} fields with options");
}
