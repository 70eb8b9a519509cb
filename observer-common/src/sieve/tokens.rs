//! Raw authentication tokens, which come in the place of frames after SaslHandshake v0.

/// Whether a frame may be a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Tokens {
    /// None.
    No = 0,
    /// Every frame may be one.
    Now = 1,
    /// Every frame behind the next.
    Soon = 2,
}
