//! `tau plugin`: what is installed, and from where.

use std::path::{Path, PathBuf};

use tau_skills::plugin::{Marketplace, Origin, Plugin, PluginLibrary, Source};

use crate::args::{MarketplaceCommand, PluginCommand};
use crate::exit::{Exit, UsageError};
use crate::output::printable;
use crate::{environment, git, knowledge};

pub(crate) async fn run(command: PluginCommand) -> miette::Result<Exit> {
    let library = knowledge::library()?;
    match command {
        PluginCommand::Install(args) => install(&library, &args.what).await?,
        PluginCommand::List => list(&library)?,
        PluginCommand::Enable(args) => {
            say(&format!("{} is enabled", library.enable(&args.name).map_err(report)?))
        }
        PluginCommand::Disable(args) => {
            say(&format!("{} is disabled", library.disable(&args.name).map_err(report)?))
        }
        PluginCommand::Remove(args) => {
            say(&format!("{} is removed", library.remove(&args.name).map_err(report)?))
        }
        PluginCommand::Marketplace(MarketplaceCommand::Add(args)) => add(&library, &args.source).await?,
        PluginCommand::Marketplace(MarketplaceCommand::List) => marketplaces(&library)?,
    }
    Ok(Exit::Done)
}

/// A name of a known marketplace, or a source.
async fn install(library: &PluginLibrary, what: &str) -> miette::Result<()> {
    let working_dir = environment::working_dir(None)?;
    let is_name = !what.contains(['/', ':']) && !working_dir.join(what).is_dir();
    let (source, marketplace) = if is_name {
        let (entry, marketplace) = library.find(what).map_err(report)?;
        (entry.source, Some(marketplace))
    } else {
        (Source::parse(what, &working_dir), None)
    };
    let origin = marketplace.as_ref().map_or(Origin::Direct, Origin::Marketplace);
    let fetched = fetch(&source).await?;
    let (name, plugin) = library.install(&fetched.folder, source, origin).map_err(report)?;
    say(&format!("{name} is installed and enabled: {}", parts(&plugin)));
    for path in library.installed().map_err(report)?.get(&name).into_iter().flat_map(|it| &it.left_out) {
        anstream::eprintln!(
            "! {}",
            printable(&format!("{}: left out, it lies outside of the plugin", path.display()))
        );
    }
    Ok(())
}

async fn add(library: &PluginLibrary, source: &str) -> miette::Result<()> {
    let source = Source::parse(source, &environment::working_dir(None)?);
    let fetched = fetch(&source).await?;
    let marketplace = library.add_marketplace(&fetched.folder, source).map_err(report)?;
    say(&format!("{} is known: {} plugins", marketplace.name, marketplace.plugins.len()));
    Ok(())
}

/// Where something lies now, until this is dropped.
struct Fetched {
    folder: PathBuf,
    #[expect(dead_code, reason = "the folder goes with it")]
    clone: Option<git::Clone>,
}

async fn fetch(source: &Source) -> miette::Result<Fetched> {
    match source {
        Source::Folder(folder) => Ok(Fetched { folder: folder.clone(), clone: None }),
        Source::Git { url, reference, commit, folder, .. } => {
            let clone = git::clone(url, reference.as_deref(), commit.as_deref()).await?;
            let below = folder.as_deref().unwrap_or(".");
            let folder = inside(clone.folder(), below)?;
            Ok(Fetched { folder, clone: Some(clone) })
        }
        other => {
            Err(UsageError::new(format!("it comes from {other}"), "folders and git can be installed").into())
        }
    }
}

/// A folder of a repository, which must not lead out of it.
fn inside(root: &Path, folder: &str) -> miette::Result<PathBuf> {
    let (root, folder) = (root.canonicalize(), root.join(folder).canonicalize());
    match (root, folder) {
        (Ok(root), Ok(folder)) if folder.starts_with(&root) => Ok(folder),
        _ => Err(miette::miette!("the repository has no such folder")),
    }
}

fn list(library: &PluginLibrary) -> miette::Result<()> {
    let installed = library.installed().map_err(report)?;
    for (name, plugin) in &installed {
        let state = if plugin.enabled { "enabled" } else { "disabled" };
        let version = plugin.version.as_deref().unwrap_or("no version");
        say(&format!("{name} ({state}, {version}) from {}", plugin.source));
    }
    if installed.is_empty() {
        anstream::eprintln!("no plugin is installed");
    }
    Ok(())
}

fn marketplaces(library: &PluginLibrary) -> miette::Result<()> {
    let known = library.marketplaces().map_err(report)?;
    for (name, marketplace) in &known {
        say(&format!("{name} from {}", marketplace.source));
        match library.marketplace(name) {
            Ok(Marketplace { plugins, .. }) => {
                for entry in plugins {
                    let description = entry.description.unwrap_or_default();
                    say(&format!("  {}: {description}", entry.name));
                }
            }
            Err(problem) => anstream::eprintln!("! {}", printable(&problem.to_string())),
        }
    }
    if known.is_empty() {
        anstream::eprintln!("no marketplace is known");
    }
    Ok(())
}

fn parts(plugin: &Plugin) -> String {
    let parts: Vec<String> = plugin.parts().iter().map(ToString::to_string).collect();
    if parts.is_empty() { "it brings nothing".to_owned() } else { parts.join(", ") }
}

fn say(line: &str) {
    anstream::println!("{}", printable(line));
}

fn report(error: tau_skills::plugin::PluginError) -> miette::Report {
    miette::miette!("{error}")
}
