//! Connections by the dozen, at a door with few places.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;

use axum::routing::get;

use super::*;

const PLACES: usize = 4;

fn limits() -> Limits {
    Limits { places: PLACES, headers_within: Duration::from_hours(1), ..Limits::default() }
}

/// Serves on a port of the system's choice, in a thread that ends with the test.
fn start(limits: Limits) -> (SocketAddr, Arc<Closed>) {
    let listener = crate::http::bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = listener.local_addr().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let closed = Arc::<Closed>::default();
    let counting = closed.clone();
    thread::spawn(move || {
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener).unwrap();
            let router = Router::new().route("/", get(async || "here\n"));
            let router = router.route("/never", get(never));
            receive(&listener, router, limits, counting).await
        })
    });
    (address, closed)
}

/// How often what is never answered was asked, by all that ask here.
static UNANSWERED: AtomicU64 = AtomicU64::new(0);

async fn never() {
    UNANSWERED.fetch_add(1, Ordering::Relaxed);
    std::future::pending::<()>().await;
}

fn ask(stream: &mut TcpStream) {
    write!(stream, "GET / HTTP/1.1\r\nHost: o\r\n\r\n").unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
}

/// Reads what is left of an answer.
fn read_rest(stream: &mut TcpStream) {
    let mut text = Vec::new();
    while !text.ends_with(b"here\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        text.extend(byte);
    }
}

#[test]
fn those_that_only_connect_keep_nobody_from_asking() {
    let (address, closed) = start(limits());
    let connect = || TcpStream::connect(address).unwrap();
    let mut idle: Vec<_> = (0..500).map(|_| connect()).collect();
    ask(&mut connect());
    let open = idle.split_off(idle.len() - PLACES + 1);
    for mut stream in idle {
        assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0, "it was closed");
    }
    for stream in open {
        stream.set_nonblocking(true).unwrap();
        let error = (&stream).read(&mut [0]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock, "it is open");
    }
    assert_eq!(closed.by_reason()[0], ("evicted", 500 - PLACES as u64 + 1));
}

#[test]
fn those_that_have_their_answers_give_their_places_to_others() {
    let (address, closed) = start(limits());
    let mut used: Vec<_> = (0..PLACES).map(|_| TcpStream::connect(address).unwrap()).collect();
    used.iter_mut().for_each(ask);
    // The first asks again, so the second has been idle for longest.
    read_rest(&mut used[0]);
    ask(&mut used[0]);
    ask(&mut TcpStream::connect(address).unwrap());
    assert_eq!(closed.by_reason()[..2], [("evicted", 1), ("refused", 0)]);
    read_rest(&mut used[1]);
    assert_eq!(used[1].read(&mut [0]).unwrap(), 0, "it was closed");
    for open in [0, 2, 3] {
        read_rest(&mut used[open]);
        ask(&mut used[open]);
    }
}

#[test]
fn where_all_wait_for_answers_another_one_is_refused() {
    let (address, closed) = start(limits());
    let mut waiting: Vec<_> = (0..PLACES).map(|_| TcpStream::connect(address).unwrap()).collect();
    for stream in &mut waiting {
        stream.write_all(b"GET /never HTTP/1.1\r\nHost: o\r\n\r\n").unwrap();
    }
    while UNANSWERED.load(Ordering::Relaxed) < PLACES as u64 {
        thread::yield_now();
    }
    let mut further = TcpStream::connect(address).unwrap();
    assert_eq!(further.read(&mut [0]).unwrap_or(0), 0, "it was closed");
    assert_eq!(closed.by_reason()[1], ("refused", 1));
    drop(waiting);
    // Places are free again as soon as their connections are seen to be gone.
    let asks = || {
        let mut stream = TcpStream::connect(address).unwrap();
        let asked = stream.write_all(b"GET / HTTP/1.0\r\n\r\n");
        let mut answer = String::new();
        asked.is_ok() && stream.read_to_string(&mut answer).is_ok() && answer.contains("200")
    };
    while !asks() {
        thread::yield_now();
    }
}

#[test]
fn a_request_that_does_not_come_is_not_waited_for() {
    let headers_within = Duration::from_millis(50);
    let (address, closed) = start(Limits { headers_within, ..limits() });
    let mut slow = TcpStream::connect(address).unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nHost:").unwrap();
    assert_eq!(slow.read_to_end(&mut Vec::new()).unwrap_or(0), 0, "it was closed");
    let mut used = TcpStream::connect(address).unwrap();
    ask(&mut used);
    used.read_to_end(&mut Vec::new()).unwrap();
    let mut silent = TcpStream::connect(address).unwrap();
    assert_eq!(silent.read(&mut [0]).unwrap(), 0, "it was closed");
    assert!(closed.by_reason()[2].1 >= 2, "{closed:?}");
}
