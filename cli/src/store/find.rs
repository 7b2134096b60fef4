//! Which session somebody means.

use std::path::Path;

use tau_persist::{ListSessions, SessionInfo, Store, StoreError};

use super::open::Place;
use super::overview::overview_of;
use crate::environment;
use crate::exit::UsageError;

/// Sessions of one request.
const PAGE: usize = 1_000;

/// At least so many characters of an id are shown.
const SHORTEST: usize = 8;

/// All sessions of a store, the last written first.
#[derive(Debug)]
pub(crate) struct Known(Vec<SessionInfo>);

impl Known {
    pub(crate) async fn all(store: &dyn Store) -> Result<Self, StoreError> {
        let mut sessions = Vec::new();
        let mut request = ListSessions::first(PAGE);
        loop {
            let page = store.list(request).await?;
            let Some(last) = page.last() else { return Ok(Self(sessions)) };
            request = ListSessions::first(PAGE).after(last);
            let is_last = page.len() < PAGE;
            sessions.extend(page);
            if is_last {
                return Ok(Self(sessions));
            }
        }
    }

    pub(crate) fn sessions(&self) -> &[SessionInfo] {
        &self.0
    }

    /// The session that an id or the beginning of one names.
    pub(crate) fn find(&self, text: &str) -> Result<&SessionInfo, UsageError> {
        let help = "`tau sessions list` shows the sessions there are";
        if text.is_empty() {
            return Err(UsageError::new("the id of a session is empty", help));
        }
        if let Some(exact) = self.0.iter().find(|info| info.session.as_str() == text) {
            return Ok(exact);
        }
        let begins = |info: &&SessionInfo| {
            let id = info.session.as_str();
            id.get(..text.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(text))
        };
        let found: Vec<&SessionInfo> = self.0.iter().filter(begins).collect();
        match found[..] {
            [] => Err(UsageError::new(format!("no session has an id that begins with {text:?}"), help)),
            [only] => Ok(only),
            [..] => {
                let ids = found.iter().take(5).map(|info| info.session.as_str());
                let more = if found.len() > 5 { "\nand others" } else { "" };
                let ids = ids.collect::<Vec<_>>().join("\n");
                let message = format!("{} sessions have an id that begins with {text:?}", found.len());
                Err(UsageError::new(message, format!("give more of it:\n{ids}{more}")))
            }
        }
    }

    /// So many characters of an id tell it from every other.
    pub(crate) fn telling_length(&self) -> usize {
        telling_length(self.0.iter().map(|info| info.session.as_str()).collect())
    }

    /// The session written last.
    pub(crate) fn newest(&self) -> Result<&SessionInfo, UsageError> {
        self.0.first().ok_or_else(|| UsageError::new("there is no session yet", "`tau run` begins one"))
    }
}

/// So many characters of each id tell it from every other.
pub(crate) fn telling_length(mut ids: Vec<&str>) -> usize {
    ids.sort_unstable();
    let common = |pair: &[&str]| pair[0].bytes().zip(pair[1].bytes()).take_while(|(a, b)| a == b).count();
    ids.windows(2).map(common).max().map_or(SHORTEST, |common| (common + 1).max(SHORTEST))
}

/// The beginning of an id.
pub(crate) fn short(id: &str, length: usize) -> &str {
    id.get(..length).unwrap_or(id)
}

/// The session that somebody means: by its id or the beginning of it, else the one written last that worked in a folder,
/// the current one unless given.
pub(crate) async fn choose(
    place: &Place,
    store: &dyn Store,
    id: Option<&str>,
    folder: Option<&Path>,
) -> miette::Result<tau_core::SessionId> {
    Ok(choose_known(place, store, id, folder).await?.0)
}

/// The same, with what the store says of it.
pub(crate) async fn choose_known(
    place: &Place,
    store: &dyn Store,
    id: Option<&str>,
    folder: Option<&Path>,
) -> miette::Result<(tau_core::SessionId, SessionInfo)> {
    let known = Known::all(store).await.map_err(|error| place.failed(&error))?;
    let info = match id {
        Some(id) => known.find(id)?,
        None => newest_in(place, store, &known, &environment::working_dir(folder)?).await?,
    };
    let help = "`tau sessions list --all` shows the sessions there are";
    let id = info.session.as_str();
    let id = id.parse().map_err(|_| UsageError::new(format!("tau did not write session {id}"), help))?;
    Ok((id, info.clone()))
}

async fn newest_in<'a>(
    place: &Place,
    store: &dyn Store,
    known: &'a Known,
    folder: &Path,
) -> miette::Result<&'a SessionInfo> {
    let folder_name = folder.display().to_string();
    for info in known.sessions() {
        let overview = overview_of(store, info).await.map_err(|error| place.failed(&error))?.overview;
        let is_of_folder = overview.metadata.get("working_dir") == Some(&folder_name);
        if is_of_folder && overview.parent.is_none() {
            return Ok(info);
        }
    }
    let help = "`tau sessions list --all` shows those of other folders";
    Err(UsageError::new(format!("no session has worked in {folder_name}"), help).into())
}
