//! The APIs: a row for each key.

use super::super::apis::{Api, NEVER};
use super::super::jar::Jar;
use super::super::message::Listener;
use super::{line, versions};

/// The generated file's text.
pub fn table(jars: &[Jar], apis: &[Api<'_>]) -> String {
    let mut out = String::from(IMPORTS);
    let releases: Vec<_> = jars.iter().map(|jar| format!("\"{}\"", jar.release)).collect();
    line(&mut out, "/// The releases of the table, newest first.");
    let count = releases.len();
    line(&mut out, &format!("pub const RELEASES: [&str; {count}] = [{}];\n", releases.join(", ")));
    keys(&mut out, apis);
    rows(&mut out, apis);
    out
}

const IMPORTS: &str = "use super::api::Listener::{Broker, Controller, ZkBroker};
use super::api::{Api, ApiKey, HeaderSince, NEVER, Versions};

";

fn keys(out: &mut String, apis: &[Api<'_>]) {
    line(out, "#[expect(missing_docs, reason = \"each is the key of the API of its name\")]");
    line(out, "impl ApiKey {");
    for api in apis {
        line(out, &format!("    pub const {}: Self = Self({});", screaming(&api.name), api.key));
    }
    line(out, "}\n");
}

fn rows(out: &mut String, apis: &[Api<'_>]) {
    line(out, "const fn v(first: i16, last: i16) -> Versions {");
    line(out, "    Versions { first, last }");
    line(out, "}\n");
    line(out, "/// Every API, at the index of its key.");
    line(out, "#[rustfmt::skip] // A row is a line.");
    line(out, &format!("pub static APIS: [Api; {}] = [", apis.len()));
    for api in apis {
        line(out, &format!("    {},", row(api)));
    }
    line(out, "];");
}

fn row(api: &Api<'_>) -> String {
    let valid: Vec<_> = api.valid.iter().map(|range| versions(*range)).collect();
    let listeners: Vec<_> = api.listeners.iter().map(|listener| name(*listener)).collect();
    format!(
        "Api {{ key: ApiKey({}), name: {:?}, valid: [{}], unstable: {:?}, flexible: {}, \
         request_header: {}, response_header: {}, cluster_action: {}, listeners: &[{}] }}",
        api.key,
        api.name,
        valid.join(", "),
        api.unstable,
        versions(api.flexible),
        header(api.request_header),
        header(api.response_header),
        api.cluster_action,
        listeners.join(", "),
    )
}

fn header(since: [i16; 2]) -> String {
    let [one, two] = since.map(|version| match version {
        NEVER => "NEVER".to_owned(),
        version => version.to_string(),
    });
    format!("HeaderSince([{one}, {two}])")
}

fn name(listener: Listener) -> &'static str {
    match listener {
        Listener::Broker => "Broker",
        Listener::Controller => "Controller",
        Listener::ZkBroker => "ZkBroker",
    }
}

/// `ListOffsets` as `LIST_OFFSETS`.
fn screaming(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(c.to_uppercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::super::versions::Versions;
    use super::*;

    #[test]
    fn a_row_is_a_line_of_rust() {
        let api = Api {
            key: 7,
            name: "Stop".to_owned(),
            valid: vec![Versions::NONE, Versions { first: 0, last: 3 }],
            unstable: vec![false, true],
            flexible: Versions { first: 3, last: i16::MAX },
            request_header: [1, 3],
            response_header: [NEVER, NEVER],
            cluster_action: true,
            listeners: vec![Listener::Controller, Listener::ZkBroker],
            layouts: Vec::new(),
        };
        assert_eq!(
            row(&api),
            "Api { key: ApiKey(7), name: \"Stop\", valid: [Versions::NONE, v(0, 3)], \
             unstable: [false, true], flexible: v(3, i16::MAX), \
             request_header: HeaderSince([1, 3]), response_header: HeaderSince([NEVER, NEVER]), \
             cluster_action: true, listeners: &[Controller, ZkBroker] }"
        );
    }

    #[test]
    fn constants_are_in_screaming_snake_case() {
        assert_eq!(screaming("AddPartitionsToTxn"), "ADD_PARTITIONS_TO_TXN");
    }
}
