//! Programs that run to their end: a command in, what it printed out.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// Runs a command; fails with what it said unless it ended well.
pub(super) fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("cannot run {name}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name} failed: {}", said.trim());
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_printed_or_why_it_failed() {
        let shell = |script| output(Command::new("sh").args(["-c", script]));
        assert_eq!(shell("echo fine; echo really >&2").expect("ran"), "fine\n");
        let error = shell("echo no such thing >&2; exit 1").expect_err("fails");
        assert_eq!(error.to_string(), "sh failed: no such thing");
    }
}
