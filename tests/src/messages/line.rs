//! A line of a trace in, a value and where it stands out.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Result, bail, ensure};

/// A value of a message, in the order of the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Names of the fields down to it, lower-case and without underscores, joined by `/`. Elements
    /// of an array stand under the array's own name.
    pub path: String,
    /// Whether a tagged field begins here.
    pub is_tagged: bool,
    /// What is there.
    pub value: Value,
}

/// What is on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// An integer of any width; a boolean as 0 or 1.
    Int(i64),
    /// The bits of a float64.
    Float(u64),
    /// A UUID.
    Uuid([u8; 16]),
    /// A string's UTF-8.
    String(Option<Vec<u8>>),
    /// The length of a byte string.
    Bytes(Option<u32>),
    /// The number of elements.
    Array(Option<u32>),
    /// Whether a nullable struct is there; others have no line of their own.
    Struct(bool),
    /// The length of a set of records. A line for each of its batches follows.
    Records(Option<u32>),
    /// A batch of magic 2 that is whole.
    Batch(Batch),
}

/// A batch of records, as its header has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// In bytes, with its offset and the length field themselves.
    pub length: u32,
    /// Format.
    pub magic: u8,
    /// Compression: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.
    pub codec: u8,
    /// Number of records.
    pub records: u32,
}

impl FromStr for Line {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut parts = text.split('\t');
        let (Some(path), Some(kind), Some(value), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            bail!("not three words: {text}");
        };
        let untagged = kind.strip_prefix("tag ");
        let value = Value::parse(untagged.unwrap_or(kind), value)
            .with_context(|| format!("not a line of a trace: {text}"))?;
        Ok(Self { path: path.to_owned(), is_tagged: untagged.is_some(), value })
    }
}

impl Value {
    fn parse(kind: &str, text: &str) -> Result<Self> {
        Ok(match kind {
            "int" => Self::Int(text.parse()?),
            "float" => Self::Float(u64::from_str_radix(text, 16)?),
            "uuid" => Self::Uuid(unhex(text)?.try_into().ok().context("not 16 bytes")?),
            "string" => Self::String(nullable(text, unhex)?),
            "bytes" => Self::Bytes(nullable(text, number)?),
            "array" => Self::Array(nullable(text, number)?),
            "struct" => Self::Struct(nullable(text, present)?.is_some()),
            "records" => Self::Records(nullable(text, number)?),
            "batch" => Self::Batch(Batch::parse(text)?),
            _ => bail!("unknown kind"),
        })
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Uuid(_) => "uuid",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::Array(_) => "array",
            Self::Struct(_) => "struct",
            Self::Records(_) => "records",
            Self::Batch(_) => "batch",
        }
    }
}

impl Batch {
    fn parse(text: &str) -> Result<Self> {
        let [length, magic, codec, records] = text.split(',').collect::<Vec<_>>()[..] else {
            bail!("not four numbers");
        };
        Ok(Self {
            length: length.parse()?,
            magic: magic.parse()?,
            codec: codec.parse()?,
            records: records.parse()?,
        })
    }
}

/// As the trace has it.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tag = if self.is_tagged { "tag " } else { "" };
        write!(f, "{}\t{tag}{}\t{}", self.path, self.value.kind(), self.value)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(bits) => write!(f, "{bits:016x}"),
            Self::Uuid(bytes) => hex(f, bytes),
            Self::String(Some(text)) => hex(f, text),
            Self::Bytes(Some(number)) | Self::Array(Some(number)) | Self::Records(Some(number)) => {
                write!(f, "{number}")
            }
            Self::Struct(true) => f.write_str("present"),
            Self::Batch(Batch { length, magic, codec, records }) => {
                write!(f, "{length},{magic},{codec},{records}")
            }
            Self::String(None)
            | Self::Bytes(None)
            | Self::Array(None)
            | Self::Records(None)
            | Self::Struct(false) => f.write_str("null"),
        }
    }
}

fn nullable<T>(text: &str, read: impl FnOnce(&str) -> Result<T>) -> Result<Option<T>> {
    if text == "null" { Ok(None) } else { read(text).map(Some) }
}

fn number(text: &str) -> Result<u32> {
    Ok(text.parse()?)
}

fn present(text: &str) -> Result<()> {
    ensure!(text == "present", "neither there nor null");
    Ok(())
}

fn unhex(text: &str) -> Result<Vec<u8>> {
    ensure!(text.len().is_multiple_of(2) && text.is_ascii(), "not pairs of digits");
    let byte = |at| Ok(u8::from_str_radix(&text[at..at + 2], 16)?);
    (0..text.len()).step_by(2).map(byte).collect()
}

fn hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_and_written() {
        for text in [
            "errorcode\tint\t-1",
            "entity/value\tfloat\tc0091eb851eb851f",
            "topics/topicid\ttag uuid\t00112233445566778899aabbccddeeff",
            "topics/name\tstring\tc3a9",
            "topics/name\tstring\t",
            "topics/name\tstring\tnull",
            "authbytes\tbytes\t0",
            "topics\tarray\tnull",
            "assignment\ttag struct\tpresent",
            "cursor\tstruct\tnull",
            "responses/partitions/records\trecords\t77",
            "responses/partitions/records\tbatch\t77,2,4,1",
        ] {
            assert_eq!(text.parse::<Line>().expect(text).to_string(), text);
        }
    }

    #[test]
    fn values_are_what_they_say() {
        let value = |text: &str| text.parse::<Line>().expect(text).value;
        assert_eq!(value("a\tint\t18446744073"), Value::Int(18_446_744_073));
        assert_eq!(value("a\tstring\t4b61"), Value::String(Some(b"Ka".to_vec())));
        let batch = Batch { length: 99, magic: 2, codec: 1, records: 3 };
        assert_eq!(value("a\tbatch\t99,2,1,3"), Value::Batch(batch));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "a\tint",
            "a\tint\t1\t2",
            "a\tint\tnull",
            "a\tinteger\t1",
            "a\tstring\tabc",
            "a\tuuid\t00",
            "a\tstruct\tabsent",
            "a\tbatch\t1,2,3",
        ] {
            assert!(text.parse::<Line>().is_err(), "{text}");
        }
    }
}
