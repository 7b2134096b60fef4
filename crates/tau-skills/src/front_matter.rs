//! The fields at the head of a `SKILL.md`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::catalogue::WarningKind;
use crate::yaml::{self, Failure};
use crate::{repair, tools};

/// The fields of a skill, those of the specification and the extensions that decide who may invoke it.
///
/// A field is absent, not guessed, when its value has the wrong type; it is then kept in `extra`, with a warning.
// tidy: struct-fields: these are the fields of the format
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct FrontMatter {
    /// `name`. The specification wants it to be that of the folder.
    pub name: Option<String>,
    /// `description`: what the skill does and when to use it.
    pub description: Option<String>,
    /// `when_to_use`: more on when to use the skill, shown behind the description.
    pub when_to_use: Option<String>,
    /// `license`.
    pub license: Option<String>,
    /// `compatibility`: what the skill needs of its environment.
    pub compatibility: Option<String>,
    /// `metadata`. The specification wants strings; values are kept as written.
    pub metadata: BTreeMap<String, Value>,
    /// `allowed-tools`: rules approved in advance while the skill is in use. Not a restriction.
    pub allowed_tools: Vec<String>,
    /// `user-invocable`; false hides the skill from the user's commands.
    pub user_invocable: Option<bool>,
    /// `disable-model-invocation`; true hides the skill from the model.
    pub disable_model_invocation: Option<bool>,
    /// `argument-hint`: shown to the user beside the name.
    pub argument_hint: Option<String>,
    /// `arguments`: names for what stands behind the skill's name, in order.
    pub arguments: Vec<String>,
    /// How the skill wants to be run.
    pub execution: Execution,
    /// All other fields, by name.
    pub extra: BTreeMap<String, Value>,
}

/// The fields that say how a skill wants to be run. None of them is obeyed here.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Execution {
    /// `context`: in the conversation, or in a subagent of its own.
    pub context: Context,
    /// `agent`: the kind of subagent for [`Context::Fork`].
    pub agent: Option<String>,
    /// `model`: a name, an alias, or `inherit`.
    pub model: Option<String>,
    /// `effort`: how hard the model should think.
    pub effort: Option<String>,
    /// `disallowed-tools`: rules of tools that are withheld while the skill is in use.
    pub disallowed_tools: Vec<String>,
    /// `paths`: globs of the files that the skill is about; of no use anywhere else.
    pub paths: Vec<String>,
    /// `background`: whether a fork is waited for.
    pub background: Option<bool>,
    /// `shell`: the program for the commands in the body.
    pub shell: Option<String>,
    /// `hooks`: as written.
    pub hooks: Option<Value>,
}

/// Where a skill is run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Context {
    /// In the conversation that invokes it.
    #[default]
    Inline,
    /// In a subagent, which sees the skill and not the conversation.
    Fork,
}

/// Why front matter could not be read. Two are equal when they are of one kind.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{kind}")]
pub struct FrontMatterError {
    kind: FrontMatterErrorKind,
    source: Option<Arc<serde_saphyr::Error>>,
}

/// The ways in which front matter cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrontMatterErrorKind {
    /// Not YAML, even with its values quoted. The source has the parser's words.
    #[error("not YAML, at line {line}, column {column} of the front matter")]
    Syntax {
        /// Line in the front matter, from 1; 0 when unknown.
        line: u64,
        /// Column, from 1; 0 when unknown.
        column: u64,
    },
    /// YAML, but not `key: value` lines.
    #[error("not a mapping of fields")]
    NotAMapping,
}

impl FrontMatter {
    /// Parses the text between the fences, as leniently as its meaning allows, and says what was lenient about it.
    ///
    /// Text that is not YAML is tried again with the values of its broken entries taken literally, which covers the
    /// usual fault, an unquoted colon. Of a key that occurs twice the last value counts.
    ///
    /// # Errors
    ///
    /// See [`FrontMatterErrorKind`].
    ///
    /// ```
    /// use tau_skills::FrontMatter;
    ///
    /// let (fields, warnings) = FrontMatter::parse("name: pdf\nallowed-tools: Bash(git add:*), Read\nversion: 1.10\n")?;
    /// assert_eq!(fields.name.as_deref(), Some("pdf"));
    /// assert_eq!(fields.allowed_tools, ["Bash(git add:*)", "Read"]);
    /// assert_eq!(fields.extra["version"], "1.10");
    /// assert!(warnings.is_empty());
    /// # Ok::<(), tau_skills::front_matter::FrontMatterError>(())
    /// ```
    pub fn parse(source: &str) -> Result<(Self, Vec<WarningKind>), FrontMatterError> {
        let (entries, mut warnings) = match yaml::parse(source) {
            Ok(entries) => (entries, Vec::new()),
            Err(failure) => match repair::repair(source).and_then(|repaired| yaml::parse(&repaired).ok()) {
                Some(entries) => (entries, vec![WarningKind::InvalidYamlRepaired]),
                None => return Err(FrontMatterError::from(failure)),
            },
        };
        let mut values: BTreeMap<String, Value> = BTreeMap::new();
        for (key, value) in entries {
            if values.insert(key.clone(), value).is_some() {
                warnings.push(WarningKind::DuplicateField { field: key });
            }
        }
        let mut fields = Fields { values, wrong: BTreeMap::new() };
        let mut parsed = Self {
            name: fields.take("name", text).flatten(),
            description: fields.take("description", text).flatten(),
            when_to_use: fields.take("when_to_use", text).flatten(),
            license: fields.take("license", text).flatten(),
            compatibility: fields.take("compatibility", text).flatten(),
            metadata: fields.take("metadata", mapping).unwrap_or_default(),
            allowed_tools: fields.take("allowed-tools", tools::parse).unwrap_or_default(),
            user_invocable: fields.take("user-invocable", boolean).flatten(),
            disable_model_invocation: fields.take("disable-model-invocation", boolean).flatten(),
            argument_hint: fields.take("argument-hint", hint).flatten(),
            arguments: fields.take("arguments", tools::parse).unwrap_or_default(),
            execution: Execution::take(&mut fields),
            extra: BTreeMap::new(),
        };
        warnings.extend(fields.wrong.keys().map(|field| WarningKind::WrongType { field: field.clone() }));
        parsed.extra = fields.values;
        parsed.extra.append(&mut fields.wrong);
        Ok((parsed, warnings))
    }

