//! The releases merged: for each API its facts, each version's from the newest release that has it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};

use super::declared::{DeclaredApi, Headers};
use super::jar::Jar;
use super::layout;
use super::message::{Kind, Listener, Message};
use super::versions::Versions;

/// A threshold that no version reaches.
pub const NEVER: i16 = i16::MAX;

/// What the releases together say of an API.
#[derive(Debug)]
pub struct Api<'a> {
    /// API key.
    pub key: i16,
    /// Name.
    pub name: String,
    /// Valid versions by release, newest release first.
    pub valid: Vec<Versions>,
    /// Whether the highest of them may still change, by release.
    pub unstable: Vec<bool>,
    /// Flexible versions.
    pub flexible: Versions,
    /// The versions from which the request has header version 1, and 2.
    pub request_header: [i16; 2],
    /// The versions from which the response has header version 1, and 2.
    pub response_header: [i16; 2],
    /// Marked as sent between brokers and controllers.
    pub cluster_action: bool,
    /// Where it is accepted.
    pub listeners: Vec<Listener>,
    /// Its layouts: each version's from the newest release that has it, newest release first.
    pub layouts: Vec<Layouts<'a>>,
}

/// The layouts of a range of an API's versions.
#[derive(Clone, Copy, Debug)]
pub struct Layouts<'a> {
    /// The versions.
    pub versions: Versions,
    /// The request's schema, which may also hold versions that are not of the range.
    pub request: &'a Message,
    /// The response's.
    pub response: &'a Message,
}

/// Merges the jars, newest first, into rows by key.
pub fn merge(jars: &[Jar]) -> Result<Vec<Api<'_>>> {
    let views = jars
        .iter()
        .map(|jar| view(jar).with_context(|| format!("kafka-clients {}", jar.release)))
        .collect::<Result<Vec<_>>>()?;
    let last = views.iter().flat_map(BTreeMap::keys).max().copied().context("no API at all")?;
    (0..=last).map(|key| row(key, &views).with_context(|| format!("API key {key}"))).collect()
}

/// How many (API, version, direction) the rows hold.
pub fn layouts(apis: &[Api<'_>]) -> usize {
    let layouts = apis.iter().flat_map(|api| &api.layouts);
    layouts.map(|layouts| 2 * layouts.versions.iter().count()).sum()
}

/// One API in one release.
struct View<'a> {
    request: &'a Message,
    response: &'a Message,
    declared: &'a DeclaredApi,
}

/// The APIs of one jar that have valid versions; schemas and code must say the same.
fn view(jar: &Jar) -> Result<BTreeMap<i16, View<'_>>> {
    let responses = by_key(jar, Kind::Response)?;
    let mut apis = BTreeMap::new();
    for (key, request) in by_key(jar, Kind::Request)? {
        if request.valid.is_empty() {
            continue;
        }
        let response =
            responses.get(&key).with_context(|| format!("{}: no response", request.file))?;
        let declared = jar.declared.apis.get(&key);
        let declared = declared.with_context(|| format!("{}: not in the code", request.file))?;
        agree(request, response, declared).with_context(|| request.file.clone())?;
        layout::agree(request, &declared.requests)?;
        layout::agree(response, &declared.responses)?;
        apis.insert(key, View { request, response, declared });
    }
    for (key, declared) in &jar.declared.apis {
        // One without versions is only a name.
        let is_there = apis.contains_key(key) || declared.headers.is_empty();
        ensure!(is_there, "{} (key {key}): in the code, but no schemas", declared.name);
    }
    Ok(apis)
}

/// The jar's schemas of a kind; one for each key.
fn by_key(jar: &Jar, kind: Kind) -> Result<BTreeMap<i16, &Message>> {
    let mut schemas: BTreeMap<i16, &Message> = BTreeMap::new();
    let of_kind = jar.messages.iter().filter(|message| message.kind == kind);
    for (key, message) in of_kind.filter_map(|message| Some((message.api_key?, message))) {
        if let Some(other) = schemas.insert(key, message) {
            bail!("apiKey {key}: both {} and {} have it", other.file, message.file);
        }
    }
    Ok(schemas)
}

