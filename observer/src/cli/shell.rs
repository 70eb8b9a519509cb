//! `completions` and `man`: what a package installs beside the binary.

use std::io::{self, Write};
use std::sync::Arc;

use clap_complete::Shell;

use super::failure::Failure;
use super::output::Output;

/// Arguments of `completions`.
#[derive(clap::Args)]
pub struct Completions {
    /// The shell.
    shell: Shell,
}

/// Prints completions.
pub fn completions(arguments: &Completions, command: &mut clap::Command) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, command, "kafka-observer", &mut text);
    print(&text)
}

/// Prints the manual page.
pub fn manual(command: clap::Command) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut text)
        .map_err(|error: io::Error| Failure::finding(error))?;
    print(&text)
}

fn print(text: &[u8]) -> Result<(), Failure> {
    let mut output = Output::new(Arc::default());
    output.write(|out| out.write_all(text));
    output.finish()
}
