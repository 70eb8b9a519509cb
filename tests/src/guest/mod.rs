//! What an emulated machine does for `cargo xtask vm-test`: a kernel that has just booted in, the
//! outcome of each check on its console out.

mod attached;
mod boot;
mod facts;
mod killed;
pub mod observes;
mod starts;

use std::any::Any;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use xtask::vm_test::console::{CAPTURES, Check, Saying};

use crate::resent::Recorded;

/// The port of the brokers in the captures.
const RECORDED_PORT: u16 = 31_092;
/// An emulated processor is slow.
const PATIENCE: Duration = Duration::from_mins(1);

/// Makes every check, says what came of it, and turns the machine off.
pub fn run() {
    if let Err(error) = boot::prepare() {
        say(&Saying::Note(format!("the machine is not ready: {error:#}")));
    } else {
        // Without the first there is nothing to try.
        if check(Check::Starts, starts::check) {
            check(Check::Observes, || observes::check(&captures()?));
            check(Check::Killed, || killed::check(&captures()?));
            check(Check::CleanedUp, killed::check_cleaned_up);
        }
        say(&Saying::End);
    }
    boot::turn_off();
}

/// Makes a check and says what came of it; whether it is good.
fn check(check: Check, work: fn() -> Result<String>) -> bool {
    let outcome = thread::spawn(work).join();
    let outcome = outcome.unwrap_or_else(|panic| Err(anyhow!("{}", message(&*panic))));
    let is_good = outcome.is_ok();
    say(&Saying::Outcome(check, outcome.map_err(|error| format!("{error:#}"))));
    is_good
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked")
}

fn say(saying: &Saying) {
    println!("{saying}");
}

/// The captures' files, in an order.
fn captures() -> Result<Vec<String>> {
    let entries = fs::read_dir(Path::new("/").join(CAPTURES))?;
    let path = |entry: std::io::Result<fs::DirEntry>| Ok(entry?.path().display().to_string());
    let mut captures = entries.map(path).collect::<Result<Vec<_>>>()?;
    captures.sort_unstable();
    Ok(captures)
}

fn recorded(captures: &[String]) -> Result<Vec<Recorded>> {
    let ports = [RECORDED_PORT..=RECORDED_PORT].into_iter().collect();
    captures.iter().map(|path| Recorded::read(fs::File::open(path)?, &ports)).collect()
}

fn await_until(what: &str, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !is_so()? {
        if Instant::now() > deadline {
            bail!("not within {PATIENCE:?}: {what}");
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
