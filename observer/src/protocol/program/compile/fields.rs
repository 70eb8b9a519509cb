//! Fields, arrays and values.

use super::emit::index;
use super::{CompileError, Compiler};
use crate::event::Side;
use crate::protocol::meaning::{self, Role};
use crate::protocol::program::{Length, MAX_DEPTH, MAX_FIXED, Op, Place, Value};
use crate::protocol::schema::{Field, Kind};

impl Compiler {
    pub(super) fn field(
        &mut self,
        field: &'static Field,
        around: Option<u16>,
        depth: usize,
    ) -> Result<(), CompileError> {
        if depth >= MAX_DEPTH {
            return Err(CompileError::TooDeep(field.name));
        }
        let place = self.place(field, around)?;
        match (field.is_array, field.kind) {
            (true, _) => self.array(field, place, depth),
            (false, Kind::Struct) => self.single(field, place, depth),
            (false, _) => self.value(field, place),
        }
    }

    /// A struct that is no array's element.
    fn single(
        &mut self,
        field: &'static Field,
        place: Place,
        depth: usize,
    ) -> Result<(), CompileError> {
        let around = self.meaning;
        if meaning::is_cursor(field) {
            self.meaning.role = |_| Role::None;
        }
        let at = self.ops.len();
        let is_nullable = field.nullable.contains(self.version);
        if is_nullable {
            self.push(Op::Nullable { end: 0, place })?;
        }
        self.structure(field.fields, Some(place.field), depth)?;
        if is_nullable {
            let end = self.here()?;
            self.patch(at, |op| *op = Op::Nullable { end, place });
        }
        self.meaning = around;
        Ok(())
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
        let scope = meaning::scope(field, |inner| self.has(inner));
        self.push(Op::Array { length, place, end: 0, scope })?;
        let begin = self.here()?;
        let before = self.ops.len();
        match field.kind {
            Kind::Struct => {
                self.structure(field.fields, Some(place.field), depth.saturating_add(1))?;
            }
            _ => self.value(field, place)?,
        }
        if self.ops.len() == before {
            return Err(CompileError::EmptyElement(field.name));
        }
        self.push(Op::Next { begin, scope })?;
        let end = self.here()?;
        self.patch(at, |op| *op = Op::Array { length, place, end, scope });
        Ok(())
    }

    fn value(&mut self, field: &'static Field, place: Place) -> Result<(), CompileError> {
        match field.kind {
            kind if let Some(width) = kind.width() => {
                self.fixed(width, place)?;
                self.fork_behind(place)
            }
            Kind::String => self.bytes(Length::Int16, place),
            Kind::Bytes if matches!(place.role, Role::WrappedRequest | Role::WrappedResponse) => {
                let length = self.length(Length::Int32);
                self.push(Op::Wrapped { length, place })
            }
            Kind::Bytes => self.bytes(Length::Int32, place),
            Kind::Records => {
                let length = self.length(Length::Int32);
                // What is fetched was produced before: its size is what is new.
                let is_walked = place.role == Role::Records
                    && (self.side == Side::Request || self.meaning.looks_at_fetched);
                self.push(Op::Records { length, place, is_walked })
            }
            _ => Err(CompileError::EmptyElement(field.name)),
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

    /// A value of a fixed width, together with those before it.
    fn fixed(&mut self, width: u16, place: Place) -> Result<(), CompileError> {
        let is_told = !self.is_passed_over(place);
        let (offset, first, count) = match self.ops.last() {
            Some(Op::Skip(len)) if self.fits(*len, width) => (*len, index(self.values.len())?, 0),
            Some(Op::Fixed { len, first, count, .. }) if self.fits(*len, width) => {
                (*len, *first, *count)
            }
            _ => {
                self.push(Op::Skip(0))?;
                (0, index(self.values.len())?, 0)
            }
        };
        let len = offset.saturating_add(width);
        let count = count.saturating_add(u16::from(is_told));
        if is_told {
            self.values.push(Value { offset, width, place });
        }
        if let Some(last) = self.ops.last_mut() {
            *last =
                if count > 0 { Op::Fixed { len, first, count, idle: 0 } } else { Op::Skip(len) };
        }
        self.mergeable = true;
        Ok(())
    }

    /// Whether the last op can take in so much more.
    fn fits(&self, len: u16, width: u16) -> bool {
        self.mergeable && len.saturating_add(width) <= MAX_FIXED
    }
}
