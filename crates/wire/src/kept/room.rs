//! How much room the disk has (statvfs(3)).

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Bytes that may still be written where `folder` stands.
pub fn free(folder: &Path) -> io::Result<u64> {
    let name = CString::new(folder.as_os_str().as_bytes()).map_err(|_| io::ErrorKind::InvalidInput)?;
    // SAFETY: any bytes are a statvfs; the kernel writes one; the name lives through the call.
    let told = unsafe {
        let mut told: libc::statvfs = std::mem::zeroed();
        if libc::statvfs(name.as_ptr(), &raw mut told) != 0 {
            return Err(io::Error::last_os_error());
        }
        told
    };
    Ok(told.f_bavail.saturating_mul(told.f_frsize))
}
