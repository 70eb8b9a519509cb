//! The compiler: a layout and a version in, a program out.

use super::{Length, MAX_DEPTH, Op, Place, Program, Tag, Walk};
use crate::event::Side;
use crate::protocol::api::ApiKey;
use crate::protocol::error_code::ErrorCode;
use crate::protocol::meaning::{self, Role};
use crate::protocol::schema::{self, Field, Kind, Layout};

/// What fields mean; programs for different purposes differ in it.
#[derive(Clone, Copy)]
pub struct Meaning {
    /// A field's role.
    pub role: fn(&Field) -> Role,
    /// Whether values without a role are passed over.
    pub skip: bool,
}

impl Meaning {
    /// What an observer wants to know.
    pub const FACTS: Self = Self { role: meaning::role, skip: true };
    /// Every value, for those who compare decoders.
    pub const EVERYTHING: Self = Self { role: meaning::role, skip: false };
}

/// Why a layout has no program: the schema is not one that this code was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// More ops, fields or tags than an index can tell.
    #[error("the layout has more fields than a program can hold")]
    TooLong,
    /// Nested more deeply than [`MAX_DEPTH`].
    #[error("the layout is nested more deeply than {MAX_DEPTH} levels")]
    TooDeep,
    /// An array of structs without a byte.
    #[error("the layout has an array of empty elements")]
    EmptyElement,
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
    let Compiler { ops, tags, fields, .. } = compiler;
    Ok(Program { ops: ops.into(), tags: tags.into(), fields: fields.into() })
}

struct Compiler {
    version: i16,
    is_flexible: bool,
    side: Side,
    meaning: Meaning,
    ops: Vec<Op>,
    tags: Vec<Tag>,
    fields: Vec<(&'static Field, Option<u16>)>,
    /// Tagged fields whose ops come behind the rest.
    later: Vec<Later>,
    /// Whether the last op may take in another skip: nothing jumps behind it.
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

    fn field(
        &mut self,
        field: &'static Field,
        around: Option<u16>,
        depth: usize,
    ) -> Result<(), CompileError> {
        if depth >= MAX_DEPTH {
            return Err(CompileError::TooDeep);
        }
        let place = self.place(field, around)?;
        let is_nullable = field.nullable.contains(self.version);
        match (field.is_array, field.kind) {
            (true, _) => self.array(field, place, depth),
            (false, Kind::Struct) if is_nullable => {
                let at = self.ops.len();
                self.push(Op::Nullable { end: 0, place })?;
                self.structure(field.fields, Some(place.field), depth)?;
                let end = self.here()?;
                self.patch(at, |op| *op = Op::Nullable { end, place });
                Ok(())
            }
            (false, Kind::Struct) => self.structure(field.fields, Some(place.field), depth),
            (false, _) => self.value(field.kind, place),
        }
    }

    fn array(
        &mut self,
        field: &'static Field,
        place: Place,
        depth: usize,
    ) -> Result<(), CompileError> {
        let length = self.length(Length::Int32);
        if let Some(width) = field.kind.width()
            && self.is_passed_over(place)
        {
            return self.push(Op::Row { length, width });
        }
        let at = self.ops.len();
        self.push(Op::Array { length, place, end: 0 })?;
        let begin = self.here()?;
        let scope = meaning::scope(field, |inner| self.has(inner));
        if let Some(scope) = scope {
            self.push(Op::Enter(scope))?;
        }
        let before = self.ops.len();
        match field.kind {
            Kind::Struct => {
                self.structure(field.fields, Some(place.field), depth.saturating_add(1))?;
            }
            kind => self.value(kind, place)?,
        }
        if self.ops.len() == before {
            return Err(CompileError::EmptyElement);
        }
        if let Some(scope) = scope {
            self.push(Op::Leave(scope))?;
        }
        self.push(Op::Next { begin })?;
        let end = self.here()?;
        self.patch(at, |op| *op = Op::Array { length, place, end });
        Ok(())
    }

    fn value(&mut self, kind: Kind, place: Place) -> Result<(), CompileError> {
        match kind {
            _ if let Some(width) = kind.width()
                && self.is_passed_over(place) =>
            {
                self.skip(width)
            }
            Kind::Uuid => self.push(Op::Uuid { place }),
            Kind::String => self.bytes(Length::Int16, place),
            Kind::Bytes if matches!(place.role, Role::WrappedRequest | Role::WrappedResponse) => {
                let length = self.length(Length::Int32);
                self.push(Op::Wrapped { length, place })
            }
            Kind::Bytes => self.bytes(Length::Int32, place),
            Kind::Records => {
                let length = self.length(Length::Int32);
                let walk = match (place.role, self.side) {
                    (Role::Records, _) if !self.meaning.skip => Walk::Each,
                    (Role::Records, Side::Request) => Walk::Each,
                    (Role::Records, Side::Response) => Walk::First,
                    _ => Walk::Not,
                };
                self.push(Op::Records { length, place, walk })
            }
            _ => {
                let width = kind.width().unwrap_or_default();
                let width = u8::try_from(width).map_err(|_| CompileError::TooLong)?;
                self.push(Op::Number { width, place })?;
                self.fork_behind(place)
            }
        }
    }

    fn bytes(&mut self, plain: Length, place: Place) -> Result<(), CompileError> {
        let length = self.length(plain);
        if self.is_passed_over(place) {
            return self.push(Op::Pass(length));
        }
        self.push(Op::Bytes { length, place })
    }

    fn fork_behind(&mut self, place: Place) -> Result<(), CompileError> {
        if !self.may_fork || place.role != Role::Error {
            return Ok(());
        }
        self.may_fork = false;
        self.fork = Some(self.ops.len());
        self.push(Op::If { value: 0, to: 0 })
    }

    fn skip(&mut self, width: u16) -> Result<(), CompileError> {
        if self.mergeable
            && let Some(Op::Skip(len)) = self.ops.last_mut()
            && let Some(sum) = len.checked_add(width)
        {
            *len = sum;
            return Ok(());
        }
        self.push(Op::Skip(width))?;
        self.mergeable = true;
        Ok(())
    }

    fn push(&mut self, op: Op) -> Result<(), CompileError> {
        index(self.ops.len())?;
        self.ops.push(op);
        self.mergeable = false;
        Ok(())
    }

    fn patch(&mut self, at: usize, change: impl FnOnce(&mut Op)) {
        if let Some(op) = self.ops.get_mut(at) {
            change(op);
        }
    }

    /// The next op's index. Something will jump there, so a skip must not grow over it.
    fn here(&mut self) -> Result<u16, CompileError> {
        self.mergeable = false;
        index(self.ops.len())
    }

    fn place(&mut self, field: &'static Field, around: Option<u16>) -> Result<Place, CompileError> {
        let place = Place { role: (self.meaning.role)(field), field: index(self.fields.len())? };
        self.fields.push((field, around));
        Ok(place)
    }

    fn is_passed_over(&self, place: Place) -> bool {
        self.meaning.skip && matches!(place.role, Role::None | Role::Secret)
    }

    fn has(&self, field: &Field) -> bool {
        field.versions.contains(self.version)
    }

    fn tag(&self, field: &Field) -> Option<u32> {
        let (versions, tag) = field.tagged?;
        (self.has(field) && versions.contains(self.version)).then_some(tag)
    }

    fn length(&self, plain: Length) -> Length {
        if self.is_flexible { Length::Compact } else { plain }
    }
}

fn index(len: usize) -> Result<u16, CompileError> {
    u16::try_from(len).ok().filter(|index| *index < u16::MAX).ok_or(CompileError::TooLong)
}
