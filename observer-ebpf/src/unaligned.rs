//! Bytes at any address. The compiler moves those that may not be aligned one by one; x86_64 and
//! aarch64, whose kernels we load into, need not.

use core::arch::asm;

/// The bytes here.
///
/// # Safety
/// They are valid for reads, and the verifier can see that.
#[inline(always)]
pub unsafe fn read<const N: usize>(from: *const u8) -> [u8; N] {
    let mut bytes = [0; N];
    // SAFETY: the caller's.
    unsafe {
        match N {
            2 => bytes.copy_from_slice(&read_u16(from).to_ne_bytes()),
            4 => bytes.copy_from_slice(&read_u32(from).to_ne_bytes()),
            8 => bytes.copy_from_slice(&read_u64(from).to_ne_bytes()),
            16 => {
                let (first, second) = bytes.split_at_mut(8);
                first.copy_from_slice(&read_u64(from).to_ne_bytes());
                second.copy_from_slice(&read_u64(from.add(8)).to_ne_bytes());
            }
            _ => bytes = from.cast::<[u8; N]>().read(),
        }
    }
    bytes
}

/// Puts the bytes here.
///
/// # Safety
/// What is here is valid for writes, and the verifier can see that.
#[inline(always)]
pub unsafe fn write<const N: usize>(to: *mut u8, bytes: [u8; N]) {
    // SAFETY: the caller's.
    unsafe {
        match *bytes.as_slice() {
            [a, b] => write_u16(to, u16::from_ne_bytes([a, b])),
            [a, b, c, d, e, f, g, h] => write_u64(to, u64::from_ne_bytes([a, b, c, d, e, f, g, h])),
            [a, b, c, d, e, f] => {
                write_u16(to, u16::from_ne_bytes([a, b]));
                write_u32(to.add(2), u32::from_ne_bytes([c, d, e, f]));
            }
            _ => to.cast::<[u8; N]>().write(bytes),
        }
    }
}

macro_rules! reads {
    ($($name:ident $type:ty, $load:literal;)*) => {$(
        #[inline(always)]
        unsafe fn $name(from: *const u8) -> $type {
            let number: u64;
            // SAFETY: the caller's.
            unsafe { asm!($load, lateout(reg) number, in(reg) from, options(readonly, nostack)) };
            number as $type
        }
    )*};
}

reads! {
    read_u16 u16, "{0} = *(u16 *)({1} + 0)";
    read_u32 u32, "{0} = *(u32 *)({1} + 0)";
    read_u64 u64, "{0} = *(u64 *)({1} + 0)";
}

macro_rules! writes {
    ($($name:ident $type:ty, $store:literal;)*) => {$(
        #[inline(always)]
        unsafe fn $name(to: *mut u8, number: $type) {
            // SAFETY: the caller's.
            unsafe { asm!($store, in(reg) to, in(reg) u64::from(number), options(nostack)) };
        }
    )*};
}

writes! {
    write_u16 u16, "*(u16 *)({0} + 0) = {1}";
    write_u32 u32, "*(u32 *)({0} + 0) = {1}";
    write_u64 u64, "*(u64 *)({0} + 0) = {1}";
}
