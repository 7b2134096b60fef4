//! What a JSON value may be where a protobuf type is due.

use buffa_descriptor::{DescriptorPool, FieldKind, MessageIndex, SingularKind};

/// What a JSON value may be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// Anything.
    Any,
    /// No array and no object.
    Scalar,
    /// An array of these.
    List(SingularKind),
    /// An object with these under any key.
    Map(SingularKind),
    /// An object with the fields of a message.
    Message(MessageIndex),
    /// An array of anything.
    AnyList,
    /// An object of anything.
    AnyMap,
}

impl Shape {
    pub(super) fn of_field(pool: &DescriptorPool, kind: FieldKind) -> Self {
        match kind {
            FieldKind::Singular(kind) => Self::of(pool, kind),
            FieldKind::List(kind) => Self::List(kind),
            FieldKind::Map { value, .. } => Self::Map(value),
        }
    }

    pub(super) fn of(pool: &DescriptorPool, kind: SingularKind) -> Self {
        match kind {
            SingularKind::Scalar(_) | SingularKind::Enum(_) => Self::Scalar,
            SingularKind::Message(message) => Self::of_message(pool, message),
        }
    }

    /// Some messages have a JSON form of their own: <https://protobuf.dev/programming-guides/json/>.
    pub(super) fn of_message(pool: &DescriptorPool, message: MessageIndex) -> Self {
        match pool.message(message).full_name() {
            "google.protobuf.Timestamp"
            | "google.protobuf.Duration"
            | "google.protobuf.FieldMask"
            | "google.protobuf.BoolValue"
            | "google.protobuf.BytesValue"
            | "google.protobuf.DoubleValue"
            | "google.protobuf.FloatValue"
            | "google.protobuf.Int32Value"
            | "google.protobuf.Int64Value"
            | "google.protobuf.StringValue"
            | "google.protobuf.UInt32Value"
            | "google.protobuf.UInt64Value" => Self::Scalar,
            // What an Any holds is said by a key in it, which need not come first.
            "google.protobuf.Struct" | "google.protobuf.Any" => Self::AnyMap,
            "google.protobuf.ListValue" => Self::AnyList,
            "google.protobuf.Value" => Self::Any,
            _ => Self::Message(message),
        }
    }

    /// What is due here, in words.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Any => "a value",
            Self::Scalar => "a single value",
            Self::List(_) | Self::AnyList => "an array",
            Self::Map(_) | Self::Message(_) | Self::AnyMap => "an object",
        }
    }
}
