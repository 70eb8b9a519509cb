//! What `deploy/` ships: the image's root file system runs under the manifest's restrictions, and
//! the manifests are what Kubernetes and the Prometheus Operator take. Takes root.

mod container;
mod image;
mod manifest;
mod manifests;
