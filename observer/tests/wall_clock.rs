//! Somebody sets the wall clock while requests are in flight: only what people read changes.

mod script;

use std::time::Duration;

use observer::event::Event;
use observer::input::{Input, TcpFlags};
use observer::pipeline::Config;
use observer::time::{Timestamp, WallClock};
use script::{From, Script, heartbeat, ports, response};

const HOUR: i64 = 3_600_000_000_000;

#[test]
fn no_timer_goes_by_it() {
    let mut config = Config::new(ports());
    config.exchange.expiry = Duration::from_mins(1);
    config.idle = Duration::from_mins(2);
    for ahead in [HOUR, -HOUR] {
        let mut script = Script::with(config.clone()).open();
        script.client(&heartbeat(1));
        // The first half of another comes late: the hole waits for its time, not for the clock's.
        let second = heartbeat(2);
        script.unseen(From::Client, &second[..9]).client(&second[9..]);
        script.input(&Input::WallClock(WallClock::ahead(ahead)));
        script.wait(Duration::from_millis(100));
        assert_eq!(script.said(), ["security plaintext"], "{ahead}");
        script.retransmit(&second[..9], second.len() as u32);
        script.broker(&response(1, &[0; 2])).broker(&response(2, &[0; 2]));
        let paired = ["Heartbeat v0 #1 103/103/0 ms", "Heartbeat v0 #2 2/1/102 ms"];
        assert_eq!(script.said(), paired, "{ahead}");
        assert_eq!(script.ledger().gaps, [0; 4]);
    }
}

#[test]
fn it_is_what_people_read() {
    let mut script = Script::new().open();
    script.client(&heartbeat(1));
    let began = script.now;
    script.input(&Input::WallClock(WallClock::ahead(HOUR)));
    let mut read = None;
    let ack = TcpFlags::ACK;
    script.observe(From::Broker, ack, &response(1, &[0; 2]), &mut |event: Event<'_>| {
        if let Event::Exchange(exchange) = event {
            read = Some((exchange.time, exchange.wall_time(), exchange.duration));
        }
    });
    let wall = Timestamp(began.0 + HOUR.unsigned_abs());
    assert_eq!(read, Some((Some(began), Some(wall), Some(Duration::from_millis(1)))));
}
