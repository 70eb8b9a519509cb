//! Scripted TCP exchanges.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

use observer::input::{Endpoint, Flow};

/// A connection between two ends of ours.
pub struct Pair {
    /// The end that connected.
    pub client: TcpStream,
    /// The end that accepted.
    pub server: TcpStream,
}

impl Pair {
    /// Listens at an address, on a port of the system's choice.
    ///
    /// # Panics
    /// Where the system refuses.
    pub fn listen(address: &str) -> (u16, TcpListener) {
        let listener = TcpListener::bind((address, 0)).unwrap();
        (listener.local_addr().unwrap().port(), listener)
    }

    /// Connects to a listener's address.
    ///
    /// # Panics
    /// Where there is no way to it.
    pub fn connect(listener: &TcpListener) -> Self {
        Self::accept(TcpStream::connect(listener.local_addr().unwrap()).unwrap(), listener)
    }

    /// Connects to one of a listener's addresses.
    ///
    /// # Panics
    /// Where there is no way to it.
    pub fn connect_to(address: &str, listener: &TcpListener) -> Self {
        let port = listener.local_addr().unwrap().port();
        Self::accept(TcpStream::connect((address, port)).unwrap(), listener)
    }

    fn accept(client: TcpStream, listener: &TcpListener) -> Self {
        let (server, _) = listener.accept().unwrap();
        client.set_nodelay(true).unwrap();
        server.set_nodelay(true).unwrap();
        Self { client, server }
    }

    /// From the client's to the server's end.
    ///
    /// # Panics
    /// Where the connection is gone.
    pub fn flow(&self) -> Flow {
        Flow {
            src: Endpoint::from(self.client.local_addr().unwrap()),
            dst: Endpoint::from(self.client.peer_addr().unwrap()),
        }
    }

    /// Sends bytes from client to server, and reads them there.
    ///
    /// # Panics
    /// Where they do not arrive.
    pub fn request(&mut self, bytes: &[u8]) {
        self.request_in(bytes, || usize::MAX);
    }

    /// The same in writes of as many bytes as `len` says: each is a segment, as far as TCP lets it.
    ///
    /// # Panics
    /// Where they do not arrive.
    pub fn request_in(&mut self, bytes: &[u8], len: impl FnMut() -> usize + Send) {
        pass(&mut self.client, &mut self.server, bytes, len);
    }

    /// Sends bytes from server to client, and reads them there.
    ///
    /// # Panics
    /// Where they do not arrive.
    pub fn respond(&mut self, bytes: &[u8]) {
        self.respond_in(bytes, || usize::MAX);
    }

    /// The same in writes of as many bytes as `len` says.
    ///
    /// # Panics
    /// Where they do not arrive.
    pub fn respond_in(&mut self, bytes: &[u8], len: impl FnMut() -> usize + Send) {
        pass(&mut self.server, &mut self.client, bytes, len);
    }

    /// Closes both ends in an orderly way.
    ///
    /// # Panics
    /// Where the connection is gone.
    pub fn close(mut self) {
        self.client.shutdown(Shutdown::Write).unwrap();
        assert_eq!(self.server.read(&mut [0]).unwrap(), 0);
        self.server.shutdown(Shutdown::Write).unwrap();
        assert_eq!(self.client.read(&mut [0]).unwrap(), 0);
    }
}

/// Bytes that differ from place to place.
pub fn pattern(len: usize, seed: u32) -> Vec<u8> {
    let mut state = seed | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

fn pass(
    from: &mut TcpStream,
    to: &mut TcpStream,
    bytes: &[u8],
    mut len: impl FnMut() -> usize + Send,
) {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut rest = bytes;
            while !rest.is_empty() {
                let (now, later) = rest.split_at(len().clamp(1, rest.len()));
                from.write_all(now).unwrap();
                rest = later;
            }
        });
        let mut read = vec![0; bytes.len()];
        to.read_exact(&mut read).unwrap();
        assert!(read == bytes, "the network changed the bytes");
    });
}
