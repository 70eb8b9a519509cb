//! Captures: names of files in, their events out, and what is to be said of them.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use observer::event::{Handler, Outcome};
use observer::pipeline::{self, Pipeline};
use observer::ports::Ports;
use observer::sink::metrics::health::{Health, ReplayStats};
use observer::source::replay::{Config, Replay, Stats};
use observer::tables::Table;

use super::failure::{Failure, say};

/// Captures that are open.
pub struct Captures(Vec<Capture>);

type Capture = (String, Box<dyn Read>);

/// Captures that were read.
pub struct Reading {
    /// The pipeline's state at their end.
    pub health: Health,
    /// What is wrong with the last that is damaged.
    damage: Option<String>,
}

impl Captures {
    /// Opens all before any is read, so that a wrong name costs no work.
    pub fn open(paths: &[PathBuf]) -> Result<Self, Failure> {
        if paths.iter().filter(|path| path.as_os_str() == "-").count() > 1 {
            return Err(Failure::usage("standard input can be read once: name - once"));
        }
        paths.iter().map(open).collect::<Result<_, _>>().map(Self)
    }

    /// Reads them as one, until `stop`. Says what is wrong with each that is damaged but the last,
    /// and if nothing in them is of Kafka.
    pub fn read(
        self,
        config: pipeline::Config,
        stop: &AtomicBool,
        sink: &mut impl Handler,
    ) -> Reading {
        let ports = config.ports.clone();
        let mut pipeline = Pipeline::new(config);
        let mut replay = Replay::new(Config { ports: ports.clone() });
        let mut damage = None;
        for (name, capture) in self.0 {
            let result = replay.read(&name, UntilStop { capture, stop }, &mut |input| {
                pipeline.input(&input, sink);
            });
            if stop.load(Ordering::Relaxed) {
                break;
            }
            if let Err(error) = result {
                // Each is said once: the last one as the command's failure.
                if let Some(earlier) = damage.replace(error.to_string()) {
                    say(&earlier);
                }
            }
        }
        pipeline.finish(Outcome::Open, sink);
        let stats = replay.stats();
        if damage.is_none() && stats.segments == 0 && !stop.load(Ordering::Relaxed) {
            say(&nothing(&stats, &ports));
        }
        let mut evictions = *pipeline.evictions();
        evictions.add(Table::FlowOwners, stats.evicted_owners as usize);
        let health = Health {
            ledger: *pipeline.ledger(),
            topics: pipeline.topics(),
            evictions,
            wall: pipeline.wall_clock(),
            capture: None,
            replay: Some(ReplayStats {
                packets: stats.fates().to_vec(),
                copied_bytes: stats.copied_bytes,
                bad_blocks: stats.bad_blocks,
            }),
        };
        Reading { health, damage }
    }
}

/// Why no segment was found, and what to do.
fn nothing(stats: &Stats, ports: &Ports) -> String {
    let Stats { packets, fragments, unwatched, .. } = *stats;
    if packets == 0 {
        return "there is no packet: look at the filter that was captured with".to_owned();
    }
    let none = format!("none of {packets} packets is TCP on port {ports}");
    let name = "name the brokers' ports with --ports";
    match fragments {
        0 => format!("{none}: {name}"),
        _ if unwatched == 0 => format!(
            "{none}, but {fragments} are IP fragments, which are not put together: capture where \
             packets are whole, as on the hosts themselves"
        ),
        _ => {
            format!("{none}, and {fragments} are IP fragments, which are not put together: {name}")
        }
    }
}

impl Reading {
    /// A damaged capture is a failure.
    pub fn result(self) -> Result<(), Failure> {
        self.damage.map_or(Ok(()), |sentence| Err(Failure::finding(sentence)))
    }
}

fn open(path: &PathBuf) -> Result<Capture, Failure> {
    if path.as_os_str() == "-" {
        return Ok(("standard input".to_owned(), Box::new(io::stdin().lock())));
    }
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| not_opened(&name, &error))?;
    if file.metadata().is_ok_and(|data| data.is_dir()) {
        return Err(Failure::usage(format!("{name} is a directory: name the captures in it")));
    }
    Ok((name, Box::new(file)))
}

fn not_opened(name: &str, error: &io::Error) -> Failure {
    match error.kind() {
        ErrorKind::NotFound => {
            Failure::usage(format!("there is no file {name}: name a pcap or pcapng file, or -"))
        }
        ErrorKind::PermissionDenied => Failure::not_possible(format!(
            "{name} may not be read: change its permissions, or pipe it into this command with the name -"
        )),
        // EMFILE.
        _ if error.raw_os_error() == Some(24) => Failure::not_possible(format!(
            "{name} cannot be opened, as too many files are open: raise the limit (ulimit -n), or \
             name fewer captures"
        )),
        _ => Failure::usage(format!("{name} cannot be opened: {error}")),
    }
}

/// A capture that ends when its results are no longer wanted.
struct UntilStop<'a> {
    capture: Box<dyn Read>,
    stop: &'a AtomicBool,
}

impl Read for UntilStop<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.load(Ordering::Relaxed) {
            return Ok(0);
        }
        self.capture.read(buffer)
    }
}
