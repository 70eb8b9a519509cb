//! A live capture that says what it sees: `capture PORT INTERFACE [clsact]`. For tests to kill.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use observer::source::live::{Attach, Capture, Counter, Handle};
use tests::capture::watching;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().and_then(|port| port.parse().ok()).expect("a port");
    let interface = arguments.next().expect("an interface");
    let mut config = watching(port, &[&interface]);
    if arguments.next().is_some_and(|how| how == "clsact") {
        config.attach = Attach::Clsact;
    }
    let capture = Capture::start(&config).unwrap_or_else(|error| panic!("{error}"));
    let handle = capture.handle();
    std::thread::spawn(move || report(&handle));
    capture.run(&AtomicBool::new(false), |_| {});
}

/// Says what has changed.
fn report(handle: &Handle) {
    println!("started");
    let mut said = Vec::new();
    loop {
        let hooks = handle.hooks().into_iter().filter(|hook| hook.attached);
        let mut now: Vec<_> = hooks.map(|hook| format!("attached {}", hook.interface)).collect();
        now.push(format!("seen {}", handle.counters().get(Counter::Seen)));
        for line in now.iter().filter(|line| !said.contains(*line)) {
            println!("{line}");
        }
        said = now;
        std::thread::sleep(Duration::from_millis(10));
    }
}
