//! The door of the HTTP server: connections in, never more at once than there are places, and none that
//! keeps a place for nothing.
//!
//! A connection that waits for nothing gives its place to one that comes after it: one that has asked
//! nothing yet, else one that has its answer. So nobody who only connects, or asks now and then, keeps
//! anybody else from asking.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
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

/// How long the last bytes of an answer may take to leave, where the connection's place is wanted.
const LAST_BYTES_WITHIN: Duration = Duration::from_millis(100);

/// A connection.
struct Guest {
    stage: Stage,
    leave: oneshot::Sender<()>,
}

/// How far a connection is, known to it and to the door: when it had its last answer, in answers since the
/// door opened, or that it has asked nothing yet, or waits for its answer.
#[derive(Clone, Default)]
struct Stage(Arc<AtomicU64>);

const SILENT: u64 = 0;
const ASKING: u64 = u64::MAX;

impl Stage {
    fn set(&self, stage: u64) {
        self.0.store(stage, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Which of these connections, the oldest first, is to give its place to another one: the first that has
/// asked nothing, else the one that has asked nothing for longest. One that waits for its answer stays.
fn most_idle(guests: &[Guest]) -> Option<usize> {
    let stages = guests.iter().map(|guest| guest.stage.get()).enumerate();
    stages.filter(|(_, stage)| *stage != ASKING).min_by_key(|(_, stage)| *stage).map(|(at, _)| at)
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
    let answers = Arc::<AtomicU64>::default();
    loop {
        let stream = accept(listener).await;
        guests.retain(|guest| !guest.leave.is_closed());
        if places.available_permits() == 0 {
            let Some(idle) = most_idle(&guests) else {
                count(&closed.refused);
                continue;
            };
            count(&closed.evicted);
            // It may have left by itself meanwhile.
            let _ = guests.remove(idle).leave.send(());
        }
        // Nobody closes the semaphore.
        let Ok(place) = places.clone().acquire_owned().await else { continue };
        let stage = Stage::default();
        let (leave, told) = oneshot::channel();
        guests.push(Guest { stage: stage.clone(), leave });
        let service = TowerToHyperService::new(router.clone());
        let service = Noting { service, stage, answers: answers.clone() };
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
    let stage = service.stage.clone();
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
        () = leave => {
            if stage.get() != SILENT {
                connection.as_mut().graceful_shutdown();
                // What has not left by then is cut.
                let _ = timeout(LAST_BYTES_WITHIN, connection).await;
            }
            return;
        }
        () = sleep(limits.used_for) => {}
    }
    connection.as_mut().graceful_shutdown();
    if timeout(limits.ends_within, connection).await.is_err() {
        count(&closed.slow);
    }
}

/// Notes how far a connection is.
struct Noting {
    service: TowerToHyperService<Router>,
    stage: Stage,
    /// Of all connections.
    answers: Arc<AtomicU64>,
}

impl Service<Request<Incoming>> for Noting {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        self.stage.set(ASKING);
        let (stage, answers) = (self.stage.clone(), self.answers.clone());
        let answer = self.service.call(request);
        Box::pin(async move {
            let answer = answer.await;
            stage.set(answers.fetch_add(1, Ordering::Relaxed).saturating_add(1));
            answer
        })
    }
}

#[cfg(test)]
mod tests;
