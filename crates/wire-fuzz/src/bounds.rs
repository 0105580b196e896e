//! What one execution may take: memory and time. Both are counted for this thread alone, so that tests may run beside each other.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// Bytes that one script may make the core hold at the most, whatever it says: what parsers may wait with on both sides
/// ([`wire::limits::PENDING`]), copied once each, the fixed tables of a pipeline, and rows that wait.
const MEMORY: i64 = 24 << 20;
/// And so much for each byte of it: rows repeat the ends of a connection and their identities, in some thirty columns.
const MEMORY_A_BYTE: i64 = 256;

/// Nanoseconds of processor time that one script may take at the most, and so much more for each byte: some hundred times what is usual,
/// with every check of the compiler on. Quadratic time in inputs of [`crate::LONGEST`] bytes is beyond it.
const TIME: i64 = 50_000_000;
const TIME_A_BYTE: i64 = 10_000;

/// The allocator of the system, counting.
struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

thread_local! {
    static LIVE: Cell<i64> = const { Cell::new(0) };
    static PEAK: Cell<i64> = const { Cell::new(0) };
}

fn count(change: i64) {
    // A thread that ends has no counter any more.
    let _ = LIVE.try_with(|live| {
        live.set(live.get() + change);
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(live.get())));
    });
}

// SAFETY: every call is handed on to the allocator of the system as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as i64 - layout.size() as i64);
        unsafe { System.realloc(old, layout, size) }
    }

    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        count(-(layout.size() as i64));
        unsafe { System.dealloc(old, layout) }
    }
}

/// Processor time of this thread, nanoseconds.
pub fn cpu() -> i64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a timespec that lives longer than the call.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// Runs `play` on `len` bytes; panics if it holds more than `memory` and what the bytes themselves are worth.
pub fn holds(len: usize, memory: i64, play: impl FnOnce()) {
    let before = LIVE.get();
    PEAK.set(before);
    play();
    let held = PEAK.get() - before;
    let len = i64::try_from(len).unwrap_or(i64::MAX);
    assert!(held <= memory + len * MEMORY_A_BYTE, "{len} bytes made it hold {held}");
}

/// The same; panics too if it takes too long three times: once may be the machine.
pub fn within(len: usize, play: impl Fn()) {
    let most = TIME + i64::try_from(len).unwrap_or(i64::MAX) * TIME_A_BYTE;
    let took = || {
        let began = cpu();
        holds(len, MEMORY, &play);
        cpu() - began
    };
    let mut tries = (0..3).map(|_| took());
    assert!(
        tries.any(|took| took <= most),
        "{len} bytes took longer than {} ms",
        most / 1_000_000
    );
}

#[cfg(test)]
mod tests {
    use super::{cpu, holds, within};

    #[test]
    #[should_panic(expected = "made it hold")]
    fn too_much_memory_is_seen() {
        holds(1, 1 << 20, || drop(std::hint::black_box(vec![1u8; 2 << 20])));
    }

    #[test]
    #[should_panic(expected = "took longer")]
    fn too_much_time_is_seen() {
        within(1, || {
            let end = cpu() + 100_000_000;
            while cpu() < end {}
        });
    }
}
