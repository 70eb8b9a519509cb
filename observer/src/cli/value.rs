//! Values as people write them: sizes (`65536`, `64K`, `64KiB`, `16M`), times (`500ms`, `10m`),
//! addresses.

#[cfg(feature = "live")]
use std::net::SocketAddr;
use std::time::Duration;

/// Reads a size; the units are powers of 1024.
pub fn bytes<T: TryFrom<u64>>(text: &str) -> Result<T, String> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let shift = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kib" => 10,
        "m" | "mib" => 20,
        "g" | "gib" => 30,
        _ => return Err(not_a_size(text)),
    };
    let number: u64 = digits.parse().map_err(|_| not_a_size(text))?;
    let size = number.checked_mul(1 << shift).ok_or_else(|| too_large(text))?;
    T::try_from(size).map_err(|_| too_large(text))
}

/// Reads a time.
pub fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) | Err(_) => Err(format!(
            "\"{text}\" is no time: write a number above 0 with ms, s, m or h, like 10m"
        )),
        Ok(time) => Ok(time),
    }
}

/// Reads an address to listen on.
#[cfg(feature = "live")]
pub fn address(text: &str) -> Result<SocketAddr, String> {
    let wanted = "write an IP address and a port, like 127.0.0.1:9464 or [::1]:9464";
    text.parse().map_err(|_| format!("\"{text}\" is no address: {wanted}"))
}

fn not_a_size(text: &str) -> String {
    format!("\"{text}\" is no size: write bytes, or a number with K, M or G")
}

fn too_large(text: &str) -> String {
    format!("{text} is too large")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, size) in [("0", 0), ("65536", 65536), ("64K", 65536), ("1 MiB", 1 << 20)] {
            assert_eq!(bytes::<u64>(text), Ok(size));
        }
    }

    #[test]
    fn times_have_a_unit_and_are_not_zero() {
        assert_eq!(duration("1m 30s"), Ok(Duration::from_secs(90)));
        for text in ["", "10", "0s", "soon"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in ["", "M", "-1", "1.5M", "10 apples", "99999999999G"] {
            assert!(bytes::<u64>(text).is_err(), "{text}");
        }
        assert_eq!(bytes::<u32>("4G"), Err("4G is too large".to_owned()));
    }
}
