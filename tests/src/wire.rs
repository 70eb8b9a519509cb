//! Kafka's messages, as bytes: header fields and a body in, a frame with its length prefix out.

/// A request under header v1, which every API but ControlledShutdown v0 understands.
pub fn request(key: i16, version: i16, correlation_id: i32, client: &str, body: &[u8]) -> Vec<u8> {
    let mut message = key.to_be_bytes().to_vec();
    message.extend(version.to_be_bytes());
    message.extend(correlation_id.to_be_bytes());
    message.extend(string(client));
    message.extend(body);
    frame(&message)
}

/// A response under header v0.
pub fn response(correlation_id: i32, body: &[u8]) -> Vec<u8> {
    frame(&[&correlation_id.to_be_bytes()[..], body].concat())
}

/// A message behind its length.
pub fn frame(message: &[u8]) -> Vec<u8> {
    [&(message.len() as i32).to_be_bytes()[..], message].concat()
}

/// A STRING.
pub fn string(text: &str) -> Vec<u8> {
    [&(text.len() as i16).to_be_bytes()[..], text.as_bytes()].concat()
}

/// Heartbeat v0.
pub fn heartbeat(correlation_id: i32, client: &str) -> Vec<u8> {
    let body = [string("group"), 1_i32.to_be_bytes().to_vec(), string("member")].concat();
    request(12, 0, correlation_id, client, &body)
}

/// The answer to Heartbeat v0: no error.
pub fn heartbeat_answer(correlation_id: i32) -> Vec<u8> {
    response(correlation_id, &[0, 0])
}
