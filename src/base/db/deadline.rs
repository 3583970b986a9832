//! A deadline for SQLite statements. Diesel shows no raw handle, so each new connection gets a
//! progress handler that looks at the deadline of the thread it runs on.
#![expect(unsafe_code, reason = "SQLite's C interface has no safe way to this")]

use libsqlite3_sys as ffi;
use std::{
    cell::Cell,
    ffi::{c_char, c_int, c_void},
    ptr,
    sync::Once,
    time::{Duration, Instant},
};

thread_local! { static UNTIL: Cell<Option<Instant>> = const { Cell::new(None) }; }

/// Must run before the first connection is opened.
pub(super) fn install() {
    static ONCE: Once = Once::new();
    // SAFETY: `on_open` has the type and the calling convention that SQLite documents for it.
    ONCE.call_once(|| unsafe {
        ffi::sqlite3_auto_extension(Some(on_open));
    });
}

/// Runs `f`; a statement that is still busy after `limit` ends with the error "interrupted".
#[expect(clippy::disallowed_methods, reason = "a monotonic time that is compared and never shown")]
pub(super) fn within<T>(limit: Duration, f: impl FnOnce() -> T) -> T {
    // Blocking threads are used again: the deadline must go however `f` ends.
    struct Reset;
    impl Drop for Reset {
        fn drop(&mut self) {
            UNTIL.set(None);
        }
    }
    UNTIL.set(Some(Instant::now() + limit));
    let _reset = Reset;
    f()
}

unsafe extern "C" fn on_open(db: *mut ffi::sqlite3, _: *mut *mut c_char, _: *const ffi::sqlite3_api_routines) -> c_int {
    // SAFETY: SQLite hands over the connection it is opening; the handler needs no data of its own.
    unsafe { ffi::sqlite3_progress_handler(db, 1000, Some(late), ptr::null_mut()) };
    ffi::SQLITE_OK
}

#[expect(clippy::disallowed_methods, reason = "a monotonic time that is compared and never shown")]
extern "C" fn late(_: *mut c_void) -> c_int {
    UNTIL.get().is_some_and(|until| Instant::now() > until).into()
}
