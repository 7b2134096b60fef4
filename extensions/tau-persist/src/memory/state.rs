//! What the store holds, and what each request does to it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use tau_proto::buffa::bytes::Bytes;
use tau_proto::runtime::v1::Event;

use super::list;
use super::search::excerpt;
use crate::admission::{CheckedAppend, is_name};
use crate::clock::to_millis;
use crate::error::{Rule, StoreError, StoreErrorKind};
use crate::hash::Sha256Hash;
use crate::id::SessionId;
use crate::store::{
    Lease, LeaseRow, ListSessions, OpenSession, Page, Position, ReadEvents, Retention, Search, SearchHit,
    SessionInfo, Snapshot, StoreOptions, StoredMessage, VacuumReport, check_newest, claim,
};

#[derive(Debug, Default)]
pub(super) struct State {
    sessions: BTreeMap<SessionId, Session>,
    blobs: BTreeMap<Sha256Hash, Bytes>,
    outbox: BTreeMap<u64, StoredMessage>,
    last_message: u64,
    /// Bytes of bodies, blobs and snapshots.
    used: u64,
}

#[derive(Debug)]
struct Session {
    head: Position,
    lease: Option<LeaseRow>,
    created: SystemTime,
    updated: SystemTime,
    is_deleted: bool,
    rows: Vec<Row>,
    snapshots: BTreeMap<String, Snapshot>,
    blobs: BTreeSet<Sha256Hash>,
}

#[derive(Debug)]
struct Row {
    event: Event,
    hash: Sha256Hash,
    text: Option<String>,
}

impl Session {
    fn new(now: SystemTime) -> Self {
        Self {
            head: Position::default(),
            lease: None,
            created: now,
            updated: now,
            is_deleted: false,
            rows: Vec::new(),
            snapshots: BTreeMap::new(),
            blobs: BTreeSet::new(),
        }
    }

    fn hash_at(&self, seq: u64) -> Option<Sha256Hash> {
        let index = usize::try_from(seq.checked_sub(1)?).ok()?;
        self.rows.get(index).map(|row| row.hash)
    }
}

fn fail<T>(kind: StoreErrorKind, session: &SessionId) -> Result<T, StoreError> {
    Err(StoreError::new(kind).in_session(session))
}

impl State {
    pub(super) fn open(&mut self, request: &OpenSession, now: SystemTime) -> Result<Lease, StoreError> {
        request.check()?;
        let held = self.sessions.get(&request.session);
        if held.is_some_and(|held| held.is_deleted) {
            return fail(StoreErrorKind::Deleted, &request.session);
        }
        let head = held.map(|held| held.head).unwrap_or_default();
        let epoch = claim(&head, held.and_then(|held| held.lease.as_ref()), request, now)?;
        let session = self.sessions.entry(request.session.clone()).or_insert_with(|| Session::new(now));
        let row = LeaseRow::new(&request.holder, request.ttl, now);
        let expires = row.expires();
        session.lease = Some(row);
        session.head.epoch = epoch;
        session.updated = now;
        let (name, holder) = (request.session.clone(), request.holder.clone());
        Ok(Lease { session: name, holder, epoch, expires, head: session.head })
    }

    pub(super) fn renew(
        &mut self,
        lease: &Lease,
        ttl: Duration,
        now: SystemTime,
    ) -> Result<Lease, StoreError> {
        let session = self.existing(&lease.session)?;
        check_newest(&session.head, lease)?;
        let row = LeaseRow::new(&lease.holder, ttl, now);
        let expires = row.expires();
        session.lease = Some(row);
        Ok(Lease { expires, head: session.head, ..lease.clone() })
    }

    pub(super) fn release(&mut self, lease: &Lease) -> Result<(), StoreError> {
        let session = self.existing(&lease.session)?;
        check_newest(&session.head, lease)?;
        session.lease = None;
        Ok(())
    }

    pub(super) fn leases(&self, limit: usize) -> Vec<Lease> {
        let live = self.sessions.iter().filter(|(_, session)| !session.is_deleted);
        let mut rows: Vec<_> =
            live.filter_map(|(name, session)| Some((session.lease.as_ref()?, name, session.head))).collect();
        rows.sort_by_key(|(row, name, _)| (Reverse(row.granted), *name));
        let leases = rows.into_iter().take(limit).map(|(row, name, head)| Lease {
            session: name.clone(),
            holder: row.holder.clone(),
            epoch: head.epoch,
            expires: row.expires(),
            head,
        });
        leases.collect()
    }

