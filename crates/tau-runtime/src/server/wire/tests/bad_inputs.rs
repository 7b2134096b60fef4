//! What cannot be read is refused by reason and field.

use tau_proto::buffa_types::google::protobuf::Duration;
use tau_proto::runtime::v1 as pb;
use tau_proto::runtime::v1::content_block::Block;
use tau_proto::runtime::v1::image::Source;
use tau_proto::runtime::v1::tool_result_block::Block as ResultBlock;

use super::super::message::read_messages;
use super::seen;
use crate::server::wire::read_session_config;

type Damage = fn(&mut pb::SessionConfig);

#[test]
fn a_configuration_that_cannot_be_is_refused_by_its_field() {
    let table: [(Damage, &str, &str); 12] = [
        (
            |config| drop(config.options.get_or_insert_default().extra_json.insert("k".into(), "{".into())),
            "invalid_json",
            "options.extra_json[\"k\"]",
        ),
        (
            |config| config.options.get_or_insert_default().reasoning_effort = 99.into(),
            "invalid_request",
            "options.reasoning_effort",
        ),
        (
            |config| config.permissions.get_or_insert_default().mode = 99.into(),
            "invalid_request",
            "permissions.mode",
        ),
        (
            |config| config.compaction.get_or_insert_default().strategy = 99.into(),
            "invalid_request",
            "compaction.strategy",
        ),
        (
            |config| {
                config.compaction.get_or_insert_default().strategy = pb::CompactionStrategy::Other.into()
            },
            "invalid_request",
            "compaction.strategy",
        ),
        (
            |config| config.budget.get_or_insert_default().max_time = Duration::from_secs(-1).into(),
            "invalid_request",
            "budget.max_time",
        ),
        (|config| config.tool_timeout = odd().into(), "invalid_request", "tool_timeout"),
        (
            |config| config.durability.get_or_insert_default().grace = Duration::from_secs(-1).into(),
            "invalid_request",
            "durability.grace",
        ),
        (
            |config| drop(config.metadata.insert("tau.agent".into(), "root".into())),
            "invalid_config",
            "metadata[\"tau.agent\"]",
        ),
        (
            |config| config.environment = pb::EnvironmentConfig::default().into(),
            "invalid_config",
            "environment",
        ),
        (
            |config| config.tool_timeout = Duration { nanos: i32::MAX, ..Default::default() }.into(),
            "invalid_request",
            "tool_timeout",
        ),
        (
            |config| config.tool_timeout = Duration { nanos: i32::MIN, ..Default::default() }.into(),
            "invalid_request",
            "tool_timeout",
        ),
    ];
    for (damage, reason, field) in table {
        let mut config = pb::SessionConfig::default();
        damage(&mut config);
        assert_eq!(seen(&read_session_config(config).unwrap_err()), (reason, field));
    }
}

/// Seconds and nanos of different signs.
fn odd() -> Duration {
    Duration { seconds: 1, nanos: -1, ..Default::default() }
}

#[test]
fn messages_that_cannot_be_are_refused_by_their_field() {
    let result = |block| {
        let content = vec![pb::ToolResultBlock { block, ..Default::default() }];
        Block::ToolResult(pb::ToolResult { call_id: "c".to_owned(), content, ..Default::default() })
    };
    let unnamed = pb::Image { source: Some(Source::Data(vec![1].into())), ..Default::default() };
    let table = [
        (None, "invalid_request", "messages[1].content[0]"),
        (Some(Block::Image(pb::Image::default())), "invalid_request", "messages[1].content[0].image"),
        (Some(Block::Image(unnamed)), "invalid_content", "messages[1].content[0].image.media_type"),
        (Some(result(None)), "invalid_request", "messages[1].content[0].tool_result.content[0]"),
        (
            Some(result(Some(ResultBlock::Json("{'a': 1}".to_owned())))),
            "invalid_json",
            "messages[1].content[0].tool_result.content[0].json",
        ),
    ];
    let user = |block| pb::Message {
        role: pb::Role::User.into(),
        content: vec![pb::ContentBlock { block, ..Default::default() }],
        ..Default::default()
    };
    for (block, reason, field) in table {
        let messages = vec![user(Some(Block::Text("Hi".to_owned()))), user(block)];
        let error = read_messages(pb::MessageHistory { messages, ..Default::default() }).unwrap_err();
        assert_eq!(seen(&error), (reason, field));
        assert!(error.to_string().starts_with(&format!("{field}: ")), "{error}");
    }
    for role in [0, 99] {
        let messages = vec![pb::Message { role: role.into(), ..Default::default() }];
        let error = read_messages(pb::MessageHistory { messages, ..Default::default() }).unwrap_err();
        assert_eq!(seen(&error), ("invalid_request", "messages[0].role"));
    }
}
