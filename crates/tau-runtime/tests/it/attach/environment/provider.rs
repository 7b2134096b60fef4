//! A small extension that gives the environment of this machine below a folder, as a sandbox would.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::{Stream, StreamExt};
use tau_proto::runtime::v1::environment_operation::Operation;
use tau_proto::runtime::v1::environment_result::Result as Answer;
use tau_proto::runtime::v1::{
    self as pb, AttachRequest, AttachResponse, Call, CallFailure, CallFailureKind, CallInput, CallProgress,
    CallReceived, CallResult, EnvironmentCapability, EnvironmentResult, EnvironmentRole, ExtensionRole,
    Hello, OutputChunk, Welcome, attach_request, attach_response, call, call_progress, call_result,
};
use tau_tools::environment::{
    CaseSensitivity, CommandExit, CommandSpec, Environment, EnvironmentError, EnvironmentErrorKind, FileKind,
    GlobQuery, GrepQuery, WorkspacePath,
};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

/// Bytes of a piece of a file.
const PIECE: usize = 10_000;

/// The extension, whichever connection it has.
#[derive(Clone)]
pub(crate) struct Provider {
    environment: Arc<dyn Environment>,
    held: Arc<Mutex<BTreeMap<String, Held>>>,
    /// Something is to be told.
    news: Arc<Notify>,
    token: Arc<Mutex<String>>,
    /// What it began, in order.
    pub(crate) begun: Arc<Mutex<Vec<Operation>>>,
}

/// A call that it knows.
#[derive(Default)]
struct Held {
    task: Option<AbortHandle>,
    write: Option<WorkspacePath>,
    input: Vec<u8>,
    input_taken: u64,
    progress: Vec<OutputChunk>,
    /// Pieces that were sent over this connection, and that the runtime took.
    sent: usize,
    taken: usize,
    result: Option<call_result::Result>,
    is_told: bool,
}

/// Says hello as a provider of environments that can do everything.
pub(crate) fn hello(client: &str) -> Hello {
    use EnvironmentCapability as Can;
    let capabilities = [Can::Write, Can::Search, Can::Exec].map(Into::into).to_vec();
    let role = EnvironmentRole { capabilities, ..Default::default() };
    Hello {
        protocol_version: 1,
        client_name: "test".into(),
        client_id: client.into(),
        roles: vec![ExtensionRole { role: Some(role.into()), ..Default::default() }],
        call_credit: 100,
        ..Default::default()
    }
}

impl Provider {
    pub(crate) fn new(environment: impl Environment + 'static) -> Self {
        Self {
            environment: Arc::new(environment),
            held: Arc::default(),
            news: Arc::default(),
            token: Arc::default(),
            begun: Arc::default(),
        }
    }

    /// Serves one connection; what it says goes where it likes.
    pub(crate) fn serve(
        &self,
        hello: Hello,
        incoming: impl Stream<Item = AttachResponse> + Send + Unpin + 'static,
    ) -> (UnboundedReceiver<AttachRequest>, AbortHandle) {
        let (outgoing, said) = unbounded();
        let hello = Hello { resume_token: self.token.lock().unwrap().clone(), ..hello };
        say(&outgoing, hello);
        let provider = self.clone();
        let task = tokio::spawn(async move { provider.work(incoming, outgoing).await });
        (said, task.abort_handle())
    }

    async fn work(
        self,
        mut incoming: impl Stream<Item = AttachResponse> + Unpin,
        outgoing: UnboundedSender<AttachRequest>,
    ) {
        for held in self.held.lock().unwrap().values_mut() {
            (held.sent, held.is_told) = (held.taken, false);
        }
        let mut window = 0;
        loop {
            tokio::select! {
                message = incoming.next() => match message.and_then(|response| response.message) {
                    None => return,
                    Some(attach_response::Message::Welcome(welcome)) => {
                        window = self.welcomed(welcome);
                    }
                    Some(message) => self.hear(message, &outgoing),
                },
                () = self.news.notified() => {}
            }
            self.tell(window, &outgoing);
        }
    }

    fn welcomed(&self, welcome: Welcome) -> usize {
        *self.token.lock().unwrap() = welcome.resume_token;
        let mut held = self.held.lock().unwrap();
        let is_open = |id: &str| welcome.open_call_ids.iter().any(|open| open == id);
        held.retain(|id, held| {
            let goes_on = is_open(id);
            held.task.iter().filter(|_| !goes_on).for_each(AbortHandle::abort);
            goes_on
        });
        welcome.progress_window as usize
    }