    pub(super) fn append(
        &mut self,
        append: CheckedAppend,
        texts: Vec<Option<String>>,
        now: SystemTime,
        options: &StoreOptions,
    ) -> Result<Position, StoreError> {
        let held = self.sessions.get(&append.session);
        if held.is_some_and(|held| held.is_deleted) {
            let error = StoreError::new(StoreErrorKind::Deleted).in_session(&append.session);
            return Err(error.at(append.first_seq()));
        }
        let head = held.map(|held| held.head).unwrap_or_default();
        let known =
            append.admit(&head, |seq| Ok(held.and_then(|held| held.hash_at(seq)).unwrap_or_default()))?;
        let position = append.position();
        if known == append.events.len() {
            return Ok(position);
        }
        let new = append.events.iter().skip(known).map(|event| event.body.len() as u64);
        let first_new = append.first_seq() + known as u64;
        self.reserve(new.sum(), options).map_err(|error| error.in_session(&append.session).at(first_new))?;
        for message in append.messages {
            self.last_message += 1;
            let (id, session) = (self.last_message, append.session.clone());
            self.outbox.insert(id, StoredMessage { id, session, seq: position.seq, message });
        }
        let session = self.sessions.entry(append.session).or_insert_with(|| Session::new(now));
        let rows = append.events.into_iter().zip(append.hashes).zip(texts);
        session.rows.extend(rows.skip(known).map(|((event, hash), text)| Row { event, hash, text }));
        if append.epoch > head.epoch {
            // Whoever had the session is fenced by this.
            session.lease = None;
        }
        session.head = position;
        session.updated = now;
        Ok(position)
    }

    pub(super) fn read(&mut self, request: &ReadEvents) -> Result<Vec<Event>, StoreError> {
        let session = self.existing(&request.session)?;
        let mut page = Page::new(request);
        let after = usize::try_from(request.after).unwrap_or(usize::MAX);
        let events = session.rows.iter().skip(after).map(|row| &row.event);
        Ok(events.take_while(|event| page.admits(event.body.len())).cloned().collect())
    }

    pub(super) fn head(&self, session: &SessionId) -> Option<Position> {
        self.sessions.get(session).filter(|session| !session.is_deleted).map(|session| session.head)
    }

    pub(super) fn list(&self, request: &ListSessions, now: SystemTime) -> Vec<SessionInfo> {
        let live = self.sessions.iter().filter(|(_, session)| !session.is_deleted);
        let infos = live.map(|(name, session)| SessionInfo {
            session: name.clone(),
            head: session.head,
            bytes: session.rows.iter().map(|row| row.event.body.len() as u64).sum(),
            created: session.created,
            updated: session.updated,
            holder: session.lease.as_ref().filter(|row| row.is_live(now)).map(|row| row.holder.clone()),
        });
        list::page(infos, request)
    }

    pub(super) fn put_snapshot(
        &mut self,
        snapshot: Snapshot,
        options: &StoreOptions,
    ) -> Result<(), StoreError> {
        let name = snapshot.session.clone();
        if !is_name(&snapshot.name) {
            return fail(StoreErrorKind::Invalid(Rule::Name), &name);
        }
        self.bounded(snapshot.body.len(), &name, options)?;
        let session = self.existing(&name)?;
        let Some(expected) = session.hash_at(snapshot.seq) else {
            let held = session.head;
            return Err(StoreError::new(StoreErrorKind::Gap { held }).in_session(&name).at(snapshot.seq));
        };
        if expected != snapshot.hash {
            let kind = StoreErrorKind::HashMismatch { expected, found: snapshot.hash };
            return Err(StoreError::new(kind).in_session(&name).at(snapshot.seq));
        }
        let old = session.snapshots.get(&snapshot.name).map_or(0, |old| old.body.len() as u64);
        self.used -= old;
        if let Err(error) = self.reserve(snapshot.body.len() as u64, options) {
            self.used += old;
            return Err(error.in_session(&name));
        }
        self.existing(&name)?.snapshots.insert(snapshot.name.clone(), snapshot);
        Ok(())
    }

    pub(super) fn snapshot(&self, session: &SessionId, name: &str) -> Option<Snapshot> {
        self.sessions.get(session)?.snapshots.get(name).cloned()
    }

