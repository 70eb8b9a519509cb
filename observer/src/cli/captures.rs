//! Captures: names of files in, their events out, and what is to be said of them.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use observer::event::{Handler, Outcome};
use observer::pipeline::{self, Pipeline};
use observer::ports::Ports;
use observer::sink::metrics::health::{Health, ReplayStats};
use observer::source::replay::{Capture, Config, Replay, Stats, Stored, Streamed};
use observer::tables::Table;

use super::failure::{Failure, say};

/// Captures that are open.
pub struct Captures(Vec<Named>);

type Named = (String, Box<dyn Capture>);

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
            let capture = UntilStop { capture, stop };
            let result = replay.read(&name, capture, &mut pipeline.intake(sink));
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

fn open(path: &PathBuf) -> Result<Named, Failure> {
    if path.as_os_str() == "-" {
        return Ok(("standard input".to_owned(), Box::new(Streamed(io::stdin().lock()))));
    }
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| not_opened(&name, &error))?;
    let is = |kind: fn(&Metadata) -> bool| file.metadata().is_ok_and(|data| kind(&data));
    if is(Metadata::is_dir) {
        return Err(Failure::usage(format!("{name} is a directory: name the captures in it")));
    }
    if is(Metadata::is_file) {
        let stored = Stored::new(move |buffer: &mut [u8], offset| file.read_at(buffer, offset));
        return Ok((name, Box::new(stored)));
    }
    Ok((name, Box::new(Streamed(file))))
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
    capture: Box<dyn Capture>,
    stop: &'a AtomicBool,
}

impl Capture for UntilStop<'_> {
    fn is_stored(&self) -> bool {
        self.capture.is_stored()
    }

    fn peek(&mut self, ahead: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.load(Ordering::Relaxed) {
            return Ok(0);
        }
        self.capture.peek(ahead, buffer)
    }

    fn pass_over(&mut self, bytes: u64) {
        self.capture.pass_over(bytes);
    }
}

impl Read for UntilStop<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.load(Ordering::Relaxed) {
            return Ok(0);
        }
        self.capture.read(buffer)
    }
}
