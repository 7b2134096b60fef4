//! The system calls that are unsafe to make, each behind a function that is not. Nothing else in the crate is unsafe.
#![expect(unsafe_code, reason = "fork and clone, and calls that rustix lacks")]

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

use rustix::process::Pid;
use rustix::thread::UnshareFlags;

/// Makes namespaces for this process, which has one thread.
pub(super) fn unshare(flags: UnshareFlags) -> io::Result<()> {
    assert!(!flags.contains(UnshareFlags::FILES));
    // SAFETY: unsafe only when the table of descriptors is unshared, and it is not.
    unsafe { rustix::thread::unshare_unsafe(flags) }.map_err(Into::into)
}

/// Which side of a fork this is.
pub(super) enum Fork {
    Parent(Pid),
    Child,
}

/// Forks this process, which has one thread.
pub(super) fn fork() -> io::Result<Fork> {
    // SAFETY: the helper has one thread (`enter_if_helper` is called before any other is made), so that no lock can be
    // held by a thread that the child lacks.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(Fork::Child),
        pid => Pid::from_raw(pid).map(Fork::Parent).ok_or_else(|| io::ErrorKind::InvalidData.into()),
    }
}

/// Leaves all supplementary groups. Only root may.
pub(super) fn leave_groups() -> io::Result<()> {
    // SAFETY: a length of zero reads nothing.
    check(unsafe { libc::setgroups(0, ptr::null()) }).map(drop)
}

/// Sets attributes of a mount and of all mounts below it (`MOUNT_ATTR_*`).
pub(super) fn set_mount_attributes(tree: BorrowedFd<'_>, set: u64, deep: Deep) -> io::Result<()> {
    let attributes = libc::mount_attr { attr_set: set, attr_clr: 0, propagation: 0, userns_fd: 0 };
    let flags = libc::AT_EMPTY_PATH | if matches!(deep, Deep::Yes) { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: the path is an empty C string, and the structure lives through the call and has the size that is said.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            c"".as_ptr(),
            flags,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    };
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Whether mounts below are meant too.
#[derive(Clone, Copy)]
pub(super) enum Deep {
    Yes,
    No,
}

/// Brings the loopback device of the network namespace up.
pub(super) fn bring_up_loopback() -> io::Result<()> {
    let socket = rustix::net::socket(rustix::net::AddressFamily::INET, rustix::net::SocketType::DGRAM, None)?;
    // SAFETY: all bytes zero is a valid `ifreq`: an empty name and a union of integers.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = libc::c_char::from_ne_bytes([*from]);
    }
    request.ifr_ifru.ifru_flags = libc::IFF_UP as libc::c_short;
    // SAFETY: the request lives through the call, which reads an `ifreq`.
    check(unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) }).map(drop)
}

