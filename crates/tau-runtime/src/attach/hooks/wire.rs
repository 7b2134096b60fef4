//! Questions and decisions, from our words to the interface's and back.

use serde_json::Value;
use tau_core::event::{HookChange, HookDecision, HookPoint, HookVerdict};
use tau_core::{ContentBlock, EffectClass, Image, ImageSource, ToolArguments, ToolCall, ToolResultBlock};
use tau_proto::buffa::json_helpers::bytes as base64;
use tau_proto::runtime::v1 as pb;
use tau_proto::runtime::v1::content_block::Block;
use tau_proto::runtime::v1::hook_decision::Change;
use tau_proto::runtime::v1::image::Source;
use tau_proto::runtime::v1::tool_result_block::Block as ResultBlock;

use crate::attach::content;
use crate::hooks::{HookAsk, HookFailure};

/// What a hook is asked.
pub(super) fn ask(hook: &str, ask: &HookAsk) -> pb::AskHook {
    let result = ask.result.as_ref().map(|result| pb::HookResult {
        content: result.content.iter().map(result_block).collect(),
        is_error: result.is_error,
        ..Default::default()
    });
    pb::AskHook {
        hook: hook.to_owned(),
        point: point(ask.point).into(),
        seq: ask.seq.0,
        metadata: ask.metadata.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        call: ask.call.as_ref().map(tool_call).into(),
        effect: ask.call.as_ref().map_or(pb::EffectClass::Unspecified, |_| effect(ask.effect)).into(),
        content: ask.content.iter().filter_map(block).collect(),
        result: result.into(),
        ..Default::default()
    }
}

const fn point(point: HookPoint) -> pb::HookPoint {
    match point {
        HookPoint::SessionStarted => pb::HookPoint::SessionStarted,
        HookPoint::SessionStopped => pb::HookPoint::SessionStopped,
        HookPoint::BeforePrompt => pb::HookPoint::BeforePrompt,
        HookPoint::BeforeModel => pb::HookPoint::BeforeModel,
        HookPoint::AfterModel => pb::HookPoint::AfterModel,
        HookPoint::BeforeTool => pb::HookPoint::BeforeTool,
        HookPoint::AfterTool => pb::HookPoint::AfterTool,
        HookPoint::PermissionRequested => pb::HookPoint::PermissionRequested,
        HookPoint::BeforeSubagent => pb::HookPoint::BeforeSubagent,
        HookPoint::AfterSubagent => pb::HookPoint::AfterSubagent,
        HookPoint::BeforeStop => pb::HookPoint::BeforeStop,
        HookPoint::BeforeCompaction => pb::HookPoint::BeforeCompaction,
        HookPoint::AfterCompaction => pb::HookPoint::AfterCompaction,
        HookPoint::Notification => pb::HookPoint::Notification,
        _ => pb::HookPoint::Unspecified,
    }
}

const fn effect(effect: EffectClass) -> pb::EffectClass {
    match effect {
        EffectClass::Pure => pb::EffectClass::Pure,
        EffectClass::Idempotent => pb::EffectClass::Idempotent,
        _ => pb::EffectClass::AtMostOnce,
    }
}

fn tool_call(call: &ToolCall) -> pb::ToolCall {
    pb::ToolCall {
        call_id: call.id.to_string(),
        name: call.name.clone(),
        arguments_json: call.arguments.raw().to_owned(),
        ..Default::default()
    }
}

/// What a hook may read: words, pictures and calls. What a model thinks is its own.
fn block(block: &ContentBlock) -> Option<pb::ContentBlock> {
    let block = match block {
        ContentBlock::Text { text } => Block::Text(text.clone()),
        ContentBlock::Image(picture) => image(picture).into(),
        ContentBlock::ToolCall(call) => tool_call(call).into(),
        _ => return None,
    };
    Some(pb::ContentBlock { block: Some(block), ..Default::default() })
}

fn result_block(block: &ToolResultBlock) -> pb::ToolResultBlock {
    let block = match block {
        ToolResultBlock::Text { text } => Some(ResultBlock::Text(text.clone())),
        ToolResultBlock::Json { value } => Some(ResultBlock::Json(value.to_string())),
        ToolResultBlock::Image(picture) => Some(image(picture).into()),
        _ => None,
    };
    pb::ToolResultBlock { block, ..Default::default() }
}

/// A picture. One whose data is no base64 has no source: nobody could see it.
fn image(image: &Image) -> pb::Image {
    let (media_type, source) = match &image.source {
        ImageSource::Base64 { media_type, data } => {
            let data = base64::deserialize(Value::from(data.as_str())).ok();
            (media_type.clone(), data.map(Source::Data))
        }
        ImageSource::Url { url } => (String::new(), Some(Source::Url(url.clone()))),
        _ => (String::new(), None),
    };
    pb::Image { media_type, source, ..Default::default() }
}

/// What a hook decided. What cannot be read is a failure: nobody knows what was meant.
pub(super) fn read(wire: pb::HookDecision) -> Result<HookDecision, HookFailure> {
    let verdict = match wire.verdict.as_known() {
        Some(pb::HookVerdict::Unspecified | pb::HookVerdict::Continue) => HookVerdict::Continue,
        Some(pb::HookVerdict::Deny) => HookVerdict::Deny,
        Some(pb::HookVerdict::Ask) => HookVerdict::Ask,
        Some(pb::HookVerdict::Allow) => HookVerdict::Allow,
        None => return Err(HookFailure::Invalid("a verdict that this version does not know")),
    };
    let context: Vec<ContentBlock> = read_blocks(wire.context)?;
    let decision = HookDecision::new(verdict, wire.message).with_context(context);
    Ok(match wire.change {
        Some(Change::ArgumentsJson(json)) => {
            decision.with_change(HookChange::Arguments { arguments: ToolArguments::parse(json) })
        }
        Some(Change::Prompt(prompt)) => {
            decision.with_change(HookChange::Prompt { content: read_blocks(prompt.content)?, skill: None })
        }
        Some(Change::Result(result)) => {
            let returned =
                pb::ToolReturn { content: result.content, is_error: result.is_error, ..Default::default() };
            let (content, is_error) = (content::output(returned).content, result.is_error);
            decision.with_change(HookChange::Result { content, is_error })
        }
        None => decision,
    })
}

fn read_blocks(blocks: Vec<pb::ContentBlock>) -> Result<Vec<ContentBlock>, HookFailure> {
    blocks
        .into_iter()
        .map(|block| match block.block {
            Some(Block::Text(text)) => Ok(ContentBlock::Text { text }),
            Some(Block::Image(image)) => content::picture(image)
                .map(ContentBlock::Image)
                .ok_or(HookFailure::Invalid("a picture that cannot be read")),
            _ => Err(HookFailure::Invalid("content that is not text or pictures")),
        })
        .collect()
}