/// Request, response and code tell of the same API: the table holds one range for all three.
fn agree(request: &Message, response: &Message, declared: &DeclaredApi) -> Result<()> {
    ensure!(request.valid == response.valid, "validVersions: not the response's");
    ensure!(request.flexible == response.flexible, "flexibleVersions: not the response's");
    ensure!(request.api_name() == response.api_name(), "name: not the response's");
    ensure!(request.api_name() == declared.name, "name: the code says {}", declared.name);
    let in_code = declared.headers.keys().copied();
    ensure!(in_code.eq(request.valid.iter()), "validVersions: not those of the code");
    Ok(())
}

fn row<'a>(key: i16, views: &[BTreeMap<i16, View<'a>>]) -> Result<Api<'a>> {
    let releases: Vec<_> = views.iter().map(|view| view.get(&key)).collect();
    let newest = releases.iter().copied().flatten().next();
    let newest = newest.context("no release has it, and the table is indexed by key")?;
    let same = releases.iter().flatten().all(|api| api.request.flexible == newest.request.flexible);
    ensure!(same, "flexibleVersions: the releases differ");
    let mut headers = BTreeMap::new();
    for (version, header) in releases.iter().flatten().flat_map(|api| &api.declared.headers) {
        let newer = headers.insert(*version, *header);
        let same = newer.is_none_or(|newer| newer == *header);
        ensure!(same, "header versions of version {version}: the releases differ");
    }
    let mut listeners = newest.request.listeners.clone();
    listeners.sort_unstable();
    Ok(Api {
        key,
        name: newest.request.api_name().to_owned(),
        valid: releases.iter().map(|api| api.map_or(Versions::NONE, |a| a.request.valid)).collect(),
        unstable: releases
            .iter()
            .map(|api| api.is_some_and(|a| a.request.latest_unstable))
            .collect(),
        flexible: newest.request.flexible,
        request_header: thresholds(&headers, |header| header.request).context("request header")?,
        response_header: thresholds(&headers, |header| header.response)
            .context("response header")?,
        cluster_action: newest.declared.cluster_action,
        listeners,
        layouts: newest_layouts(&releases)?,
    })
}

/// Each version's layout from the newest release that has it.
fn newest_layouts<'a>(releases: &[Option<&View<'a>>]) -> Result<Vec<Layouts<'a>>> {
    let mut all = Vec::new();
    let mut taken = BTreeSet::new();
    for View { request, response, .. } in releases.iter().copied().flatten() {
        let new: Vec<_> = request.valid.iter().filter(|version| taken.insert(*version)).collect();
        let (Some(&first), Some(&last)) = (new.first(), new.last()) else {
            continue;
        };
        let versions = Versions { first, last };
        ensure!(
            versions.iter().eq(new),
            "the versions that only an older release has are no range"
        );
        all.push(Layouts { versions, request, response });
    }
    Ok(all)
}

/// The versions from which header version 1, and 2, is in use; 0 where it is from the first on.
fn thresholds(
    headers: &BTreeMap<i16, Headers>,
    pick: impl Fn(&Headers) -> i16,
) -> Result<[i16; 2]> {
    let lowest = headers.keys().next().copied();
    let since = |wanted: i16| {
        let first = headers.iter().find(|(_, header)| pick(header) >= wanted).map(|(v, _)| *v);
        if first == lowest { 0 } else { first.unwrap_or(NEVER) }
    };
    let thresholds = [since(1), since(2)];
    for (version, header) in headers {
        let told = thresholds.iter().filter(|since| version >= since).count();
        ensure!(
            usize::try_from(pick(header)) == Ok(told),
            "version {version} goes back to an older"
        );
    }
    Ok(thresholds)
}

#[cfg(test)]
mod tests {
    use super::super::declared::Declared;
    use super::*;
    use crate::kafka::Version;

    fn thresholds_of(headers: &[i16]) -> Result<[i16; 2]> {
        let by_version = headers
            .iter()
            .zip(3..)
            .map(|(header, version)| (version, Headers { request: *header, response: 0 }));
        thresholds(&by_version.collect(), |header| header.request)
    }

