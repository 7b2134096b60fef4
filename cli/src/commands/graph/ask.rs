//! Asking the person at the terminal what a run waits for, and taking answers from the command line.

use std::io::{self, Write};
use std::sync::Arc;

use serde_json::Value;
use tau_orchestrate::graph::OpenQuestion;

use super::assignment;
use crate::exit::UsageError;
use crate::output::printable;

/// An answer, by the id of its question.
pub(super) type Answer = (String, Value);

/// What a question says to people, of what its node has under `with`.
struct Shown<'a> {
    text: String,
    choices: &'a [Value],
    /// Whether an answer is a text, whatever it looks like.
    wants_text: bool,
}

impl<'a> Shown<'a> {
    fn of(question: &'a Value) -> Self {
        let text = question.get("text").unwrap_or(question);
        let text = text.as_str().map_or_else(|| text.to_string(), str::to_owned);
        let choices =
            question.get("choices").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let wants_text = question.get("answer").and_then(Value::as_str) == Some("text");
        Self { text, choices, wants_text }
    }

    /// What a line means as an answer, if it can be one.
    fn read(&self, line: &str) -> Option<Value> {
        if !self.choices.is_empty() {
            let chosen =
                line.parse::<usize>().ok().and_then(|number| self.choices.get(number.checked_sub(1)?));
            let named = || self.choices.iter().find(|choice| shown(choice).eq_ignore_ascii_case(line));
            return chosen.or_else(named).cloned();
        }
        if self.wants_text {
            return (!line.is_empty()).then(|| line.into());
        }
        Some(match line.to_ascii_lowercase().as_str() {
            "" => return None,
            "y" | "yes" => true.into(),
            "n" | "no" => false.into(),
            _ => serde_json::from_str(line).unwrap_or_else(|_| line.into()),
        })
    }
}

/// The text of a question, in one line.
pub(super) fn text(question: &Value) -> String {
    printable(&Shown::of(question).text).replace('\n', " ")
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The answers of the command line, each to a question that is open.
pub(super) fn given(texts: &[String], open: &[OpenQuestion]) -> Result<Vec<Answer>, UsageError> {
    let mut answers: Vec<Answer> = Vec::new();
    for text in texts {
        let (name, value) = assignment(text, "--answer")?;
        let question = named(name, open)?;
        let choices = Shown::of(&question.payload).choices;
        if !choices.is_empty() && !choices.contains(&value) {
            let choices: Vec<String> = choices.iter().map(ToString::to_string).collect();
            let message = format!("{value} is no answer to `{}`", question.node);
            return Err(UsageError::new(message, format!("choose one of {}", choices.join(", "))));
        }
        if answers.iter().any(|(id, _)| **id == *question.id) {
            return Err(UsageError::new(
                format!("`{name}` is answered twice"),
                "give one answer to each question",
            ));
        }
        answers.push((question.id.to_string(), value));
    }
    Ok(answers)
}

fn named<'a>(name: &str, open: &'a [OpenQuestion]) -> Result<&'a OpenQuestion, UsageError> {
    if let Some(exact) = open.iter().find(|question| *question.id == *name) {
        return Ok(exact);
    }
    let of_node: Vec<&OpenQuestion> = open.iter().filter(|question| *question.node == *name).collect();
    let listed = |questions: &[&OpenQuestion]| {
        let each = questions.iter().map(|question| format!("{} (of {})", question.id, question.node));
        each.collect::<Vec<_>>().join(", ")
    };
    match of_node.as_slice() {
        [only] => Ok(only),
        [] if open.is_empty() => Err(UsageError::new(
            format!("nothing is asked, so `{name}` needs no answer"),
            "leave --answer out",
        )),
        [] => {
            let all: Vec<&OpenQuestion> = open.iter().collect();
            Err(UsageError::new(
                format!("no open question is named `{name}`"),
                format!("open are {}", listed(&all)),
            ))
        }
        several => Err(UsageError::new(
            format!("`{name}` asks several questions"),
            format!("name one by its id: {}", listed(several)),
        )),
    }
}

/// Asks the person all that is open, one after the other. `None` when they say no more.
pub(super) async fn person(open: Vec<OpenQuestion>) -> Option<Vec<Answer>> {
    let open = Arc::new(open);
    // A read of standard input cannot be given up; the thread ends with the program.
    let (sender, answers) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let answers: Option<Vec<Answer>> = open.iter().map(one).collect();
        let _ = sender.send(answers);
    });
    answers.await.ok().flatten()
}

fn one(question: &OpenQuestion) -> Option<Answer> {
    let shown_question = Shown::of(&question.payload);
    anstream::eprintln!("{}: {}", printable(&question.node), printable(&shown_question.text));
    for (at, choice) in shown_question.choices.iter().enumerate() {
        anstream::eprintln!("  {}. {}", at + 1, printable(&shown(choice)));
    }
    loop {
        let prompt = match (shown_question.choices.is_empty(), shown_question.wants_text) {
            (false, _) => "Number: ",
            (true, true) => "Answer: ",
            (true, false) => "[y]es, [n]o, or an answer: ",
        };
        anstream::eprint!("{prompt}");
        let _ = io::stderr().flush();
        let mut line = String::new();
        match io::stdin().read_line(&mut line) {
            Ok(1..) => {}
            _ => return None,
        }
        if let Some(value) = shown_question.read(line.trim()) {
            return Some((question.id.to_string(), value));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Shown;

    #[test]
    fn lines_are_read_as_answers() {
        let check = |question: Value, line: &str, expected: Option<Value>| {
            assert_eq!(Shown::of(&question).read(line), expected, "{question} {line}");
        };
        check(json!("Release?"), "y", Some(json!(true)));
        check(json!({"text": "Release?"}), "No", Some(json!(false)));
        check(json!({"text": "How many?"}), "3", Some(json!(3)));
        check(json!({"text": "Who?"}), "Ada", Some(json!("Ada")));
        check(json!({"text": "Who?"}), "", None);
        check(json!({"text": "Who?", "answer": "text"}), "no", Some(json!("no")));
        check(json!({"text": "Which?", "choices": ["a", 7]}), "2", Some(json!(7)));
        check(json!({"text": "Which?", "choices": ["a", 7]}), "A", Some(json!("a")));
        check(json!({"text": "Which?", "choices": ["a", 7]}), "3", None);
    }
}
