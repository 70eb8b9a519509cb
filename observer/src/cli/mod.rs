//! The command line: arguments in, an exit code out. One file for each command.
//!
//! Whatever the user gets wrong is answered with one sentence on standard error ([`failure`]).

mod audit;
mod captures;
mod failure;
mod group_flags;
mod logging;
mod metric_flags;
mod options;
mod output;
mod replay;
mod shell;
mod stderr;
mod value;

#[cfg(feature = "live")]
mod background;
#[cfg(feature = "live")]
mod cleanup;
#[cfg(feature = "live")]
mod listen;
#[cfg(feature = "live")]
mod live;
#[cfg(feature = "live")]
mod observe;
#[cfg(feature = "live")]
mod ports_file;
#[cfg(feature = "live")]
mod run;
#[cfg(feature = "live")]
mod top;

use std::process::ExitCode;

use clap::builder::Resettable;
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use tracing::level_filters::LevelFilter;

use failure::Failure;

/// Sees what an Apache Kafka's clients and brokers say to each other, without touching them.
#[derive(Parser)]
#[command(name = "kafka-observer", version, about, propagate_version = true)]
struct Cli {
    /// What to log on standard error: off, error, warn, info, debug or trace.
    #[arg(
        long,
        global = true,
        value_name = "LEVEL",
        env = "KAFKA_OBSERVER_LOG",
        default_value = "warn",
        value_parser = level
    )]
    log: LevelFilter,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Capture live traffic and serve metrics: the daemon.
    #[cfg(feature = "live")]
    Run(Box<run::Arguments>),
    /// Capture live traffic and print every exchange.
    #[cfg(feature = "live")]
    Observe(Box<observe::Arguments>),
    /// Capture live traffic and show a table per API, again and again.
    #[cfg(feature = "live")]
    Top(Box<top::Arguments>),
    /// Read captures (pcap, pcapng); needs no privileges.
    Replay(Box<replay::Arguments>),
    /// Find the clients that Kafka 4 will refuse, in captures or in live traffic (KIP-896).
    Audit(Box<audit::Arguments>),
    /// Remove what a killed observer left attached.
    #[cfg(feature = "live")]
    Cleanup,
    /// Print completions for a shell.
    Completions(shell::Completions),
    /// Print the manual page.
    Man,
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    failure::report_defects();
    let result = parse().and_then(|cli| {
        logging::start(cli.log);
        command(cli.command)
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// Reads arguments and environment.
fn parse() -> Result<Cli, Failure> {
    let matches = without_empty_variables(Cli::command()).try_get_matches();
    let matches = matches.map_err(|error| usage(&error))?;
    #[cfg_attr(not(feature = "live"), expect(unused_mut, reason = "only `run` chooses"))]
    let mut cli = Cli::from_arg_matches(&matches).map_err(|error| usage(&error))?;
    #[cfg(feature = "live")]
    if let (Command::Run(arguments), Some((_, given))) = (&mut cli.command, matches.subcommand()) {
        arguments.choose_ports(given)?;
    }
    Ok(cli)
}

/// An environment variable that is empty counts as not set, as people expect who write manifests.
fn without_empty_variables(command: clap::Command) -> clap::Command {
    let is_empty = |arg: &clap::Arg| {
        let value = arg.get_env().and_then(std::env::var_os);
        value.is_some_and(|value| value.is_empty())
    };
    command
        .mut_args(|arg| if is_empty(&arg) { arg.env(Resettable::Reset) } else { arg })
        .mut_subcommands(without_empty_variables)
}

fn level(text: &str) -> Result<LevelFilter, String> {
    const LEVELS: [LevelFilter; 6] = [
        LevelFilter::OFF,
        LevelFilter::ERROR,
        LevelFilter::WARN,
        LevelFilter::INFO,
        LevelFilter::DEBUG,
        LevelFilter::TRACE,
    ];
    let level = LEVELS.into_iter().find(|level| text.eq_ignore_ascii_case(&level.to_string()));
    level.ok_or_else(|| {
        format!("\"{text}\" is no level: write off, error, warn, info, debug or trace")
    })
}

fn command(command: Command) -> Result<(), Failure> {
    match command {
        #[cfg(feature = "live")]
        Command::Run(arguments) => run::run(&arguments),
        #[cfg(feature = "live")]
        Command::Observe(arguments) => observe::observe(&arguments),
        #[cfg(feature = "live")]
        Command::Top(arguments) => top::top(&arguments),
        Command::Replay(arguments) => replay::replay(&arguments),
        Command::Audit(arguments) => audit::audit(&arguments),
        #[cfg(feature = "live")]
        Command::Cleanup => cleanup::cleanup(),
        Command::Completions(arguments) => shell::completions(&arguments, &mut Cli::command()),
        Command::Man => shell::manual(Cli::command()),
    }
}

/// What clap found wrong, in one sentence. Help and version are no failure: they are printed here.
fn usage(error: &clap::Error) -> Failure {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            output::printed(error.print()).err().unwrap_or_else(Failure::quiet)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Failure::usage("a command is missing; `kafka-observer --help` lists them")
        }
        #[cfg(not(feature = "live"))]
        ErrorKind::InvalidSubcommand if live_command(error).is_some() => {
            let name = live_command(error).unwrap_or_default();
            Failure::not_possible(format!(
                "this build has no live capture, which `{name}` takes: build it with \
                 `cargo xtask build --release`, or read captures with `replay`"
            ))
        }
        _ => Failure::usage(one_sentence(&error.to_string())),
    }
}

/// The command that was given, if it is one of those that only builds with live capture have.
#[cfg(not(feature = "live"))]
fn live_command(error: &clap::Error) -> Option<&str> {
    use clap::error::{ContextKind, ContextValue};
    match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(name)) => {
            ["run", "observe", "top", "cleanup"].into_iter().find(|live| live == name)
        }
        _ => None,
    }
}

/// clap says what is wrong in the first paragraph, sometimes with a tip in the second.
fn one_sentence(text: &str) -> String {
    let text = text.strip_prefix("error: ").unwrap_or(text);
    let mut paragraphs = text.split("\n\n");
    let mut sentence = flat(paragraphs.next().unwrap_or_default());
    if let Some(tip) =
        paragraphs.next().and_then(|second| flat(second).strip_prefix("tip: ").map(str::to_owned))
    {
        sentence = format!("{sentence}; {tip}");
    }
    format!("{sentence} (see `kafka-observer --help`)")
}

fn flat(paragraph: &str) -> String {
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_contradict_nothing() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_clap_says_becomes_one_sentence() {
        assert_eq!(
            one_sentence(
                "error: unexpected argument '--port' found\n\n  tip: a similar argument exists: \
                 '--ports'\n\nUsage: kafka-observer replay\n"
            ),
            "unexpected argument '--port' found; a similar argument exists: '--ports' \
             (see `kafka-observer --help`)"
        );
    }
}
