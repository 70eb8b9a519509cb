//! The door of the HTTP server: connections in, never more at once than there are places, and none that
//! keeps a place for nothing.
//!
//! A connection that has asked nothing yet gives its place to one that comes after it; so nobody who
//! only connects, however often, keeps anybody else from asking.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{sleep, timeout};

/// Bounds of the door.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once.
    pub places: usize,
    /// How long the headers of a request may take, from when they may come.
    pub headers_within: Duration,
    /// How long a connection is used for further requests.
    pub used_for: Duration,
    /// How long the last answer may take from then on.
    pub ends_within: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            places: 64,
            headers_within: Duration::from_secs(10),
            used_for: Duration::from_mins(5),
            ends_within: Duration::from_mins(1),
        }
    }
}

/// Connections that were closed before their time.
#[derive(Debug, Default)]
pub struct Closed {
    evicted: AtomicU64,
    refused: AtomicU64,
    slow: AtomicU64,
}

impl Closed {
    /// How many, by why.
    pub fn by_reason(&self) -> [(&'static str, u64); 3] {
        let Self { evicted, refused, slow } = self;
        [("evicted", evicted), ("refused", refused), ("slow", slow)]
            .map(|(why, count)| (why, count.load(Ordering::Relaxed)))
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Room for a request's headers; enough for anybody who asks for metrics.
const HEADER_ROOM: usize = 32 << 10;
/// How long to wait where the system has no descriptor for another connection.
const PAUSE: Duration = Duration::from_secs(1);

/// A connection that may have asked nothing yet.
struct Guest {
    has_asked: Arc<AtomicBool>,
    leave: oneshot::Sender<()>,
}

impl Guest {
    fn is_silent(&self) -> bool {
        !self.has_asked.load(Ordering::Relaxed) && !self.leave.is_closed()
    }
}

/// Serves until the task is dropped.
pub async fn receive(
    listener: &TcpListener,
    router: Router,
    limits: Limits,
    closed: Arc<Closed>,
) -> Infallible {
    let places = Arc::new(Semaphore::new(limits.places));
    // The oldest first; at most as many as there are places.
    let mut guests: Vec<Guest> = Vec::new();
    loop {
        let stream = accept(listener).await;
        guests.retain(Guest::is_silent);
        if places.available_permits() == 0 {
            if guests.is_empty() {
                count(&closed.refused);
                continue;
            }
            count(&closed.evicted);
            // It may have left by itself meanwhile.
            let _ = guests.remove(0).leave.send(());
        }
        // Nobody closes the semaphore.
        let Ok(place) = places.clone().acquire_owned().await else { continue };
        let has_asked = Arc::new(AtomicBool::new(false));
        let (leave, told) = oneshot::channel();
        guests.push(Guest { has_asked: has_asked.clone(), leave });
        let service = Noting { service: TowerToHyperService::new(router.clone()), has_asked };
        tokio::spawn(serve(stream, service, limits, told, closed.clone(), place));
    }
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) if is_of_one(error.kind()) => {}
            Err(error) => {
                tracing::warn!("no further HTTP connection can be taken: {error}");
                sleep(PAUSE).await;
            }
        }
    }
}

/// Whether only the connection that was to be accepted is concerned.
fn is_of_one(error: ErrorKind) -> bool {
    use ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error, ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn serve(
    stream: TcpStream,
    service: Noting,
    limits: Limits,
    leave: oneshot::Receiver<()>,
    closed: Arc<Closed>,
    _place: OwnedSemaphorePermit,
) {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits.headers_within);
    builder.max_buf_size(HEADER_ROOM);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let leave = async {
        if leave.await.is_err() {
            // Nobody will tell it to any more.
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        ended = &mut connection => {
            if ended.is_err_and(|error| error.is_timeout()) {
                count(&closed.slow);
            }
            return;
        }
        () = leave => return,
        () = sleep(limits.used_for) => {}
    }
    connection.as_mut().graceful_shutdown();
    if timeout(limits.ends_within, connection).await.is_err() {
        count(&closed.slow);
    }
}

/// Notes that something was asked.
struct Noting {
    service: TowerToHyperService<Router>,
    has_asked: Arc<AtomicBool>,
}

impl Service<Request<Incoming>> for Noting {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        self.has_asked.store(true, Ordering::Relaxed);
        self.service.call(request)
    }
}

#[cfg(test)]
mod tests {
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
                receive(&listener, router, limits, counting).await
            })
        });
        (address, closed)
    }

    fn ask(stream: &mut TcpStream) {
        write!(stream, "GET / HTTP/1.1\r\nHost: o\r\n\r\n").unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200");
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
    fn where_all_have_asked_another_one_is_refused() {
        let (address, closed) = start(limits());
        let mut used: Vec<_> = (0..PLACES).map(|_| TcpStream::connect(address).unwrap()).collect();
        used.iter_mut().for_each(ask);
        let mut further = TcpStream::connect(address).unwrap();
        assert_eq!(further.read(&mut [0]).unwrap_or(0), 0, "it was closed");
        assert_eq!(closed.by_reason()[1], ("refused", 1));
        drop(used);
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
}
