//! The types of fields as the schemas write them: `int32`, `[]string`, `TopicData`.

use anyhow::{Result, ensure};

/// The type of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// A type of the protocol itself.
    Primitive(Primitive),
    /// A struct, by name.
    Struct(String),
    /// An array of a type.
    Array(Box<FieldType>),
}

/// The types of the protocol itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Primitive {
    /// One byte, 0 or 1.
    Bool,
    /// Signed, big-endian.
    Int8,
    /// Signed, big-endian.
    Int16,
    /// Unsigned, big-endian.
    Uint16,
    /// Signed, big-endian.
    Int32,
    /// Signed, big-endian.
    Int64,
    /// IEEE 754, big-endian.
    Float64,
    /// 16 bytes.
    Uuid,
    /// Length-prefixed UTF-8.
    String,
    /// Length-prefixed.
    Bytes,
    /// Length-prefixed record batches.
    Records,
}

impl FieldType {
    /// Reads a type; struct names begin with a capital letter.
    pub fn parse(text: &str) -> Result<Self> {
        if let Some(element) = text.strip_prefix("[]") {
            ensure!(!element.starts_with("[]"), "`{text}`: arrays of arrays are not known here");
            return Ok(Self::Array(Box::new(Self::parse(element)?)));
        }
        Ok(Self::Primitive(match text {
            "bool" => Primitive::Bool,
            "int8" => Primitive::Int8,
            "int16" => Primitive::Int16,
            "uint16" => Primitive::Uint16,
            "int32" => Primitive::Int32,
            "int64" => Primitive::Int64,
            "float64" => Primitive::Float64,
            "uuid" => Primitive::Uuid,
            "string" => Primitive::String,
            "bytes" => Primitive::Bytes,
            "records" => Primitive::Records,
            name => {
                ensure!(name.starts_with(char::is_uppercase), "`{text}` is not a type");
                return Ok(Self::Struct(name.to_owned()));
            }
        }))
    }

    /// Whether the wire has a null of this type.
    pub fn has_null(&self) -> bool {
        use Primitive::{Bytes, Records, String};
        !matches!(self, Self::Primitive(kind) if !matches!(kind, String | Bytes | Records))
    }

    /// The struct that the type, or the array's element, names.
    pub fn struct_name(&self) -> Option<&str> {
        match self {
            Self::Primitive(_) => None,
            Self::Struct(name) => Some(name),
            Self::Array(element) => element.struct_name(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_through_arrays() {
        let array = |of| FieldType::Array(Box::new(of));
        assert_eq!(
            FieldType::parse("[]int32").unwrap(),
            array(FieldType::Primitive(Primitive::Int32))
        );
        assert_eq!(FieldType::parse("[]Row").unwrap(), array(FieldType::Struct("Row".to_owned())));
        assert!(FieldType::parse("int128").is_err());
        assert!(FieldType::parse("[][]int32").is_err());
    }
}