    #[test]
    fn header_versions_become_thresholds() {
        assert_eq!(thresholds_of(&[1, 1, 2]).unwrap(), [0, 5]);
        assert_eq!(thresholds_of(&[0, 1, 1, 2]).unwrap(), [4, 6]);
        assert_eq!(thresholds_of(&[2, 2]).unwrap(), [0, 0]);
        assert_eq!(thresholds_of(&[0]).unwrap(), [NEVER, NEVER]);
    }

    #[test]
    fn header_versions_only_rise() {
        assert!(thresholds_of(&[1, 2, 1]).is_err());
        assert!(thresholds_of(&[3]).is_err());
    }

    fn message(direction: &str, valid: &str) -> Message {
        let text = format!(
            r#"{{ "apiKey": 3, "type": "{}", "name": "Ask{direction}", "validVersions": "{valid}",
                  "flexibleVersions": "3+" }}"#,
            direction.to_lowercase()
        );
        Message::parse("Ask.json", &text).unwrap()
    }

    fn code(versions: std::ops::Range<i16>) -> DeclaredApi {
        let headers = Headers { request: 1, response: 0 };
        // The test's messages have no fields, but flexible versions.
        let layout = |version| {
            let layout = (version >= 3).then(|| "_tagged_fields TAGGED".to_owned());
            (version, layout.into_iter().collect())
        };
        DeclaredApi {
            name: "Ask".to_owned(),
            cluster_action: false,
            headers: versions.clone().map(|version| (version, headers)).collect(),
            requests: versions.clone().map(layout).collect(),
            responses: versions.map(layout).collect(),
        }
    }

    /// A jar whose code has an API 3 of these versions.
    fn jar(versions: std::ops::Range<i16>, messages: Vec<Message>) -> Jar {
        let apis = BTreeMap::from([(3, code(versions))]);
        let declared = Declared { apis, ..Declared::default() };
        Jar { release: Version::LATEST, sha256: String::new(), messages, declared }
    }

    #[test]
    fn an_api_of_the_code_has_schemas() {
        let both = || vec![message("Request", "0-2"), message("Response", "0-2")];
        let error = |versions, messages| view(&jar(versions, messages)).map(drop).unwrap_err();
        assert_eq!(view(&jar(0..3, both())).unwrap().len(), 1);
        assert_eq!(view(&jar(0..0, Vec::new())).unwrap().len(), 0, "it was removed");
        let missing = "Ask (key 3): in the code, but no schemas";
        assert_eq!(error(0..3, both().split_off(1)).to_string(), missing);
        let removed = vec![message("Request", "none"), message("Response", "none")];
        assert_eq!(error(0..3, removed).to_string(), missing);
        let request = both().drain(..1).collect();
        assert_eq!(error(0..3, request).to_string(), "Ask.json: no response");
    }

    #[test]
    fn both_messages_have_the_fields_of_the_code() {
        for is_request in [true, false] {
            let mut jar = jar(0..4, vec![message("Request", "0-3"), message("Response", "0-3")]);
            assert!(view(&jar).is_ok());
            let declared = jar.declared.apis.get_mut(&3).unwrap();
            let layouts = if is_request { &mut declared.requests } else { &mut declared.responses };
            layouts.clear();
            let error = format!("{:#}", view(&jar).map(drop).unwrap_err());
            assert!(error.starts_with("Ask.json version 3: the schema says"), "{error}");
        }
    }

    #[test]
    fn an_api_has_one_schema_of_each_kind() {
        for again in ["Request", "Response"] {
            let mut messages = vec![message("Request", "0-2"), message("Response", "0-2")];
            messages.push(Message { file: "Again.json".to_owned(), ..message(again, "0-2") });
            let error = view(&jar(0..3, messages)).map(drop).unwrap_err();
            assert_eq!(error.to_string(), "apiKey 3: both Ask.json and Again.json have it");
        }
    }

    #[test]
    fn schemas_and_code_must_agree() {
        let (request, response) = (message("Request", "0-2"), message("Response", "0-2"));
        agree(&request, &response, &code(0..3)).unwrap();
        assert!(agree(&request, &response, &code(0..2)).is_err());
        assert!(agree(&request, &message("Response", "0-1"), &code(0..3)).is_err());
    }
}
