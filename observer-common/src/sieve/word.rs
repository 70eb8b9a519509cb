//! Words: the instructions of the sieve, in eight bytes each.

/// What a word does, once the number that it reads is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Op {
    /// A request begins: its length, API key and version (eight bytes). The entry for both tells
    /// which words come behind the correlation id.
    Request = 0,
    /// A request's correlation id. A response that has words of its own is expected.
    Asked = 1,
    /// A response begins: its length and correlation id (eight bytes).
    Response = 2,
    /// A frame begins that may be an authentication token: its length.
    Token = 3,
    /// Behind it: API key and version, if it is the request that ends the tokens. Looked at, and kept
    /// only then.
    Ended = 4,
    /// A length, and so many bytes to keep; of long ones the first [`super::act::MAX_KEPT`].
    Text = 5,
    /// A length, and so many bytes to leave out.
    Secret = 6,
    /// A count, and so many rows of `a` bytes to keep.
    Row = 7,
    /// A count of elements, each from the next word to a [`Op::Next`]; `a` is the word behind that, `b` how
    /// many arrays this one is in.
    Array = 8,
    /// The end of an element; `a` is the first word of one. Reads nothing.
    Next = 9,
    /// One byte, negative for a null struct, whose end is the word `a`.
    Nullable = 10,
    /// A count of tagged fields (KIP-482), and for each its tag, length and bytes to keep.
    Tagged = 11,
    /// The tag of one of them.
    Tag = 12,
    /// Its length.
    TagLength = 13,
    /// A length, and a record set of so many bytes to leave out; its batches' headers are kept if
    /// `a` is not 0. If nothing comes behind it but ends of elements and at most eight counts of tagged
    /// fields, `b` is one more than these.
    Records = 14,
    /// The next batch of a set: its length.
    Batch = 15,
    /// Its magic.
    Magic = 16,
    /// A length, and a whole request (KIP-590).
    WrappedRequest = 17,
    /// Its API key and version.
    Inner = 18,
    /// A length, and a whole response.
    WrappedResponse = 19,
    /// The first `a << 16 | b` bytes of what is left of the frame are kept, the others left out.
    /// Reads nothing.
    Rest = 20,
    /// The message's end. Reads nothing.
    End = 21,
    /// The API key and version of a request whose length has been read.
    Named = 22,
    /// Goes on with the word `a`. Reads nothing.
    Back = 23,
    /// Nothing but to keep the bytes before it. Reads nothing.
    Keep = 24,
}

/// The number that a word reads before it does what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Width {
    /// None.
    None = 0,
    /// One byte.
    One = 1,
    /// Two bytes.
    Two = 2,
    /// Four bytes.
    Four = 4,
    /// Eight bytes.
    Eight = 8,
    /// An unsigned varint of at most five bytes.
    Varint = 16,
}

/// An instruction: `op`, `width`, bytes to keep `before` the number, and two numbers of the op's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Word(pub u64);

impl Word {
    /// What stands behind the last word.
    pub const END: Self = Self::new(Op::End, Width::None, 0, 0, 0);

    /// Puts a word together.
    pub const fn new(op: Op, width: Width, before: u16, a: u16, b: u16) -> Self {
        Self(
            (b as u64) << 48
                | (a as u64) << 32
                | (before as u64) << 16
                | (width as u64) << 8
                | op as u64,
        )
    }

    /// The first word of a direction's frames.
    pub const REQUEST: Self = Self::new(Op::Request, Width::Eight, 0, 0, 0);
    /// The same, of responses.
    pub const RESPONSE: Self = Self::new(Op::Response, Width::Eight, 0, 0, 0);
    /// The same, while tokens may come.
    pub const TOKEN: Self = Self::new(Op::Token, Width::Four, 0, 0, 0);

    /// The op's number, see [`Op`].
    #[inline(always)]
    pub const fn op(self) -> u8 {
        self.0 as u8
    }

    /// Whether it is this op.
    #[inline(always)]
    pub const fn is(self, op: Op) -> bool {
        self.op() == op as u8
    }

    /// The width's number, see [`Width`].
    #[inline(always)]
    pub const fn width(self) -> u32 {
        (self.0 >> 8) as u8 as u32
    }

    /// Bytes to keep before the number.
    #[inline(always)]
    pub const fn before(self) -> u32 {
        (self.0 >> 16) as u16 as u32
    }

    /// Bytes that are sure to be read: those before the number, and its own if it is not a varint.
    #[inline(always)]
    pub(super) const fn claims(self) -> u32 {
        let width = self.width();
        self.before() + if width > 8 { 0 } else { width }
    }

    /// The op's first number.
    #[inline(always)]
    pub const fn a(self) -> u16 {
        (self.0 >> 32) as u16
    }

    /// The same word with another first number.
    #[must_use]
    pub const fn with_a(self, a: u16) -> Self {
        Self(self.0 & !(0xffff << 32) | (a as u64) << 32)
    }

    /// The op's second number.
    #[inline(always)]
    pub const fn b(self) -> u16 {
        (self.0 >> 48) as u16
    }

    /// The same word with another second number.
    #[must_use]
    pub const fn with_b(self, b: u16) -> Self {
        Self(self.0 & !(0xffff << 48) | (b as u64) << 48)
    }

    /// The op's two numbers as one.
    #[inline(always)]
    pub const fn ab(self) -> u32 {
        (self.a() as u32) << 16 | self.b() as u32
    }

    /// A length or count as this word's width writes it; `None` for null.
    #[inline(always)]
    pub const fn length(self, number: u64) -> Option<u32> {
        let value = match self.width() {
            2 => number as u16 as i16 as i64,
            4 => number as u32 as i32 as i64,
            _ => number as i64 - 1,
        };
        if value < 0 { None } else { Some(value as u32) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_holds_what_it_was_made_of() {
        let word = Word::new(Op::Array, Width::Varint, 513, 0xfffe, 0x1234);
        assert!(word.is(Op::Array) && !word.is(Op::Next));
        assert_eq!((word.width(), word.before(), word.a()), (16, 513, 0xfffe));
        assert_eq!((word.b(), word.ab()), (0x1234, 0xfffe_1234));
        assert_eq!(word.with_a(7).with_b(9).ab(), 7 << 16 | 9);
    }

    #[test]
    fn lengths_are_read_as_they_are_written() {
        let length = |width, number| Word::new(Op::Text, width, 0, 0, 0).length(number);
        assert_eq!(length(Width::Two, 0xffff), None);
        assert_eq!(length(Width::Two, 0x7fff), Some(0x7fff));
        assert_eq!(length(Width::Four, 0xffff_ffff), None);
        assert_eq!(length(Width::Four, 70_000), Some(70_000));
        assert_eq!(length(Width::Varint, 0), None);
        assert_eq!(length(Width::Varint, 1), Some(0));
        assert_eq!(length(Width::Varint, 0xffff_ffff), Some(0xffff_fffe));
    }
}
