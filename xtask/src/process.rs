//! Child processes that cannot outlive this one: a command in, a guarded process out.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use rustix::process::set_parent_process_death_signal as set_death_signal;
use rustix::process::{Pid, Signal, getpid, getppid, kill_process};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// How often a condition that cannot be waited for is looked at.
const POLL: Duration = Duration::from_millis(20);

/// A child process that is killed when this value is dropped, and by the kernel when this process
/// dies in any way.
#[derive(Debug)]
pub struct Guarded {
    child: Child,
    name: String,
}

impl Guarded {
    /// Starts `command` in a process group of its own, so that a terminal's Ctrl-C reaches only us.
    pub fn spawn(name: &str, mut command: Command) -> Result<Self> {
        command.process_group(0);
        Self::spawn_on_terminal(name, command)
    }

    /// Starts `command` in our own process group: it may use the terminal, and gets its Ctrl-C.
    pub fn spawn_on_terminal(name: &str, command: Command) -> Result<Self> {
        let child = spawn_guarded(command).with_context(|| format!("cannot start {name}"))?;
        Ok(Self { child, name: name.to_owned() })
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What the process is called in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its standard input, once, where it was piped.
    pub fn stdin(&mut self) -> Option<std::process::ChildStdin> {
        self.child.stdin.take()
    }

    /// Its standard output, once, where it was piped.
    pub fn stdout(&mut self) -> Option<std::process::ChildStdout> {
        self.child.stdout.take()
    }

    /// How it ended, if it has.
    pub fn exited(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Waits until it ends, at most `patience`; `None` if it has not ended by then.
    pub fn wait(&mut self, patience: Duration) -> io::Result<Option<ExitStatus>> {
        let deadline = Instant::now() + patience;
        loop {
            let status = self.exited()?;
            if status.is_some() || Instant::now() >= deadline {
                return Ok(status);
            }
            thread::sleep(POLL);
        }
    }

    /// Sends a signal, if the process still runs.
    pub fn signal(&mut self, signal: Signal) -> io::Result<()> {
        if self.exited()?.is_some() {
            return Ok(());
        }
        send(self.id(), signal)
    }

    /// Asks it to end, waits at most `patience`, and kills it after that.
    pub fn stop(mut self, patience: Duration) -> io::Result<ExitStatus> {
        self.signal(Signal::TERM)?;
        if let Some(status) = self.wait(patience)? {
            return Ok(status);
        }
        self.child.kill()?;
        self.child.wait()
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // Fails only for a process that has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal to a process by its id.
pub fn send(pid: u32, signal: Signal) -> io::Result<()> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    Ok(kill_process(pid, signal)?)
}

/// When a running process started, in clock ticks since boot; `None` once it has ended.
pub fn started(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field, the name in parentheses, may hold anything.
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace();
    let ended = matches!(fields.next()?, "Z" | "X");
    // The state is field 3, the start time field 22 (proc_pid_stat(5)).
    let start_time = fields.nth(18)?.parse().ok()?;
    (!ended).then_some(start_time)
}

/// A named network namespace (`ip netns`), to run threads and processes in.
#[derive(Debug)]
pub struct Netns(File);

impl Netns {
    /// Opens the namespace of that name.
    pub fn open(name: &str) -> Result<Self> {
        let path = format!("/run/netns/{name}");
        File::open(&path).map(Self).with_context(|| format!("no network namespace {name}"))
    }

    /// Moves the calling thread, for good, into the namespace.
    pub fn enter(&self) -> io::Result<()> {
        Ok(move_into_link_name_space(self.0.as_fd(), Some(LinkNameSpaceType::Network))?)
    }

    /// Runs `work` on a thread inside the namespace.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T> {
        thread::scope(|scope| {
            let inside = scope.spawn(|| self.enter().map(|()| work()));
            let result = inside.join().map_err(|_| anyhow!("a thread in a namespace panicked"))?;
            result.context("cannot enter the network namespace")
        })
    }

    /// Makes `command` run inside the namespace.
    pub fn apply(self, command: &mut Command) {
        // SAFETY: the closure makes one system call, and allocates nothing.
        unsafe {
            command.pre_exec(move || self.enter());
        }
    }
}

type Request = (Command, std::sync::mpsc::SyncSender<io::Result<Child>>);

/// Starts the command on a thread that lives as long as this process: the kernel's parent-death
/// signal comes when the *thread* that started the child ends, and a test's thread ends early.
fn spawn_guarded(command: Command) -> Result<Child> {
    static SPAWNER: OnceLock<Sender<Request>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (sender, receiver) = channel::<Request>();
        thread::spawn(move || {
            for (command, reply) in receiver {
                // The asker waits for the reply, so it is there to take it.
                let _ = reply.send(spawn_here(command));
            }
        });
        sender
    });
    let (reply, answer) = sync_channel(1);
    spawner
        .send((command, reply))
        .map_err(|_| anyhow!("the thread that starts processes ended"))?;
    Ok(answer.recv()??)
}

fn spawn_here(mut command: Command) -> io::Result<Child> {
    let parent = getpid();
    // SAFETY: the closure makes two system calls, and allocates nothing.
    unsafe {
        command.pre_exec(move || {
            set_death_signal(Some(Signal::KILL))?;
            // The parent may have died before the signal was asked for.
            if getppid() == Some(parent) { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) }
        });
    }
    command.spawn()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper() -> Command {
        let mut command = Command::new("sleep");
        command.arg("1000");
        command
    }

    #[test]
    fn a_process_outlives_the_thread_that_asked_for_it() {
        let asked = thread::spawn(|| Guarded::spawn("sleep", sleeper())).join();
        let mut process = asked.expect("no panic").expect("started");
        assert_eq!(process.wait(Duration::from_millis(100)).expect("wait"), None);
    }

    #[test]
    fn dropping_ends_the_process() {
        let process = Guarded::spawn("sleep", sleeper()).expect("started");
        let pid = process.id();
        drop(process);
        assert!(send(pid, Signal::TERM).is_err(), "process {pid} still runs");
    }

    #[test]
    fn a_process_is_known_by_its_start_until_it_ends() {
        let mut process = Guarded::spawn("sleep", sleeper()).expect("started");
        assert!(started(process.id()) > started(1), "this process is younger than the first");
        process.signal(Signal::KILL).expect("signalled");
        while started(process.id()).is_some() {
            thread::yield_now();
        }
    }

    #[test]
    fn stopping_asks_first() {
        use std::os::unix::process::ExitStatusExt;
        let process = Guarded::spawn("sleep", sleeper()).expect("started");
        let status = process.stop(Duration::from_secs(10)).expect("stopped");
        assert_eq!(status.signal(), Some(Signal::TERM.as_raw()));
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = Guarded::spawn("the thing", Command::new("/nowhere/thing")).expect_err("fails");
        assert!(format!("{error:#}").contains("cannot start the thing"), "{error:#}");
    }
}
