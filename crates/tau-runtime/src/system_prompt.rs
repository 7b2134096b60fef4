//! What the model is told first: instructions, facts about where it works, memory and skills.

use std::fmt::Write as _;
use std::path::PathBuf;

use tau_memory::SystemContext;
use tau_skills::Catalogue;

/// The instructions of an agent that was given none of its own. Paid on every turn, so every sentence must earn
/// its place.
const INSTRUCTIONS: &str = include_str!("system_prompt.md");

/// Bytes of the list of skills, about 2,000 tokens.
const SKILLS_BUDGET: usize = 8_000;

/// What the model is told first, in an order that keeps what changes least in front.
///
/// The text is made once, when a session is created, and journaled with it: a resumed session sends the same
/// bytes, whatever has changed on disk since.
#[derive(Debug, Clone)]
#[must_use]
pub struct SystemPrompt {
    instructions: Option<String>,
    /// `None` where there are no files.
    working_dir: Option<PathBuf>,
    platform: String,
    memory: SystemContext,
    skills: Catalogue,
}

impl SystemPrompt {
    /// A prompt for work in a folder.
    pub fn new(working_dir: impl Into<PathBuf>) -> Self {
        Self { working_dir: Some(working_dir.into()), ..Self::without_files() }
    }

    /// A prompt for work without files and processes.
    pub fn without_files() -> Self {
        Self {
            instructions: None,
            working_dir: None,
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            memory: SystemContext::default(),
            skills: Catalogue::default(),
        }
    }

    /// With instructions in the place of the built-in ones.
    pub fn instructions(mut self, text: impl Into<String>) -> Self {
        self.instructions = Some(text.into());
        self
    }

    /// With another platform than that of this program, where the work is done elsewhere.
    pub fn platform(mut self, platform: impl Into<String>) -> Self {
        self.platform = platform.into();
        self
    }

    /// With what the project's and the user's files say.
    pub fn memory(mut self, memory: SystemContext) -> Self {
        self.memory = memory;
        self
    }

    /// With a list of skills, which the model reads when it needs them.
    pub fn skills(mut self, skills: Catalogue) -> Self {
        self.skills = skills;
        self
    }

    /// The text.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = self.instructions.as_deref().unwrap_or(INSTRUCTIONS).trim_end().to_owned();
        // Writing to a string cannot fail.
        if let Some(folder) = &self.working_dir {
            let (folder, platform) = (folder.display(), &self.platform);
            let _ = write!(
                text,
                "\n\n<environment>\nWorking folder: {folder}\nPlatform: {platform}\n</environment>"
            );
        }
        let memory = self.memory.render();
        if !memory.is_empty() {
            let _ = write!(
                text,
                "\n\nThe user and the project give these instructions. Where they differ, the later ones hold.\n\n{}",
                memory.trim_end()
            );
        }
        let skills = self.skills.render(SKILLS_BUDGET).text;
        if !skills.is_empty() {
            let _ = write!(
                text,
                "\n\nThese skills are available. When one fits the task, use it first with the tool `skill`, or \
                 read its file where there is no such tool, and follow it.\n\n{}",
                skills.trim_end()
            );
        }
        text
    }
}
