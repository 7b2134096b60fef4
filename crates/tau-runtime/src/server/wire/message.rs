//! Messages of a conversation, and a model's reply.

use tau_core::{ChatResponse, Message, Role};
use tau_proto::runtime::v1 as pb;

use super::content::{content, read_block};
use super::error::{WireError, read_all};
use super::names::Name;
use super::usage::{money, token_usage};

/// One entry of a conversation.
pub(crate) fn message(message: &Message) -> pb::Message {
    pb::Message { role: message.role.to_wire(), content: content(&message.content), ..Default::default() }
}

/// One entry of a conversation. Whether it may stand where it stands is said by the conversation's own check.
pub(super) fn read_message(wire: pb::Message) -> Result<Message, WireError> {
    let role = Role::read("role", wire.role)?;
    Ok(Message::new(role, read_all("content", wire.content, read_block)?))
}

/// Messages in order.
pub(super) fn read_messages(wire: pb::MessageHistory) -> Result<Vec<Message>, WireError> {
    read_all("messages", wire.messages, read_message)
}

/// A model's whole reply.
pub(super) fn chat_response(response: &ChatResponse) -> pb::ChatResponse {
    pb::ChatResponse {
        response_id: response.id.clone(),
        model: response.model.clone(),
        content: content(&response.content),
        finish: response.finish.as_str().to_owned(),
        usage: response.usage.map(token_usage).into(),
        cost: response.cost.map(money).into(),
        ..Default::default()
    }
}
