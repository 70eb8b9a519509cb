//! The whole way of a recorded capture of small requests, on one core, beside tshark on the same file
//! in the same run: `cargo xtask record`, then `cargo bench -p observer --bench replay`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use observer::event::{Event, Outcome};
use observer::pipeline::{self, Pipeline};
use observer::ports::Ports;
use observer::source::replay::{self, Replay, Streamed};

fn main() {
    divan::main();
}

struct Recorded {
    path: PathBuf,
    bytes: Vec<u8>,
    ports: Ports,
    port: String,
    exchanges: usize,
}

static CAPTURE: LazyLock<Recorded> = LazyLock::new(|| {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench");
    let path = fs::read_dir(&dir)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|e| e == "pcapng"))
        .expect("no capture: run `cargo xtask record` first");
    let bytes = fs::read(&path).expect("the capture can be read");
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let port = stem.rsplit('-').next().unwrap_or_default().to_owned();
    let ports: Ports = port.parse().expect("the capture's name ends in its port");
    let exchanges = exchanges(&bytes, &ports);
    Recorded { path, bytes, ports, port, exchanges }
});

/// Replays a capture; returns how many requests were answered.
fn exchanges(capture: &[u8], ports: &Ports) -> usize {
    let mut pipeline = Pipeline::new(pipeline::Config::new(ports.clone()));
    let mut source = Replay::new(replay::Config { ports: ports.clone() });
    let mut answered = 0;
    let mut handler = |event: Event<'_>| {
        if let Event::Exchange(exchange) = event {
            answered += usize::from(exchange.outcome == Outcome::Answered);
        }
    };
    source
        .read("capture", Streamed(capture), &mut pipeline.intake(&mut handler))
        .expect("the capture is whole");
    pipeline.finish(Outcome::Open, &mut handler);
    answered
}

#[divan::bench(sample_count = 20)]
fn observer(bencher: Bencher<'_, '_>) {
    bencher
        .counter(ItemsCount::new(CAPTURE.exchanges))
        .counter(BytesCount::of_slice(&CAPTURE.bytes))
        .bench(|| exchanges(&CAPTURE.bytes, &CAPTURE.ports));
}

#[divan::bench(sample_count = 5)]
fn tshark(bencher: Bencher<'_, '_>) {
    bencher
        .counter(ItemsCount::new(CAPTURE.exchanges))
        .counter(BytesCount::of_slice(&CAPTURE.bytes))
        .bench(|| {
            let status = Command::new("tshark")
                .arg("-r")
                .arg(&CAPTURE.path)
                .args(["-d", &format!("tcp.port=={},kafka", CAPTURE.port)])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .expect("tshark runs: `cargo xtask setup` installs it");
            assert!(status.success());
        });
}
