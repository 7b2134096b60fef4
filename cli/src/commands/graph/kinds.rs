//! The kinds of nodes that the command line has, beside those that every graph has.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tau_orchestrate::graph::declared::{Kinds, NodeSpec};
use tau_orchestrate::graph::{BoxError, Context, Node};
use tau_tools::{builtin, tool_of_alias};

use super::call::Call;
use super::error::NodeError;
use super::hands::{Hands, Order};
use super::template;
use crate::exit::Exit;

/// What an agent has to know.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct AgentNode {
    /// What it is to do, with places for values.
    prompt: String,
    /// The model, as `--model` names one.
    model: Option<String>,
    /// Instructions of its own.
    system: Option<String>,
    /// The tools it may call, of those it would have.
    tools: Option<Vec<String>>,
    #[serde(default)]
    returns: AgentReturns,
}

/// What of an agent's work its node returns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum AgentReturns {
    /// The words of its last reply.
    #[default]
    Text,
    /// Its last reply, which has to be JSON.
    Json,
}

/// What a call of a tool has to know.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ToolNode {
    tool: String,
    /// Its arguments, with places for values.
    #[serde(default)]
    arguments: Map<String, Value>,
    /// Whether it may run again where nobody knows whether it ran.
    #[serde(default)]
    repeatable: bool,
}

/// What a command has to know.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ShellNode {
    command: String,
    /// Variables of the command, and the keys whose values they have.
    #[serde(default)]
    variables: BTreeMap<String, String>,
    #[serde(default)]
    returns: ShellReturns,
    #[serde(default)]
    repeatable: bool,
}

/// What of a command its node returns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ShellReturns {
    /// What it printed; one that fails makes the node fail.
    #[default]
    Output,
    /// Whether it succeeded.
    Ok,
}

const BASH: &str = "bash";

/// The kinds, whose nodes work through `hands`. Without any a graph can be looked at and not run.
pub(super) fn kinds(hands: Option<&Arc<Hands>>) -> Kinds {
    let hands = hands.cloned();
    let (of_agents, of_tools, of_shells) = (hands.clone(), hands.clone(), hands);
    Kinds::new()
        .with("agent", move |node| {
            let with: AgentNode = read(node)?;
            template::keys(&with.prompt)?;
            working(node, of_agents.as_ref(), move |hands, context| agent(hands, context, with.clone()))
        })
        .with("tool", move |node| {
            let with: ToolNode = read(node)?;
            check_tool(&with.tool)?;
            working(node, of_tools.as_ref(), move |hands, context| tool(hands, context, with.clone()))
        })
        .with("shell", move |node| {
            let with: ShellNode = read(node)?;
            check_shell(&with)?;
            working(node, of_shells.as_ref(), move |hands, context| shell(hands, context, with.clone()))
        })
}

/// The keys that a node wants.
pub(super) fn keys(node: &NodeSpec) -> Result<Vec<String>, String> {
    let texts: Vec<String> = match (node.kind.as_str(), &node.with) {
        ("shell", with) => {
            let variables = with.get("variables").and_then(Value::as_object);
            let wanted = variables.into_iter().flat_map(Map::values).filter_map(Value::as_str);
            wanted.map(|name| format!("{{{{{name}}}}}")).collect()
        }
        ("agent", with) => {
            with.get("prompt").and_then(Value::as_str).map(str::to_owned).into_iter().collect()
        }
        ("tool", with) => {
            let mut texts = Vec::new();
            gather(with.get("arguments").unwrap_or(&Value::Null), &mut texts);
            texts
        }
        _ => Vec::new(),
    };
    let mut keys = Vec::new();
    for text in &texts {
        keys.extend(template::keys(text)?.into_iter().map(str::to_owned));
    }
    Ok(keys)
}

fn gather(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| gather(item, into)),
        Value::Object(fields) => fields.values().for_each(|value| gather(value, into)),
        _ => {}
    }
}

fn read<T: DeserializeOwned>(node: &NodeSpec) -> Result<T, BoxError> {
    T::deserialize(&node.with).map_err(|error| format!("what is under `with` is not right: {error}").into())
}

