//! Ops, and what is asked of a field in the version at hand.

use super::{CompileError, Compiler};
use crate::protocol::meaning::Role;
use crate::protocol::program::{Length, Op, Place};
use crate::protocol::schema::Field;

impl Compiler {
    pub(super) fn push(&mut self, op: Op) -> Result<(), CompileError> {
        index(self.ops.len())?;
        self.ops.push(op);
        self.mergeable = false;
        Ok(())
    }

    pub(super) fn patch(&mut self, at: usize, change: impl FnOnce(&mut Op)) {
        if let Some(op) = self.ops.get_mut(at) {
            change(op);
        }
    }

    /// The next op's index. Something will jump there, so a skip must not grow over it.
    pub(super) fn here(&mut self) -> Result<u16, CompileError> {
        self.mergeable = false;
        index(self.ops.len())
    }

    pub(super) fn place(
        &mut self,
        field: &'static Field,
        around: Option<u16>,
    ) -> Result<Place, CompileError> {
        let role = match (self.meaning.role)(field) {
            Role::CoordinatorKey if around.is_some() => Role::None,
            role => role,
        };
        let place = Place { role, field: index(self.fields.len())? };
        self.fields.push((field, around));
        Ok(place)
    }

    pub(super) fn is_passed_over(&self, place: Place) -> bool {
        self.meaning.passes_over.contains(&place.role)
    }

    pub(super) fn has(&self, field: &Field) -> bool {
        field.versions.contains(self.version)
    }

    pub(super) fn tag(&self, field: &Field) -> Option<u32> {
        let (versions, tag) = field.tagged?;
        (self.has(field) && versions.contains(self.version)).then_some(tag)
    }

    pub(super) fn length(&self, plain: Length) -> Length {
        if self.is_flexible { Length::Compact } else { plain }
    }
}

/// An index into ops, fields or tags.
pub(super) fn index(len: usize) -> Result<u16, CompileError> {
    u16::try_from(len).ok().filter(|index| *index < u16::MAX).ok_or(CompileError::TooLong)
}
