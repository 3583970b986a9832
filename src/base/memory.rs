//! How little memory the program holds when it has nothing to do.
//!
//! An allocator keeps what was freed, for the next time. glibc's keeps much: a password's hash takes
//! 19 MiB for a moment, and after four sign-ins an idle server held 151 MB. Other allocators are left
//! alone.

/// Has large blocks go back as soon as they are freed; the first thing that the program does.
pub fn keep_little() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // glibc raises this limit to the largest block that was ever freed, unless it is set.
        glibc::set(libc::M_MMAP_THRESHOLD, 1 << 20);
        // Each thread would come to a heap of its own, and each heap keeps what was freed in it.
        glibc::set(libc::M_ARENA_MAX, 2);
    }
}

/// Has everything go back that is free now; for quiet moments, as it takes about a millisecond.
pub(crate) fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    glibc::trim();
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "the C library has no safe way to its switches")]
mod glibc {
    pub(super) fn set(switch: libc::c_int, value: libc::c_int) {
        // SAFETY: it takes two numbers and refuses what it does not know.
        unsafe { libc::mallopt(switch, value) };
    }

    pub(super) fn trim() {
        // SAFETY: it gives back only what is free, and any thread may ask for it.
        unsafe { libc::malloc_trim(0) };
    }
}