/// Closes every descriptor above the standard streams.
pub(super) fn close_inherited() -> io::Result<()> {
    // SAFETY: the helper does this first, before it owns a descriptor of such a number.
    let result = unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// A descriptor that can be read when a child changed its state. The signal no longer interrupts.
pub(super) fn child_signals() -> io::Result<OwnedFd> {
    // SAFETY: the set is initialised by `sigemptyset` before it is read; the descriptor is new and ours.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGCHLD);
        check(libc::sigprocmask(libc::SIG_BLOCK, &raw const set, ptr::null_mut()))?;
        let fd = check(libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK))?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// Signals do what they do without a handler: an init gets only signals that it handles, so nobody inside reaches it.
pub(super) fn forget_handlers() {
    for signal in 1..=64 {
        // SAFETY: the default action needs no handler; numbers that cannot be set are refused.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

/// A program to run, prepared so that nothing has to be allocated between clone and exec.
pub(super) struct Program<'a> {
    /// Tried in order, as a shell does with `PATH`.
    pub(super) files: &'a [CString],
    pub(super) arguments: &'a [&'a CStr],
    pub(super) environment: &'a [&'a CStr],
    pub(super) directory: &'a CStr,
    pub(super) streams: [BorrowedFd<'a>; 3],
    /// Resource and limit, hard and soft.
    pub(super) limits: &'a [(u32, u64)],
}

struct Start {
    files: Vec<*const libc::c_char>,
    arguments: Vec<*const libc::c_char>,
    environment: Vec<*const libc::c_char>,
    directory: *const libc::c_char,
    streams: [RawFd; 3],
    limits: Vec<(u32, libc::rlimit)>,
    error: libc::c_int,
}

/// Starts a program as a child that adopts its own orphans, in a session of its own.
///
/// The child shares this process's memory until it runs the program (as `posix_spawn` does it), so that nothing is
/// copied and its error is simply found here.
pub(super) fn spawn(program: &Program<'_>) -> io::Result<Pid> {
    const STACK: usize = 64 << 10;
    let pointers = |strings: &[&CStr]| -> Vec<*const libc::c_char> {
        strings.iter().map(|string| string.as_ptr()).chain([ptr::null()]).collect()
    };
    let limit =
        |&(resource, value): &(u32, u64)| (resource, libc::rlimit { rlim_cur: value, rlim_max: value });
    let mut start = Start {
        files: program.files.iter().map(|file| file.as_ptr()).collect(),
        arguments: pointers(program.arguments),
        environment: pointers(program.environment),
        directory: program.directory.as_ptr(),
        streams: program.streams.map(|stream| stream.as_raw_fd()),
        limits: program.limits.iter().map(limit).collect(),
        error: 0,
    };
    let mut stack = vec![0_u128; STACK / size_of::<u128>()];
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    // SAFETY: the child runs `child` on a stack of its own, aligned to 16 bytes, and this process sleeps until the child
    // has run a program or exited (CLONE_VFORK), so `start` and the stack outlive its use of them. It calls nothing but
    // system calls, on memory that was prepared above.
    let pid = check(unsafe {
        let top = stack.as_mut_ptr().add(stack.len());
        libc::clone(child, top.cast(), flags, (&raw mut start).cast())
    })?;
    let pid = Pid::from_raw(pid).ok_or(io::ErrorKind::InvalidData)?;
    // The child wrote it where the compiler does not look.
    // SAFETY: a plain read of an initialised integer of ours.
    match unsafe { ptr::read_volatile(&raw const start.error) } {
        0 => Ok(pid),
        error => {
            rustix::io::retry_on_intr(|| {
                rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::empty())
            })?;
            Err(io::Error::from_raw_os_error(error))
        }
    }
}

/// What the child does before it is the program. Returns only when it failed.
extern "C" fn child(start: *mut libc::c_void) -> libc::c_int {
    // SAFETY: the pointer is the `Start` of `spawn`, which sleeps meanwhile; nobody else has it.
    let start = unsafe { &mut *start.cast::<Start>() };
    // SAFETY: system calls on memory that `spawn` prepared: null-terminated arrays of C strings.
    unsafe {
        if !prepare(start) {
            start.error = errno();
            return 127;
        }
        let mut error = libc::ENOENT;
        for file in &start.files {
            libc::execve(*file, start.arguments.as_ptr(), start.environment.as_ptr());
            match errno() {
                libc::ENOENT | libc::ENOTDIR => {}
                libc::EACCES => error = libc::EACCES,
                other => {
                    error = other;
                    break;
                }
            }
        }
        start.error = error;
    }
    127
}

/// # Safety
/// Only in the child of [`spawn`].
unsafe fn prepare(start: &Start) -> bool {
    // SAFETY: system calls on integers and on memory that `spawn` prepared. Streams were received above the numbers
    // they are moved to, so none is overwritten before it is moved.
    unsafe {
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, ptr::null_mut());
        let streams = start.streams.iter().zip(0..).all(|(from, to)| libc::dup2(*from, to) == to);
        streams
            && libc::setsid() != -1
            // Orphans come to the command and not to the init while it lives.
            && libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1) == 0
            && libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) == 0
            && libc::chdir(start.directory) == 0
            && start.limits.iter().all(|(resource, limit)| libc::setrlimit(*resource, limit) == 0)
    }
}

fn errno() -> libc::c_int {
    io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO)
}

fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// A copy of standard input above the numbers of the standard streams.
pub(super) fn own_standard_input() -> io::Result<OwnedFd> {
    Ok(rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin().as_fd(), 3)?)
}
