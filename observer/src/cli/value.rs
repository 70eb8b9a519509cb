//! Values as people write them: numbers, sizes (`65536`, `64K`, `64KiB`, `16M`), times (`500ms`,
//! `10m`), addresses. What lies outside its bounds is refused, and the bounds are told.

use std::net::IpAddr;
#[cfg(feature = "live")]
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

/// More memory than that is a slip of the hand.
pub const MOST_MEMORY: u64 = 1 << 40;
/// The longest time that is taken, far beyond any that means something: ten years.
const LONGEST: Duration = Duration::from_hours(10 * 365 * 24);

/// Makes a reader of numbers within bounds.
pub fn number<T: TryFrom<u64>>(
    bounds: RangeInclusive<u64>,
) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text| {
        let (least, most) = (bounds.start(), bounds.end());
        let number = text.parse().ok().filter(|number| bounds.contains(number));
        number
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| format!("write a number from {least} to {most}"))
    }
}

/// Makes a reader of sizes within bounds.
pub fn size<T: TryFrom<u64>>(
    bounds: RangeInclusive<u64>,
) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text| {
        let size = bytes(text)?;
        if size < *bounds.start() {
            return Err(format!("{text} is too small: {} at least", short(*bounds.start())));
        }
        if size > *bounds.end() {
            return Err(format!("{text} is too large: {} at most", short(*bounds.end())));
        }
        T::try_from(size).map_err(|_| too_large(text))
    }
}

/// A size in the largest unit that divides it.
fn short(size: u64) -> String {
    let units = [(30, "G"), (20, "M"), (10, "K")];
    let unit = units.iter().find(|(shift, _)| size.trailing_zeros() >= *shift && size != 0);
    unit.map_or_else(|| size.to_string(), |(shift, unit)| format!("{}{unit}", size >> shift))
}

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
        Ok(time) if time > LONGEST => Err(format!("{text} is too long: ten years at most")),
        Ok(time) => Ok(time),
    }
}

/// Reads a name that a label may have.
pub fn name(text: &str) -> Result<String, String> {
    if text.trim().is_empty() || text.contains(char::is_control) {
        return Err("write a name of one line that is not empty".to_owned());
    }
    Ok(text.to_owned())
}

/// Reads an IP address.
pub fn ip_address(text: &str) -> Result<IpAddr, String> {
    let wanted = "write addresses like 10.0.0.1,fd00::1";
    text.trim().parse().map_err(|_| format!("\"{text}\" is no IP address: {wanted}"))
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
    fn numbers_and_sizes_outside_their_bounds_are_refused_with_them() {
        let number = number::<u32>(1..=1000);
        assert_eq!(number("1000"), Ok(1000));
        for text in ["0", "1001", "-1", "", "many", "99999999999999999999"] {
            assert_eq!(number(text), Err("write a number from 1 to 1000".to_owned()), "{text}");
        }
        let size = size::<usize>(1 << 10..=3 << 30);
        assert_eq!(size("1K"), Ok(1024));
        assert_eq!(size("0"), Err("0 is too small: 1K at least".to_owned()));
        assert_eq!(size("4G"), Err("4G is too large: 3G at most".to_owned()));
        assert_eq!((short(0), short(1025)), ("0".to_owned(), "1025".to_owned()));
    }

    #[test]
    fn names_are_not_empty_and_of_one_line() {
        assert_eq!(name("eu-1 blue"), Ok("eu-1 blue".to_owned()));
        for text in ["", " ", "a\nb", "\t"] {
            assert!(name(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn times_have_a_unit_and_are_not_zero() {
        assert_eq!(duration("1m 30s"), Ok(Duration::from_secs(90)));
        for text in ["", "10", "0s", "soon", "11y", "9999999999y"] {
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