    fn hear(&self, message: attach_response::Message, outgoing: &UnboundedSender<AttachRequest>) {
        use attach_response::Message;
        let mut all = self.held.lock().unwrap();
        match message {
            Message::Call(call) => match all.get_mut(&call.call_id) {
                Some(held) => {
                    held.taken = call.progress_received as usize;
                    (held.sent, held.is_told) = (held.taken, false);
                }
                None => {
                    let held = all.entry(call.call_id.clone()).or_default();
                    if call.only_if_held {
                        held.result = Some(failure(CallFailureKind::NotHeld));
                    } else {
                        self.begin(&call, held);
                    }
                }
            },
            Message::CallInput(piece) => {
                if let Some(held) = all.get_mut(&piece.call_id) {
                    self.give(piece, held, outgoing);
                }
            }
            Message::CallReceived(CallReceived { call_id, number, .. }) => {
                if let Some(held) = all.get_mut(&call_id) {
                    held.taken = held.taken.max(number as usize);
                }
            }
            Message::CallCancel(cancel) => {
                if let Some(held) = all.get_mut(&cancel.call_id) {
                    held.task.take().iter().for_each(AbortHandle::abort);
                    held.result.get_or_insert(failure(CallFailureKind::Cancelled));
                }
            }
            Message::CallsSettled(settled) => settled.call_ids.iter().for_each(|id| drop(all.remove(id))),
            _ => {}
        }
    }

    /// Begins what is asked. A write begins with its last piece.
    fn begin(&self, call: &Call, held: &mut Held) {
        let Some(call::Call::Environment(asked)) = &call.call else { panic!("not an operation: {call:?}") };
        let operation = asked.operation.clone().unwrap();
        self.begun.lock().unwrap().push(operation.clone());
        if let Operation::Write(write) = &operation {
            held.write = Some(path(&write.path));
            return;
        }
        let (provider, id) = (self.clone(), call.call_id.clone());
        self.spawn(&call.call_id, held, async move { provider.perform(&id, operation).await });
    }

    fn give(&self, piece: CallInput, held: &mut Held, outgoing: &UnboundedSender<AttachRequest>) {
        if piece.number == held.input_taken + 1 {
            held.input_taken += 1;
            held.input.extend_from_slice(&piece.data);
            if let Some(path) = held.write.take_if(|_| piece.is_last) {
                let (environment, content) = (Arc::clone(&self.environment), std::mem::take(&mut held.input));
                self.spawn(&piece.call_id, held, async move {
                    environment.write(&path, &content).await.map(|()| pb::OperationDone::default().into())
                });
            }
        }
        let number = held.input_taken;
        say(outgoing, CallReceived { call_id: piece.call_id, number, ..Default::default() });
    }

    fn spawn(
        &self,
        id: &str,
        held: &mut Held,
        work: impl Future<Output = Result<Answer, EnvironmentError>> + Send + 'static,
    ) {
        let (provider, id) = (self.clone(), id.to_owned());
        let task = tokio::spawn(async move {
            let answer = work.await.unwrap_or_else(|error| wire_error(&error).into());
            let result = EnvironmentResult { result: Some(answer), ..Default::default() };
            if let Some(held) = provider.held.lock().unwrap().get_mut(&id) {
                held.result.get_or_insert(result.into());
            }
            provider.news.notify_one();
        });
        held.task = Some(task.abort_handle());
    }

    /// Tells what there is to tell, as far as the window lets.
    fn tell(&self, window: usize, outgoing: &UnboundedSender<AttachRequest>) {
        for (id, held) in self.held.lock().unwrap().iter_mut() {
            while let Some(chunk) = held.progress.get(held.sent) {
                let taken = held.taken.min(held.sent);
                let under_way: usize =
                    held.progress[taken..=held.sent].iter().map(|chunk| chunk.data.len()).sum();
                if under_way > window {
                    break;
                }
                held.sent += 1;
                let progress = Some(call_progress::Progress::from(chunk.clone()));
                let number = held.sent as u64;
                say(outgoing, CallProgress { call_id: id.clone(), number, progress, ..Default::default() });
            }
            let is_told = held.is_told || held.sent < held.progress.len();
            if let Some(result) = held.result.clone().filter(|_| !is_told) {
                held.is_told = true;
                let result = Some(result);
                say(outgoing, CallResult { call_id: id.clone(), result, ..Default::default() });
            }
        }
    }

    fn output(&self, id: &str, data: &[u8]) {
        if let Some(held) = self.held.lock().unwrap().get_mut(id) {
            let chunks = data
                .chunks(PIECE)
                .map(|data| OutputChunk { data: data.to_vec().into(), ..Default::default() });
            held.progress.extend(chunks);
        }
        self.news.notify_one();
    }

