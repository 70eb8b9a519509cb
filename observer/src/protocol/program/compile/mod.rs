//! The compiler: a layout and a version in, a program out.

mod emit;
mod fields;
mod idle;

use self::emit::index;
use super::{Length, MAX_DEPTH, Op, Place, Program, Tag, Value};
use crate::event::Side;
use crate::protocol::api::ApiKey;
use crate::protocol::error_code::ErrorCode;
use crate::protocol::meaning::{self, Role};
use crate::protocol::schema::{self, Field, Layout};

/// What fields mean; programs for different purposes differ in it.
#[derive(Clone, Copy)]
pub struct Meaning {
    /// A field's role.
    pub role: fn(&Field) -> Role,
    /// Values with these roles are passed over.
    pub passes_over: &'static [Role],
    /// Whether the batches of fetched record sets are looked at; those of produced ones are.
    pub looks_at_fetched: bool,
}

impl Meaning {
    /// What an observer wants to know.
    pub const FACTS: Self = Self {
        role: meaning::role,
        passes_over: &[Role::None, Role::Secret],
        looks_at_fetched: false,
    };
    /// Every value, for those who compare decoders.
    pub const EVERYTHING: Self =
        Self { role: meaning::role, passes_over: &[], looks_at_fetched: true };
    /// What the sieve leaves out, and where it is.
    pub const DATA: Self =
        Self { role: meaning::data, passes_over: &[Role::None], looks_at_fetched: false };
}