    /// Whether the user may invoke the skill by name. True unless the skill says otherwise.
    #[must_use]
    pub fn is_user_invocable(&self) -> bool {
        self.user_invocable.unwrap_or(true)
    }

    /// Whether the skill is shown to the model. True unless the skill says otherwise.
    #[must_use]
    pub fn is_model_invocable(&self) -> bool {
        !self.disable_model_invocation.unwrap_or(false)
    }
}

impl Execution {
    fn take(fields: &mut Fields) -> Self {
        Self {
            context: fields.take("context", context).unwrap_or_default(),
            agent: fields.take("agent", text).flatten(),
            model: fields.take("model", text).flatten(),
            effort: fields.take("effort", text).flatten(),
            disallowed_tools: fields.take("disallowed-tools", tools::parse).unwrap_or_default(),
            paths: fields.take("paths", tools::globs).unwrap_or_default(),
            background: fields.take("background", boolean).flatten(),
            shell: fields.take("shell", text).flatten(),
            hooks: fields.take("hooks", |value| Some(value.clone())),
        }
    }
}

impl PartialEq for FrontMatterError {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl Eq for FrontMatterError {}

impl FrontMatterError {
    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> FrontMatterErrorKind {
        self.kind
    }
}

impl From<Failure> for FrontMatterError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotAMapping => Self { kind: FrontMatterErrorKind::NotAMapping, source: None },
            Failure::Syntax(error) => {
                let (line, column) = error.location().map_or((0, 0), |at| (at.line(), at.column()));
                let kind = FrontMatterErrorKind::Syntax { line, column };
                Self { kind, source: Some(Arc::from(error)) }
            }
        }
    }
}

struct Fields {
    values: BTreeMap<String, Value>,
    wrong: BTreeMap<String, Value>,
}

impl Fields {
    fn take<T>(&mut self, field: &str, read: fn(&Value) -> Option<T>) -> Option<T> {
        let (field, value) = self.values.remove_entry(field)?;
        let read = read(&value);
        if read.is_none() {
            self.wrong.insert(field, value);
        }
        read
    }
}

/// The outer option is the type, the inner one whether there is any text.
fn text(value: &Value) -> Option<Option<String>> {
    let text = match value {
        Value::Null => return Some(None),
        Value::String(text) => text.trim().to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => return None,
    };
    Some((!text.is_empty()).then_some(text))
}

/// As [`text`]; `[issue]` is YAML for a list, but meant as written.
fn hint(value: &Value) -> Option<Option<String>> {
    let Value::Array(items) = value else { return text(value) };
    let items: Option<Vec<String>> = items.iter().map(|item| text(item).flatten()).collect();
    Some(Some(format!("[{}]", items?.join(", "))))
}

fn context(value: &Value) -> Option<Context> {
    match text(value)?.as_deref() {
        None | Some("inline") => Some(Context::Inline),
        Some("fork") => Some(Context::Fork),
        Some(_) => None,
    }
}

fn boolean(value: &Value) -> Option<Option<bool>> {
    let word = match value {
        Value::Null => return Some(None),
        Value::Bool(value) => return Some(Some(*value)),
        Value::String(text) => text.trim().to_ascii_lowercase(),
        Value::Number(number) => number.to_string(),
        Value::Array(_) | Value::Object(_) => return None,
    };
    match word.as_str() {
        "true" | "yes" | "on" | "1" => Some(Some(true)),
        "false" | "no" | "off" | "0" => Some(Some(false)),
        _ => None,
    }
}

fn mapping(value: &Value) -> Option<BTreeMap<String, Value>> {
    match value {
        Value::Null => Some(BTreeMap::new()),
        Value::Object(entries) => Some(entries.clone().into_iter().collect()),
        _ => None,
    }
}
