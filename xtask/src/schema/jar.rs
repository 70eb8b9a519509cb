//! A kafka-clients release: fetched, hashed, its schemas and declarations read.

use std::fmt::Write;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use super::declared::Declared;
use super::message::Message;
use crate::kafka::{self, Version};

/// A release and what its jar says.
pub struct Jar {
    /// Kafka's version.
    pub release: Version,
    /// The jar's SHA-256, hexadecimal.
    pub sha256: String,
    /// All message schemas.
    pub messages: Vec<Message>,
    /// What the jar declares in code.
    pub declared: Declared,
}

impl Jar {
    /// Reads the jar of a release; brings it if it is not there.
    pub fn fetch(release: Version) -> Result<Self> {
        let folder = kafka::fetch(release)?;
        let path = folder.join(format!("kafka-clients-{release}.jar"));
        let named = || format!("kafka-clients-{release}.jar");
        Ok(Self {
            release,
            sha256: sha256(&path).with_context(named)?,
            messages: messages(&path).with_context(named)?,
            declared: Declared::read(&folder).with_context(named)?,
        })
    }
}

fn sha256(jar: &Path) -> Result<String> {
    let digest = Sha256::digest(fs::read(jar)?);
    let mut hex = String::new();
    for byte in digest {
        write!(hex, "{byte:02x}")?;
    }
    Ok(hex)
}

fn messages(jar: &Path) -> Result<Vec<Message>> {
    let mut archive = zip::ZipArchive::new(File::open(jar)?)?;
    let mut messages = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let path = PathBuf::from(entry.name()?.into_owned());
        let is_json = path.extension().is_some_and(|extension| extension == "json");
        if !is_json || !path.starts_with("common/message") {
            continue;
        }
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut text = String::new();
        entry.read_to_string(&mut text).with_context(|| file.clone())?;
        messages.push(Message::parse(&file, &text)?);
    }
    ensure!(!messages.is_empty(), "no message schemas in it");
    Ok(messages)
}
