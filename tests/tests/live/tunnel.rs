//! Devices without a link header.

use tests::capture::{Recorder, watching};
use tests::netns::Namespace;
use tests::traffic::{Pair, pattern};
use tests::tun;

#[test]
fn packets_of_a_tun_device_are_read_from_their_ip_header() {
    let (near, far) = (Namespace::new(), Namespace::new());
    let cable = tun::join(&near, &far);
    for (namespace, addresses) in [(&near, "10.7.0.1 fd07::1"), (&far, "10.7.0.2 fd07::2")] {
        for address in addresses.split_whitespace() {
            let prefix = if address.contains(':') { "64 nodad" } else { "24" };
            namespace.ip(&format!("address add {address}/{prefix} dev tun0"));
        }
        namespace.ip("link set tun0 up");
    }
    for (address, seed) in [("10.7.0.2", 1), ("fd07::2", 2)] {
        let (port, listener) = far.run(|| Pair::listen(address));
        let recorder = near.run(|| Recorder::start(&watching(port, &["tun0"])));
        let mut pair = near.run(|| Pair::connect(&listener));
        let flow = pair.flow();
        let (request, response) = (pattern(20_000, seed), pattern(30_000, seed + 2));
        pair.request(&request);
        pair.respond(&response);
        pair.close();
        let seen = recorder.until_closed(flow);
        assert!(seen.streams[&flow].bytes == request, "the request differs");
        assert!(seen.streams[&flow.reversed()].bytes == response, "the response differs");
        recorder.finish();
    }
    drop(cable);
}
