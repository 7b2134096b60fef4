//! What a real llama.cpp server makes of this crate, over each of the formats it speaks.
//!
//! `cargo xtask conformance llama` builds the server and the model, and runs this. By hand:
//! `cargo run -p tau-agent --example llama -- http://127.0.0.1:8080/v1 http://127.0.0.1:8081/v1 KEY`
//! with the address of a server for words, that of one for embeddings, and the key of both.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it speaks to the person at the terminal")]

mod asked;
mod checks;

use std::process::ExitCode;

use asked::Server;

/// What a check found: how it went well, or what is wrong.
type Found = Result<String, String>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [words, embeddings, key] = arguments.as_slice() else {
        eprintln!("usage: llama WORDS_URL EMBEDDINGS_URL KEY");
        return ExitCode::from(2);
    };
    let words = Server { url: words, key };
    let mut failed = 0;
    println!("{:<8} {:<20} {:<24} found", "", "format", "check");
    for format in checks::FORMATS {
        for name in checks::NAMES {
            let found = checks::words(name, &words, format).await;
            failed += show(format, name, judged(format, name, found));
        }
    }
    failed += show("openai-chat", "models", checks::models(&words).await);
    let embeddings = Server { url: embeddings, key };
    failed += show("openai-chat", "embeddings", checks::embeddings(&embeddings).await);
    println!(
        "{}",
        if failed == 0 { "all is as it should be".to_owned() } else { format!("{failed} failed") }
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What a check found, where the server is known to lack what it is about.
fn judged(format: &str, name: &str, found: Found) -> Found {
    let lack = checks::LACKS.iter().find(|(of, check, _)| (*of, *check) == (format, name));
    match (lack, found) {
        (None, found) => found,
        (Some((.., why)), Err(_)) => Ok(format!("not to be had: {why}")),
        (Some((.., why)), Ok(words)) => {
            Err(format!("it is to be had by now, so this is no longer true: {why} ({words})"))
        }
    }
}

/// Prints a line of the table, and counts a failure.
fn show(format: &str, name: &str, found: Found) -> u32 {
    let (verdict, words, count) = match found {
        Ok(words) => ("ok", words, 0),
        Err(problem) => ("FAILED", problem, 1),
    };
    println!("{verdict:<8} {format:<20} {name:<24} {words}");
    count
}
