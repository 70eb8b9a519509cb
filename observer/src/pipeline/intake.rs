//! What a source may leave unread: the bytes that a direction in step passes over in any case.

use super::Pipeline;
use super::ends::key_of;
use crate::event::Handler;
use crate::input::{Input, Intake, Segment};

/// A pipeline, and where its events go.
struct Fed<'a, H> {
    pipeline: &'a mut Pipeline,
    handler: &'a mut H,
}

impl Pipeline {
    /// The pipeline as a source's intake; its events go to `handler`.
    pub fn intake<'a, H: Handler>(&'a mut self, handler: &'a mut H) -> impl Intake {
        Fed { pipeline: self, handler }
    }

    fn unneeded(&mut self, segment: &Segment<'_>) -> Option<u32> {
        let side = self.side_of(segment)?;
        let key = key_of(side, segment.flow);
        self.connections.peek_mut(&key)?.unneeded(side, segment)
    }
}

impl<H: Handler> Intake for Fed<'_, H> {
    fn input(&mut self, input: Input<'_>) {
        self.pipeline.input(&input, self.handler);
    }

    fn unneeded(&mut self, segment: &Segment<'_>) -> Option<u32> {
        self.pipeline.unneeded(segment)
    }
}