/// Why a layout has no program: the schema is not one that this code was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// More ops, fields or tags than an index can tell.
    #[error("the layout has more fields than a program can hold")]
    TooLong,
    /// Nested more deeply than [`MAX_DEPTH`].
    #[error("{0}: nested more deeply than {MAX_DEPTH} levels")]
    TooDeep(&'static str),
    /// An array of structs without a byte.
    #[error("{0}: an array of empty elements")]
    EmptyElement(&'static str),
}

/// Compiles one version of a layout.
pub fn compile(layout: &Layout, version: i16, meaning: Meaning) -> Result<Program, CompileError> {
    let is_flexible = layout.api_key.lookup().is_some_and(|api| api.flexible.contains(version));
    let mut compiler = Compiler {
        version,
        is_flexible,
        side: layout.side,
        meaning,
        ops: Vec::new(),
        values: Vec::new(),
        tags: Vec::new(),
        fields: Vec::new(),
        later: Vec::new(),
        mergeable: false,
        // A broker that does not know the version of ApiVersions answers in version 0 (KIP-511).
        may_fork: (layout.api_key, layout.side) == (ApiKey::API_VERSIONS, Side::Response)
            && version > 0,
        fork: None,
    };
    compiler.header(layout.api_key)?;
    compiler.message(layout)?;
    compiler.older_broker(layout.api_key)?;
    let Compiler { mut ops, values, tags, fields, .. } = compiler;
    let idle = idle::note(&mut ops);
    Ok(Program {
        ops: ops.into(),
        values: values.into(),
        tags: tags.into(),
        fields: fields.into(),
        idle: idle.into(),
        is_disputed: layout.disputed.contains(&version),
        facts_of: None,
    })
}

struct Compiler {
    version: i16,
    is_flexible: bool,
    side: Side,
    meaning: Meaning,
    ops: Vec<Op>,
    values: Vec<Value>,
    tags: Vec<Tag>,
    fields: Vec<(&'static Field, Option<u16>)>,
    /// Tagged fields whose ops come behind the rest.
    later: Vec<Later>,
    /// Whether the last op may take in more of a fixed width: nothing jumps behind it.
    mergeable: bool,
    /// Whether the first error code tells which layout follows, and the op that asks.
    may_fork: bool,
    fork: Option<usize>,
}

struct Later {
    row: usize,
    field: &'static Field,
    around: Option<u16>,
    depth: usize,
}

impl Compiler {
    /// The header's rest behind the correlation id (protocol guide, "Request Header", "Response
    /// Header").
    fn header(&mut self, api_key: ApiKey) -> Result<(), CompileError> {
        let version = api_key.header_version(self.side, self.version);
        let has_client_id = self.side == Side::Request && version >= 1;
        if has_client_id {
            let place = Place { role: Role::Client, field: u16::MAX };
            self.push(Op::Bytes { length: Length::Int16, place })?;
        }
        if version >= if has_client_id { 2 } else { 1 } {
            self.push(Op::Tagged { first: 0, known: 0 })?;
        }
        Ok(())
    }

    fn message(&mut self, layout: &Layout) -> Result<(), CompileError> {
        self.structure(layout.fields, None, 0)?;
        self.push(Op::End)?;
        // Tagged fields may hold structs with tagged fields of their own.
        while let Some(later) = self.later.pop() {
            let begin = self.here()?;
            if let Some(tag) = self.tags.get_mut(later.row) {
                tag.begin = begin;
            }
            self.field(later.field, later.around, later.depth)?;
            self.push(Op::EndTagged)?;
        }
        Ok(())
    }

    /// Behind the first error code, where the message goes on if that says that it is of version 0.
    fn older_broker(&mut self, api_key: ApiKey) -> Result<(), CompileError> {
        let layout = schema::layout(api_key, self.side, 0);
        let (Some(at), Some(layout)) = (self.fork, layout) else {
            return Ok(());
        };
        let to = self.here()?;
        self.patch(at, |op| *op = Op::If { value: ErrorCode::UNSUPPORTED_VERSION.0, to });
        (self.version, self.is_flexible) = (0, false);
        self.structure(layout.fields.get(1..).unwrap_or_default(), None, 0)?;
        self.push(Op::End)
    }

    /// The fields of a struct, its tagged ones last.
    fn structure(
        &mut self,
        fields: &'static [Field],
        around: Option<u16>,
        depth: usize,
    ) -> Result<(), CompileError> {
        for field in fields {
            if self.has(field) && self.tag(field).is_none() {
                self.field(field, around, depth)?;
            }
        }
        if self.is_flexible {
            self.tagged(fields, around, depth)?;
        }
        Ok(())
    }

    fn tagged(
        &mut self,
        fields: &'static [Field],
        around: Option<u16>,
        depth: usize,
    ) -> Result<(), CompileError> {
        let first = index(self.tags.len())?;
        let mut tagged: Vec<_> =
            fields.iter().filter_map(|field| Some((self.tag(field)?, field))).collect();
        tagged.sort_by_key(|(tag, _)| *tag);
        for (tag, field) in &tagged {
            let row = self.tags.len();
            let depth = depth.saturating_add(1);
            self.later.push(Later { row, field, around, depth });
            self.tags.push(Tag { tag: *tag, begin: 0 });
        }
        self.push(Op::Tagged { first, known: index(tagged.len())? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::api::Versions;
    use crate::protocol::program::MAX_DEPTH;
    use crate::protocol::schema::Kind;

    const SINCE_0: Versions = Versions { first: 0, last: i16::MAX };
    const NEVER: Versions = Versions { first: 0, last: -1 };

    /// An array of structs with these fields.
    const fn structs(name: &'static str, fields: &'static [Field]) -> Field {
        let (versions, nullable, tagged, entity) = (SINCE_0, NEVER, None, None);
        Field {
            name,
            kind: Kind::Struct,
            is_array: true,
            versions,
            nullable,
            tagged,
            entity,
            fields,
        }
    }

    fn refused(field: Field) -> String {
        let fields = Vec::leak(vec![field]);
        let layout = Layout {
            api_key: ApiKey(3),
            side: Side::Response,
            versions: SINCE_0,
            fields,
            disputed: &[],
        };
        compile(&layout, 0, Meaning::FACTS).map_or_else(|why| why.to_string(), |_| String::new())
    }

    #[test]
    fn a_layout_that_cannot_be_compiled_is_refused_by_its_field() {
        assert_eq!(refused(structs("Empty", &[])), "Empty: an array of empty elements");
        let deep = (0..MAX_DEPTH)
            .fold(structs("Deepest", &[]), |inner, _| structs("Deep", Vec::leak(vec![inner])));
        assert_eq!(refused(deep), format!("Deepest: nested more deeply than {MAX_DEPTH} levels"));
    }
}