    pub(super) fn put_blob(
        &mut self,
        session: &SessionId,
        bytes: Bytes,
        options: &StoreOptions,
    ) -> Result<Sha256Hash, StoreError> {
        self.bounded(bytes.len(), session, options)?;
        self.existing(session)?;
        let hash = Sha256Hash::of(&bytes);
        if !self.blobs.contains_key(&hash) {
            self.reserve(bytes.len() as u64, options).map_err(|error| error.in_session(session))?;
            self.blobs.insert(hash, bytes);
        }
        self.existing(session)?.blobs.insert(hash);
        Ok(hash)
    }

    pub(super) fn blob(&self, hash: Sha256Hash) -> Option<Bytes> {
        self.blobs.get(&hash).cloned()
    }

    pub(super) fn search(&self, query: &Search) -> Vec<SearchHit> {
        let words = query.words();
        let sessions = self
            .sessions
            .iter()
            .filter(|(name, _)| query.session.as_ref().is_none_or(|wanted| wanted == *name));
        let rows = sessions.flat_map(|(name, session)| session.rows.iter().map(move |row| (name, row)));
        let hits = rows.filter_map(|(name, row)| {
            let excerpt = excerpt(row.text.as_deref()?, &words)?;
            Some(SearchHit::new(name.clone(), row.event.seq, excerpt))
        });
        hits.take(query.limit).collect()
    }

    pub(super) fn outbox(&self, after: u64, limit: usize) -> Vec<StoredMessage> {
        let messages = self.outbox.iter().filter(|(id, _)| **id > after);
        messages.map(|(_, message)| message.clone()).take(limit).collect()
    }

    pub(super) fn settle(&mut self, messages: &[u64]) {
        for message in messages {
            self.outbox.remove(message);
        }
    }

    pub(super) fn delete(&mut self, name: &SessionId, now: SystemTime) -> Result<(), StoreError> {
        let session = self.existing(name)?;
        if let Some(lease) = session.lease.as_ref().filter(|lease| lease.is_live(now)) {
            let kind = lease.refusal(&session.head);
            return fail(kind, name);
        }
        let bodies = session.rows.iter().map(|row| row.event.body.len() as u64);
        let snapshots = session.snapshots.values().map(|snapshot| snapshot.body.len() as u64);
        let freed: u64 = bodies.chain(snapshots).sum();
        *session = Session { is_deleted: true, ..Session::new(now) };
        self.used -= freed;
        Ok(())
    }

    pub(super) fn retain(&mut self, rule: Retention, now: SystemTime) -> Vec<SessionId> {
        let Retention::NotWrittenSince(limit) = rule;
        let live = self.sessions.iter().filter(|(_, session)| !session.is_deleted);
        let old = live.filter(|(_, session)| to_millis(session.updated) < to_millis(limit));
        let mut names: Vec<SessionId> = old.map(|(name, _)| name.clone()).collect();
        // The one that is open fails, and stays.
        names.retain(|name| self.delete(name, now).is_ok());
        names
    }

    pub(super) fn vacuum(&mut self) -> VacuumReport {
        let bytes_before = self.used;
        let needed: BTreeSet<Sha256Hash> =
            self.sessions.values().flat_map(|session| session.blobs.iter().copied()).collect();
        let before = self.blobs.len();
        let used = &mut self.used;
        self.blobs.retain(|hash, bytes| {
            let is_needed = needed.contains(hash);
            *used -= if is_needed { 0 } else { bytes.len() as u64 };
            is_needed
        });
        let blobs = (before - self.blobs.len()) as u64;
        VacuumReport { blobs, bytes_before, bytes_after: self.used }
    }

    fn existing(&mut self, name: &SessionId) -> Result<&mut Session, StoreError> {
        match self.sessions.get_mut(name) {
            Some(session) if session.is_deleted => fail(StoreErrorKind::Deleted, name),
            Some(session) => Ok(session),
            None => fail(StoreErrorKind::NotFound, name),
        }
    }

    fn bounded(&self, bytes: usize, name: &SessionId, options: &StoreOptions) -> Result<(), StoreError> {
        let (bytes, limit) = (bytes as u64, options.max_event_bytes as u64);
        if bytes > limit { fail(StoreErrorKind::TooLarge { bytes, limit }, name) } else { Ok(()) }
    }

    fn reserve(&mut self, bytes: u64, options: &StoreOptions) -> Result<(), StoreError> {
        if options.max_bytes.is_some_and(|limit| self.used + bytes > limit) {
            return Err(StoreErrorKind::StorageFull.into());
        }
        self.used += bytes;
        Ok(())
    }
}
