//! `tau models list`: those that are configured, and those that providers say they have.

use serde::Serialize;
use tau_agent::prices::PriceTable;
use tau_core::config::ResolvedModel;

use super::table;
use crate::args::{Form, ListModelsArgs};
use crate::config::{self, Loaded};
use crate::exit::{Exit, UsageError};
use crate::output::{printable, short};
use crate::{environment, session};

/// A model that could be used.
#[derive(Debug, Serialize)]
struct Row {
    /// What to say to use it.
    model: String,
    /// Whether it stands in the configuration.
    configured: bool,
    /// Tokens of input it takes, when that is known.
    context_window: Option<u64>,
    /// US dollars for a million tokens of input, as a decimal number, when that is known.
    input_price: Option<String>,
    /// The same of output.
    output_price: Option<String>,
}

/// Lists models, and says which providers could not be asked.
pub(crate) async fn list(args: ListModelsArgs) -> miette::Result<Exit> {
    let loaded = config::load(&args.common, None)?;
    if let Some(name) = &args.provider
        && !loaded.config.providers.contains_key(name)
    {
        let known: Vec<&str> = loaded.config.providers.keys().map(String::as_str).collect();
        let help = format!("configured are {}", known.join(", "));
        return Err(UsageError::new(format!("there is no provider `{name}`"), help).into());
    }
    let mut rows: Vec<Row> = loaded
        .config
        .models
        .iter()
        .filter(|(_, model)| args.provider.is_none() || model.provider == args.provider)
        .filter_map(|(name, _)| Some(row(name.clone(), loaded.config.resolve(name).ok()?, true)))
        .collect();
    for name in providers(&loaded, args.provider.as_deref()) {
        match ask(&loaded, name).await {
            Ok(models) => rows.extend(models.into_iter().filter_map(|model| {
                let model = format!("{name}/{model}");
                let resolved = loaded.config.resolve(&model).ok()?;
                Some(row(model, resolved, false))
            })),
            Err(error) => anstream::eprintln!("! {}", printable(&error.to_string())),
        }
    }
    match args.output {
        Form::Json => anstream::println!("{}", serde_json::to_string_pretty(&rows).unwrap_or_default()),
        Form::Text => show(&rows),
    }
    Ok(if rows.is_empty() { Exit::Failed } else { Exit::Done })
}

/// The providers to ask: the one that is wanted, or all whose key is there or that need none.
fn providers<'a>(loaded: &'a Loaded, wanted: Option<&str>) -> Vec<&'a str> {
    let is_wanted = |name: &str| wanted.is_none_or(|wanted| wanted == name);
    let providers = loaded.config.providers.iter().filter(|(name, provider)| {
        let has_key = provider.api_key_env.as_deref().is_none_or(|key| environment::variable(key).is_some());
        is_wanted(name) && (has_key || wanted.is_some())
    });
    providers.map(|(name, _)| name.as_str()).collect()
}

async fn ask(loaded: &Loaded, provider: &str) -> miette::Result<Vec<String>> {
    let resolved = loaded.config.resolve(&format!("{provider}/-"));
    let resolved = resolved.map_err(|problem| config::LoadError::from_problems(&[problem]))?;
    session::agent(resolved)?.list_models().await.map_err(|error| miette::miette!("{error}"))
}

fn row(model: String, mut resolved: ResolvedModel, configured: bool) -> Row {
    PriceTable::builtin().complete(&mut resolved);
    let price = |price: tau_core::Money| price.to_string().trim_start_matches('$').to_owned();
    let prices = resolved.model.prices.as_ref();
    Row {
        model,
        configured,
        context_window: resolved.model.capabilities.context_window,
        input_price: prices.map(|prices| price(prices.input)),
        output_price: prices.map(|prices| price(prices.output)),
    }
}

fn show(rows: &[Row]) {
    if rows.is_empty() {
        anstream::eprintln!("no model is configured, and no provider that was asked has one");
        return;
    }
    let head = ["model", "window", "$ in", "$ out", ""].map(str::to_owned);
    let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let body = rows.iter().map(|row| {
        let window = row.context_window.map_or_else(|| "-".to_owned(), short);
        let mark = if row.configured { "configured" } else { "" };
        [printable(&row.model), window, known(&row.input_price), known(&row.output_price), mark.to_owned()]
    });
    let rows: Vec<[String; 5]> = std::iter::once(head).chain(body).collect();
    for line in table::lines(&rows) {
        anstream::println!("{line}");
    }
    let table = PriceTable::builtin();
    anstream::eprintln!(
        "windows and prices as configured, else as published on {}: {}",
        table.date,
        table.source
    );
}
