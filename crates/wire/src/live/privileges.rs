//! Whoever reads what strangers send needs no power: once the rings are open, the sensor gives all of it up (capabilities(7), prctl(2)). And
//! what it holds in memory must not come to rest on a disk because it crashed.

use std::io;

/// `_LINUX_CAPABILITY_VERSION_3` (linux/capability.h): two words of each set.
const VERSION: u32 = 0x2008_0522;
/// Capabilities that a kernel may know; those it does not know are refused, which does no harm.
const CAPABILITIES: libc::c_int = 63;

#[repr(C)]
struct Header {
    version: u32,
    pid: libc::c_int,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Sets {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// Gives up every capability of this thread and of those that it starts, for ever; and if it is root's, becomes `owner` (user and group). From
/// then on no core of the process is dumped.
pub fn drop_all(owner: Option<(u32, u32)>) -> io::Result<()> {
    // SAFETY: plain system calls; they read nothing but the values given here.
    unsafe {
        done(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))?;
        // Only with CAP_SETPCAP; without it there is nothing that could come back.
        for capability in 0..=CAPABILITIES {
            libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0);
        }
        libc::prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        if let Some((user, group)) = owner.filter(|_| libc::geteuid() == 0) {
            done(libc::setgroups(0, std::ptr::null()))?;
            done(libc::setgid(group))?;
            done(libc::setuid(user))?;
        }
        let (header, none) = (Header { version: VERSION, pid: 0 }, [Sets::default(); 2]);
        done(libc::syscall(libc::SYS_capset, &header, none.as_ptr()) as libc::c_int)?;
        // Last, because a change of user sets it anew.
        done(libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0))
    }
}

fn done(result: libc::c_int) -> io::Result<()> {
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
