//! Logins at a broker: users and clients in; what an observer of them printed, logged and exported
//! out.
//!
//! - `memory`: what a process has in its memory
//! - `raw`: a scripted client that logs in as clients before 1.0 did
//! - `secrets`: what must not be seen in any output
//! - `tls`: a listener with TLS, and a client of it
//! - `watched`: a broker, and an observer of it

mod memory;
mod raw;
mod secrets;
mod tls;
mod watched;

pub use raw::RawClient;
pub use secrets::Secrets;
pub use tls::TlsConnection;
pub use watched::{Outputs, USER, Watched};
