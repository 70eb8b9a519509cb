//! The root of the cgroup v2 hierarchy, wherever it is mounted.

use std::path::PathBuf;

/// Where the cgroup v2 hierarchy is mounted, if it is.
pub(super) fn root() -> Option<PathBuf> {
    mount_point(&std::fs::read_to_string("/proc/self/mounts").ok()?)
}

/// The first cgroup2 mount of a mount table (proc_pid_mounts(5)).
fn mount_point(mounts: &str) -> Option<PathBuf> {
    mounts.lines().find_map(|line| {
        let mut fields = line.split(' ');
        let (path, kind) = (fields.nth(1)?, fields.next()?);
        (kind == "cgroup2").then(|| PathBuf::from(unescape(path)))
    })
}

/// Blanks and the like stand as three octal digits behind a backslash.
fn unescape(path: &str) -> String {
    let mut parts = path.split('\\');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        if let Some(code) = code {
            plain.push(char::from(code));
            plain.push_str(part.get(3..).unwrap_or_default());
        } else {
            plain.push('\\');
            plain.push_str(part);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unified_hierarchy_is_found_wherever_it_is_mounted() {
        let mounts = "proc /proc proc rw 0 0\n\
                      cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n\
                      cgroup2 /sys/fs/my\\040unified cgroup2 rw,nosuid 0 0\n";
        assert_eq!(mount_point(mounts), Some(PathBuf::from("/sys/fs/my unified")));
    }

    #[test]
    fn without_one_there_is_none() {
        assert_eq!(mount_point("proc /proc proc rw 0 0\n\nodd\n"), None);
    }
}
