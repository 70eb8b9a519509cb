//! Environments of Python packages: a folder and pinned packages in, an environment that holds them
//! out.

use std::path::Path;

use anyhow::{Context, Result};

use super::{Machine, apt};

/// Whether what lies in the folder is an environment that was made there. Its programs name their
/// Python by its path: of one that was copied, or moved, they run elsewhere, if at all.
pub(super) fn is_at_home(machine: &Machine, folder: &Path) -> bool {
    // The environment's Python is a link to this one.
    let is_possible = machine.has("python3");
    let pip = folder.join("bin/pip");
    // It says where it is from.
    let said = pip.to_str().and_then(|pip| machine.first_line(pip, &["--version"]));
    let home = folder.join("lib");
    is_possible && said.zip(home.to_str()).is_some_and(|(said, home)| said.contains(home))
}

/// Makes the environment anew and installs into it; `packages` are pip's arguments.
pub(super) fn make(machine: &Machine, folder: &Path, packages: &[&str]) -> Result<()> {
    if machine.first_line("python3", &["-m", "ensurepip", "--version"]).is_none() {
        apt::install(machine, &["python3-venv"])?;
    }
    let folder = folder.to_str().context("the build folder's name is no UTF-8")?;
    machine.run("python3", &["-m", "venv", "--clear", folder])?;
    let pip = format!("{folder}/bin/pip");
    machine.run(&pip, &[&["install", "--quiet"], packages].concat())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::machine::fake_program;
    use super::*;

    #[test]
    fn an_environment_that_was_made_elsewhere_does_not_count() {
        let folder = tempfile::tempdir().expect("a folder");
        let bin = folder.path().join("bin");
        fs::create_dir(&bin).expect("a folder");
        fake_program(folder.path(), "python3", "exit 1");
        let machine = Machine::with_path(folder.path());
        let here = folder.path().display();
        for (script, counts) in [
            (format!("echo pip 25.1 from {here}/lib/python3.11/site-packages/pip"), true),
            ("echo pip 25.1 from /elsewhere/lib/python3.11/site-packages/pip".to_owned(), false),
            (format!("echo pip 25.1 from {here}/lib/python3.11/site-packages/pip; exit 1"), false),
        ] {
            fake_program(&bin, "pip", &script);
            assert_eq!(is_at_home(&machine, folder.path()), counts, "{script}");
        }
        fs::write(bin.join("pip"), "#!/nowhere/bin/python\n").expect("written");
        assert!(!is_at_home(&machine, folder.path()), "its Python is gone");
        fs::remove_file(bin.join("pip")).expect("removed");
        assert!(!is_at_home(&machine, folder.path()), "there is none");
    }
}
