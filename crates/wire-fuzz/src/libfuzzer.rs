//! libFuzzer, driven from here: one target a process, scripts changed by [`wire_fuzz::mutate`].

use std::ffi::{c_char, c_int, CString};
use std::process::ExitCode;
use std::sync::OnceLock;

// Brings the library.
use libfuzzer_sys as _;
use wire_fuzz::mutate::{mutate, Random};
use wire_fuzz::targets::Target;

static TARGET: OnceLock<Target> = OnceLock::new();

type Callback = extern "C" fn(*const u8, usize) -> c_int;

extern "C" {
    fn LLVMFuzzerRunDriver(argc: *mut c_int, argv: *mut *mut *mut c_char, run: Callback) -> c_int;
    fn LLVMFuzzerMutate(data: *mut u8, size: usize, most: usize) -> usize;
}

/// Ends the process itself when it is done.
pub fn run(target: Target, flags: Vec<String>) -> ExitCode {
    let name = target.name.clone();
    if TARGET.set(target).is_err() {
        return ExitCode::FAILURE;
    }
    let say = std::panic::take_hook();
    // A panic is what libFuzzer takes for a crash, so that it writes down the input.
    std::panic::set_hook(Box::new(move |panic| {
        say(panic);
        std::process::abort();
    }));
    let words = std::iter::once(name).chain(flags).filter_map(|word| CString::new(word).ok());
    let mut argv: Vec<*mut c_char> = words.map(CString::into_raw).collect();
    let mut argc = argv.len() as c_int;
    argv.push(std::ptr::null_mut());
    let mut argv = argv.as_mut_ptr();
    // SAFETY: `argv` is a C argument vector of `argc` words and a null, which lives as long as the process.
    let code = unsafe { LLVMFuzzerRunDriver(&mut argc, &mut argv, one) };
    ExitCode::from(code as u8)
}

extern "C" fn one(data: *const u8, size: usize) -> c_int {
    // SAFETY: libFuzzer gives `size` bytes at `data`, which stay until this returns.
    let input = if size == 0 {
        &[]
    } else {
        unsafe { std::slice::from_raw_parts(data, size) }
    };
    if let Some(target) = TARGET.get() {
        target.play(input);
    }
    0
}

/// Called by libFuzzer, which looks for this name.
///
/// # Safety
/// `data` has room for `most` bytes, of which `size` are there.
#[no_mangle]
pub unsafe extern "C" fn LLVMFuzzerCustomMutator(data: *mut u8, size: usize, most: usize, seed: u32) -> usize {
    // SAFETY: as said above.
    let room = unsafe { std::slice::from_raw_parts_mut(data, most) };
    let input = &room[..size.min(most)];
    let new = if TARGET.get().is_some_and(Target::takes_scripts) {
        mutate(input, most, &mut Random::new(seed), changed)
    } else {
        changed(input, most)
    };
    let len = new.len().min(most);
    room[..len].copy_from_slice(&new[..len]);
    len
}

/// `bytes` as libFuzzer changes them.
fn changed(bytes: &[u8], most: usize) -> Vec<u8> {
    let mut new = bytes.to_vec();
    new.resize(most.max(1), 0);
    // SAFETY: `new` has room for as many bytes as it is long, of which those of `bytes` are there.
    let len = unsafe { LLVMFuzzerMutate(new.as_mut_ptr(), bytes.len().min(new.len()), new.len()) };
    new.truncate(len);
    new
}

/// Named by libFuzzer's own `main`, which is not the one of this program.
#[no_mangle]
#[allow(improper_ctypes_definitions)] // As `libfuzzer-sys` declares it.
pub extern "C" fn rust_fuzzer_test_input(_: &[u8]) -> i32 {
    0
}
