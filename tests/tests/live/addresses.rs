//! Which addresses are this host's.

use observer::input::Endpoint;
use observer::source::live::local_addresses;
use tests::netns::Namespace;

#[test]
fn those_of_other_namespaces_are_as_well() {
    let (near, far) = (Namespace::new(), Namespace::new());
    near.join("veth0", "10.77.0.1/24 fd77::1/64", &far, "veth0", "10.77.0.2/24 fd77::2/64");
    // A namespace is found by a process in it.
    let mut resident = far.command("cat");
    let mut resident = resident.stdin(std::process::Stdio::piped()).spawn().unwrap();
    let address = |text: &str| Endpoint::from(std::net::SocketAddr::new(text.parse().unwrap(), 0));
    let is_local = |text: &str| local_addresses().unwrap().contains(&address(text).addr);
    while !is_local("10.77.0.2") {
        assert!(resident.try_wait().unwrap().is_none(), "the process in the namespace has ended");
        std::thread::yield_now();
    }
    assert!(is_local("fd77::2"));
    assert!(!is_local("10.77.0.9"));
    drop(resident.stdin.take());
    resident.wait().unwrap();
}
