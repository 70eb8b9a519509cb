//! HTTP: `/metrics`, `/healthz`, `/readyz`.
//!
//! The thread that counts gives a snapshot on request; here it becomes text. A thread that does not
//! answer in time is an error for the scraper, not a wait without end.

mod door;
mod pace;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use observer::sink::metrics;
use observer::sink::metrics::health::{counter, sample};
use tokio::sync::oneshot;

use door::{Closed, Limits};
use pace::Pace;

/// How long the counting thread may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// A request for all metrics.
pub type Scrape = oneshot::Sender<metrics::Snapshot>;

/// What is served.
pub struct Site {
    /// Where the counting thread is asked.
    pub scrapes: Sender<Scrape>,
    /// Has it look at once.
    pub ring: Arc<dyn Fn() + Send + Sync>,
    /// Whether all is attached and running; else what is missing.
    pub readiness: Box<dyn Fn() -> Result<(), String> + Send + Sync>,
}

/// The site, and what became of connections to it.
struct Served {
    site: Site,
    pace: Pace,
    closed: Arc<Closed>,
}

/// Takes an address; [`serve`] answers on it.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Serves until the task is dropped.
pub async fn serve(listener: TcpListener, site: Site) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let closed = Arc::<Closed>::default();
    let router = Router::new()
        .route("/metrics", get(scrape))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .with_state(Arc::new(Served { site, pace: Pace::default(), closed: closed.clone() }));
    match door::receive(&listener, router, Limits::default(), closed).await {}
}

async fn scrape(State(served): State<Arc<Served>>) -> Response {
    let (scrape, answer) = oneshot::channel();
    if served.site.scrapes.send(scrape).is_err() {
        return unavailable("the capture has ended\n");
    }
    served.pace.ring(&*served.site.ring).await;
    let Ok(Ok(mut snapshot)) = tokio::time::timeout(PATIENCE, answer).await else {
        return unavailable("the thread that counts does not answer\n");
    };
    let closed = served.closed.by_reason();
    snapshot.add(counter(
        "http_connections_closed_total",
        "Connections to this server that were closed for want of room, or as they were slow, by why.",
        closed.map(|(why, n)| sample(&[("reason", why)], n)).to_vec(),
    ));
    match metrics::text(&snapshot) {
        Ok(text) => ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}

async fn ready(State(served): State<Arc<Served>>) -> Response {
    match (served.site.readiness)() {
        Ok(()) => "ready\n".into_response(),
        Err(missing) => unavailable(format!("{missing}\n")),
    }
}

fn unavailable(why: impl Into<String>) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, why.into()).into_response()
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::sync::mpsc;
    use std::thread;

    use observer::sink::metrics::health::Health;
    use observer::sink::metrics::{Metrics, Options};

    use super::*;

    /// Serves on a port of the system's choice, in a thread that ends with the test.
    fn start(site: Site) -> SocketAddr {
        let listener = bind(([127, 0, 0, 1], 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        thread::spawn(move || runtime.block_on(serve(listener, site)));
        address
    }

    fn get(address: SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: o\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn site(readiness: Result<(), String>) -> (Site, mpsc::Receiver<Scrape>) {
        let (scrapes, asked) = mpsc::channel();
        let readiness = Box::new(move || readiness.clone());
        (Site { scrapes, ring: Arc::new(|| {}), readiness }, asked)
    }

    #[test]
    fn metrics_come_from_the_thread_that_counts() {
        let (site, asked) = site(Ok(()));
        let address = start(site);
        let counting = thread::spawn(move || {
            let metrics = Metrics::new(Options::default()).unwrap();
            let scrape = asked.recv().unwrap();
            scrape.send(metrics.gather(&Health::default())).unwrap();
        });
        let answer = get(address, "/metrics");
        counting.join().unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("content-type: text/plain; version=0.0.4"), "{answer}");
        let closed = "\nkafka_observer_http_connections_closed_total{reason=\"refused\"} 0\n";
        assert!(answer.contains(closed), "{answer}");
        assert!(answer.contains("\nkafka_observer_stream_payload_bytes_total 0\n"), "{answer}");
    }

    #[test]
    fn without_a_thread_that_counts_a_scrape_fails() {
        let (site, asked) = site(Ok(()));
        drop(asked);
        assert!(get(start(site), "/metrics").starts_with("HTTP/1.1 503 "));
    }

    #[test]
    fn readiness_says_what_is_missing() {
        let (site, _asked) = site(Err("eth0 is not attached".to_owned()));
        let address = start(site);
        let answer = get(address, "/readyz");
        assert!(answer.starts_with("HTTP/1.1 503 ") && answer.ends_with("eth0 is not attached\n"));
        assert!(get(address, "/healthz").starts_with("HTTP/1.1 200 OK\r\n"));
    }

    #[test]
    fn a_ready_observer_says_so() {
        let (site, _asked) = site(Ok(()));
        assert!(get(start(site), "/readyz").starts_with("HTTP/1.1 200 OK\r\n"));
    }
}
