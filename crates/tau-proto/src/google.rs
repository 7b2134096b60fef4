//! The protobuf packages `google`, as far as this interface sends their messages.

pub mod rpc;
