//! Fields, arrays and values.

use super::{CompileError, Compiler};
use crate::event::Side;
use crate::protocol::meaning::{self, Role};
use crate::protocol::program::{Length, MAX_DEPTH, Op, Place, Walk};
use crate::protocol::schema::{Field, Kind};

impl Compiler {
    pub(super) fn field(
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
}
