//! Everything given up that root, or the maker of a namespace, has.

use std::io;

use rustix::io::Errno;
use rustix::thread::{CapabilitiesSecureBits, CapabilitySet, CapabilitySets};

use crate::policy::Isolation;

/// Gives up all capabilities, and every way of getting them back by running a program.
pub(super) fn drop_all(isolation: Isolation) -> io::Result<()> {
    let may_bound = rustix::thread::capabilities(None)?.effective.contains(CapabilitySet::SETPCAP);
    if may_bound {
        for number in 0..64 {
            let one = CapabilitySet::from_bits_retain(1 << number);
            match rustix::thread::remove_capability_from_bounding_set(one) {
                // The kernel has no more.
                Err(Errno::INVAL) => break,
                result => result?,
            }
        }
        let bits = CapabilitiesSecureBits::NO_ROOT
            | CapabilitiesSecureBits::NO_ROOT_LOCKED
            | CapabilitiesSecureBits::NO_SETUID_FIXUP
            | CapabilitiesSecureBits::NO_SETUID_FIXUP_LOCKED
            | CapabilitiesSecureBits::KEEP_CAPS_LOCKED
            | CapabilitiesSecureBits::NO_CAP_AMBIENT_RAISE
            | CapabilitiesSecureBits::NO_CAP_AMBIENT_RAISE_LOCKED;
        rustix::thread::set_capabilities_secure_bits(bits)?;
    } else if isolation == Isolation::Namespaces {
        // The maker of a user namespace has every capability in it.
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    rustix::thread::clear_ambient_capability_set()?;
    rustix::thread::set_no_new_privs(true)?;
    let none = CapabilitySet::empty();
    let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
    Ok(rustix::thread::set_capabilities(None, sets)?)
}
