//! The interface as data.

/// An encoded `google.protobuf.FileDescriptorSet`: every file of the interface and everything they import, in an order in
/// which imports come first, without comments. What a reflection service answers from.
pub const DESCRIPTORS: &[u8] = include_bytes!("gen/descriptors.binpb");