    async fn perform(&self, id: &str, operation: Operation) -> Result<Answer, EnvironmentError> {
        let environment = &*self.environment;
        Ok(match operation {
            Operation::Open(_) => {
                let root = environment.root().display().to_string();
                pb::EnvironmentOpened {
                    root,
                    system: "linux".into(),
                    shell: "sh".into(),
                    ..Default::default()
                }
                .into()
            }
            Operation::Close(_) => pb::OperationDone::default().into(),
            Operation::Stat(stat) => {
                let found = environment.metadata(&path(&stat.path)).await?;
                let modified = found.modified.map(Into::into).into();
                pb::FileStatus {
                    kind: kind(found.kind).into(),
                    size: found.len,
                    modified,
                    ..Default::default()
                }
                .into()
            }
            Operation::Read(read) => {
                let content = environment.read(&path(&read.path), read.limit).await?;
                self.output(id, &content);
                pb::FileRead { size: content.len() as u64, ..Default::default() }.into()
            }
            Operation::List(list) => {
                let entries = environment.list(&path(&list.path)).await?;
                let total = entries.len() as u64;
                let entries = entries.into_iter().take(list.limit as usize).map(|entry| pb::FolderEntry {
                    name: entry.name,
                    kind: kind(entry.kind).into(),
                    ..Default::default()
                });
                pb::FolderListed { entries: entries.collect(), total, ..Default::default() }.into()
            }
            Operation::Glob(glob) => {
                let mut query = GlobQuery::new(glob.pattern);
                query.below = path(&glob.below);
                (query.hidden, query.limit) = (glob.include_hidden, glob.limit as usize);
                let found = environment.glob(&query).await?;
                let paths = found.paths.iter().map(WorkspacePath::to_string).collect();
                pb::GlobMatches { paths, total: found.total as u64, ..Default::default() }.into()
            }
            Operation::Grep(grep) => self.grep(grep).await?,
            Operation::Exec(exec) => {
                let mut command = CommandSpec::new(exec.script);
                command.directory = path(&exec.folder);
                let exit = environment.run(&command, &|data| self.output(id, data)).await?;
                let exit = match exit {
                    CommandExit::Signal(signal) => pb::command_exit::Exit::Signal(signal),
                    CommandExit::Code(code) => pb::command_exit::Exit::Code(code),
                    other => panic!("{other:?}"),
                };
                pb::CommandExit { exit: Some(exit), ..Default::default() }.into()
            }
            other => panic!("never sent: {other:?}"),
        })
    }

    async fn grep(&self, grep: pb::Grep) -> Result<Answer, EnvironmentError> {
        let mut query = GrepQuery::new(grep.pattern);
        query.below = path(&grep.below);
        query.files = Some(grep.files).filter(|files| !files.is_empty());
        query.case = if grep.ignore_case { CaseSensitivity::Insensitive } else { CaseSensitivity::Sensitive };
        (query.context, query.limit) = (grep.context as usize, grep.limit as usize);
        let found = self.environment.grep(&query).await?;
        let lines = found.lines.into_iter().map(|line| pb::GrepLine {
            path: line.path.to_string(),
            number: line.number,
            text: line.text,
            is_match: line.is_match,
            ..Default::default()
        });
        let (total, files, skipped) = (found.total as u64, found.files as u64, found.skipped as u64);
        Ok(pb::GrepMatches { lines: lines.collect(), total, files, skipped, ..Default::default() }.into())
    }
}

fn say(outgoing: &UnboundedSender<AttachRequest>, message: impl Into<attach_request::Message>) {
    // Where the connection is gone it is said again over the next one.
    let _ = outgoing.unbounded_send(AttachRequest { message: Some(message.into()), ..Default::default() });
}

fn path(text: &str) -> WorkspacePath {
    text.split('/').fold(WorkspacePath::root(), |path, name| path.join(name))
}

const fn kind(kind: FileKind) -> pb::FileKind {
    match kind {
        FileKind::File => pb::FileKind::File,
        FileKind::Directory => pb::FileKind::Folder,
        _ => pb::FileKind::Other,
    }
}

fn failure(kind: CallFailureKind) -> call_result::Result {
    CallFailure { kind: kind.into(), ..Default::default() }.into()
}

fn wire_error(error: &EnvironmentError) -> pb::EnvironmentError {
    use pb::EnvironmentErrorKind as Wire;
    let kind = match error.kind() {
        EnvironmentErrorKind::NotFound => Wire::NotFound,
        EnvironmentErrorKind::PermissionDenied => Wire::PermissionDenied,
        EnvironmentErrorKind::Outside => Wire::Outside,
        EnvironmentErrorKind::IsDirectory => Wire::IsFolder,
        EnvironmentErrorKind::NotAFile => Wire::NotAFile,
        EnvironmentErrorKind::TooLarge => Wire::TooLarge,
        EnvironmentErrorKind::InvalidPattern => Wire::InvalidPattern,
        EnvironmentErrorKind::Unsupported => Wire::Unsupported,
        _ => Wire::Io,
    };
    pb::EnvironmentError {
        kind: kind.into(),
        subject: error.subject().to_owned(),
        message: error.problem().to_owned(),
        ..Default::default()
    }
}
