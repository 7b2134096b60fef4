//! The tool that gives skills to the model.

use std::path::Path;

use futures::future::BoxFuture;
use serde_json::{Value, json};
use tau_core::event::ToolKind;
use tau_core::{EffectClass, ToolDefinition};
use tau_tools::{Concurrency, ToolContext, ToolExecutor, ToolOutput};

use super::reader::SkillReader;

const NAME: &str = "skill";
const DESCRIPTION: &str = "Use one of the skills that are listed in your instructions: gives what it says, which you then follow. \
                           Use it when a skill fits the task, before you begin. Example: {\"name\": \"review\", \"arguments\": \
                           \"src/main.rs\"}";

/// Gives skills to the model: `{"name": "...", "arguments": "..."}`.
///
/// Commands may be in a skill, so a call of it is no mere look; that it may be called without asking is for rules to say.
#[derive(Debug)]
pub struct SkillTool {
    definition: ToolDefinition,
    reader: SkillReader,
}

impl SkillTool {
    /// A tool that gives the skills of a reader which are meant for the model.
    #[must_use]
    pub fn new(reader: SkillReader) -> Self {
        let parameters = json!({
            "type": "object",
            "properties": {
                "name": { "type": "string", "description": "The skill, as it is listed" },
                "arguments": { "type": "string", "description": "What it is to be about, as its description says" }
            },
            "required": ["name"]
        });
        Self { definition: ToolDefinition::new(NAME, DESCRIPTION, parameters), reader }
    }

    async fn give(&self, context: &ToolContext, arguments: &Value) -> Result<String, String> {
        let text = |key: &str| arguments.get(key).and_then(Value::as_str).unwrap_or_default();
        let catalogue = self.reader.catalogue();
        let skill = catalogue.find(text("name"));
        let skill = skill.filter(|skill| skill.front_matter.is_model_invocable()).ok_or_else(|| {
            let all = catalogue.skills.values().filter(|skill| skill.front_matter.is_model_invocable());
            let names: Vec<&str> = all.map(|skill| skill.name.as_str()).take(50).collect();
            format!("There is no skill `{}` to use. There are: {}.", text("name"), names.join(", "))
        })?;
        let session = context.scope.as_ref().map(|scope| scope.session);
        self.reader.read(skill, text("arguments"), session, &*context.environment).await
    }
}

impl ToolExecutor for SkillTool {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    fn effect(&self) -> EffectClass {
        EffectClass::Idempotent
    }

    fn kind(&self) -> ToolKind {
        ToolKind::Skill
    }

    fn concurrency(&self, _: &Value, _: &Path) -> Concurrency {
        Concurrency::Shared
    }

    fn execute<'a>(&'a self, context: &'a ToolContext, arguments: &'a Value) -> BoxFuture<'a, ToolOutput> {
        Box::pin(async move {
            self.give(context, arguments).await.map_or_else(ToolOutput::error, ToolOutput::text)
        })
    }
}
