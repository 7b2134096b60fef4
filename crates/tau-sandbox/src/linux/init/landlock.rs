//! Landlock: a second opinion of the kernel about files, which no mount can undo.

use landlock::{
    ABI, Access, AccessFs, BitFlags, LandlockStatus, PathBeneath, PathFd, RestrictionStatus, Ruleset,
    RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, Scope,
};

use crate::Step;
use crate::policy::{Isolation, Policy};
use crate::system::wire::Failure;

/// The newest version whose rights are asked for; older kernels get what they know.
const VERSION: ABI = ABI::V7;
/// What may be written inside, besides workspaces. The mounts below `/dev` say what is there.
const WRITABLE: [&str; 2] = ["/tmp", "/dev"];
/// What a command needs when it sees the file system of the host.
const DEVICES: [&str; 5] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/// What landlock does in this sandbox.
#[derive(Clone, Copy, Debug)]
pub(super) struct InForce {
    pub(super) version: u32,
    pub(super) scopes: bool,
}

/// Restricts this process and everything it will start.
pub(super) fn restrict(policy: &Policy) -> Result<InForce, Failure> {
    let failed = || Failure::new(Step::Landlock, std::io::ErrorKind::InvalidInput);
    let status = rules(policy).map_err(|_| failed())?;
    let version = match status.landlock {
        LandlockStatus::Available { effective_abi, .. } => effective_abi as u32,
        _ => 0,
    };
    let in_force = InForce { version, scopes: version >= ABI::V6 as u32 };
    // Alone, it has to be whole: without the scopes signals reach processes of the host.
    if policy.isolation == Isolation::LandlockOnly && !in_force.scopes {
        return Err(Failure::new(Step::Landlock, rustix::io::Errno::OPNOTSUPP));
    }
    Ok(in_force)
}

fn rules(policy: &Policy) -> Result<RestrictionStatus, RulesetError> {
    let all = AccessFs::from_all(VERSION);
    let read = AccessFs::from_read(VERSION);
    let mut ruleset = Ruleset::default().handle_access(all)?.scope(Scope::from_all(VERSION))?.create()?;
    match policy.isolation {
        // The root holds nothing but what is visible.
        Isolation::Namespaces | Isolation::Bubblewrap => {
            ruleset = beneath(ruleset, "/", read)?;
            for path in WRITABLE {
                ruleset = beneath(ruleset, path, all)?;
            }
        }
        Isolation::LandlockOnly => {
            for path in &policy.visible {
                ruleset = beneath(ruleset, path, read)?;
            }
            for path in DEVICES {
                ruleset = beneath(ruleset, path, all)?;
            }
        }
    }
    for path in &policy.workspaces {
        ruleset = beneath(ruleset, path, all)?;
    }
    ruleset.restrict_self()
}

/// Adds a rule for what is there.
fn beneath(
    ruleset: RulesetCreated,
    path: impl AsRef<std::path::Path>,
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, RulesetError> {
    let is_folder = path.as_ref().is_dir();
    match PathFd::new(path) {
        Ok(path) => {
            let access = if is_folder { access } else { access & AccessFs::from_file(VERSION) };
            ruleset.add_rule(PathBeneath::new(path, access))
        }
        Err(_) => Ok(ruleset),
    }
}