/// A node that works through the hands, and fails where there are none.
fn working<F, Fut>(node: &NodeSpec, hands: Option<&Arc<Hands>>, work: F) -> Result<Box<dyn Node>, BoxError>
where
    F: Fn(Arc<Hands>, Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Value, NodeError>> + Send + 'static,
{
    let hands = hands.cloned();
    Ok(node.function(move |context| {
        let working = hands.clone().map(|hands| work(hands, context));
        async move {
            match working {
                Some(working) => working.await.map_err(BoxError::from),
                None => Err("the graph is only looked at".into()),
            }
        }
    }))
}

fn check_tool(tool: &str) -> Result<(), BoxError> {
    let name = tool_of_alias(tool).unwrap_or(tool);
    if name == BASH {
        return Err("a command is of kind `shell`, which keeps values out of its text".into());
    }
    if name.starts_with("mcp__") || builtin::all().get(name).is_some() {
        return Ok(());
    }
    let all = builtin::all();
    let names: Vec<&str> = all.names().filter(|name| *name != BASH).collect();
    Err(format!(
        "there is no tool `{tool}`; there are {}, and those of MCP servers: mcp__SERVER__TOOL",
        names.join(", ")
    )
    .into())
}

fn check_shell(node: &ShellNode) -> Result<(), BoxError> {
    if node.command.trim().is_empty() {
        return Err("the command is empty".into());
    }
    if node.command.contains("{{") {
        let why = "a command takes no values into its text, where they would be run; \
                   name them under `variables` and write \"$name\"";
        return Err(why.into());
    }
    let is_name = |name: &str| {
        name.bytes()
            .enumerate()
            .all(|(at, byte)| byte == b'_' || byte.is_ascii_alphabetic() || (at > 0 && byte.is_ascii_digit()))
    };
    match node.variables.keys().find(|name| name.is_empty() || !is_name(name)) {
        Some(wrong) => Err(format!("`{wrong}` is no name of a variable").into()),
        None => Ok(()),
    }
}

async fn agent(hands: Arc<Hands>, context: Context, with: AgentNode) -> Result<Value, NodeError> {
    let prompt = template::fill(&with.prompt, &context)?;
    let order = Order::Agent { prompt, model: with.model, system: with.system, tools: with.tools };
    let said = hands.work(&context, &order).await?.text;
    match with.returns {
        AgentReturns::Text => Ok(Value::String(said)),
        AgentReturns::Json => serde_json::from_str(unfenced(&said))
            .map_err(|error| NodeError::failed(format!("the agent's last reply is no JSON: {error}"))),
    }
}

/// What stands in a block of code that is all there is, as models like to write JSON.
fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let inner = text.strip_prefix("```").and_then(|text| text.strip_suffix("```"));
    inner.map_or(text, |inner| inner.strip_prefix("json").unwrap_or(inner))
}

async fn tool(hands: Arc<Hands>, context: Context, with: ToolNode) -> Result<Value, NodeError> {
    let arguments = template::fill_json(&Value::Object(with.arguments), &context)?;
    let call = Call::new(tool_of_alias(&with.tool).unwrap_or(&with.tool), arguments);
    let ended = hands.work(&context, &Order::Call { call, repeatable: with.repeatable }).await?;
    match ended.call {
        Some(result) if !result.is_error => Ok(Value::String(result.text)),
        Some(result) => Err(NodeError::failed(format!("`{}` failed: {}", with.tool, result.text))),
        None => Err(NodeError::failed(format!("`{}` was not called", with.tool))),
    }
}

async fn shell(hands: Arc<Hands>, context: Context, with: ShellNode) -> Result<Value, NodeError> {
    let mut command = String::new();
    for (variable, key) in &with.variables {
        let value = template::text_of(key, &context)?;
        if value.contains('\0') {
            let why = format!("the value under `{key}` has a zero byte, which no variable can hold");
            return Err(NodeError::failed(why));
        }
        command.push_str(&format!("export {variable}={}\n", quoted(&value)));
    }
    command.push_str(&with.command);
    let call = Call::new(BASH, serde_json::json!({ "command": command }));
    let ended = hands.work(&context, &Order::Call { call, repeatable: with.repeatable }).await?;
    let result = ended.call.ok_or_else(|| NodeError::failed("the command was not run"))?;
    match with.returns {
        ShellReturns::Ok => Ok(Value::Bool(!result.is_error)),
        ShellReturns::Output if result.is_error => {
            Err(NodeError::new(format!("the command failed: {}", result.text), Exit::Failed))
        }
        // As `$(...)` of a shell has it.
        ShellReturns::Output => Ok(Value::String(result.text.trim_end_matches('\n').to_owned())),
    }
}

/// A text as one word of a shell: in single quotes nothing means anything.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::{quoted, unfenced};

    #[test]
    fn nothing_gets_out_of_quotes() {
        assert_eq!(quoted("it's $(rm -rf /)"), r"'it'\''s $(rm -rf /)'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn a_block_of_code_is_taken_off() {
        for text in ["{\"a\": 1}", " ```json\n{\"a\": 1}\n``` ", "```\n{\"a\": 1}```"] {
            assert_eq!(unfenced(text).trim(), "{\"a\": 1}");
        }
    }
}
