//! Times as text.

use std::time::Duration;

use crate::time::Timestamp;

/// RFC 3339, UTC, with nanoseconds.
pub fn rfc3339(time: Timestamp) -> String {
    const DAY: u64 = 86_400;
    let (seconds, nanos) = (time.0 / 1_000_000_000, time.0 % 1_000_000_000);
    let (year, month, day) = date(seconds / DAY);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let mut text = String::with_capacity(30);
    for (number, width, behind) in [
        (year, 4, '-'),
        (month, 2, '-'),
        (day, 2, 'T'),
        (hour, 2, ':'),
        (minute, 2, ':'),
        (second, 2, '.'),
        (nanos, 9, 'Z'),
    ] {
        push_digits(number, width, &mut text);
        text.push(behind);
    }
    text
}

/// As many digits, of a number that has no more. There is a time in every line: with `format!` it was 7 %
/// of a replay that prints requests of one batch.
fn push_digits(number: u64, width: u32, text: &mut String) {
    for place in (0..width).rev() {
        let digit = number / 10_u64.pow(place) % 10;
        text.push(char::from_digit(digit as u32, 10).unwrap_or('?'));
    }
}

/// Milliseconds, with as many digits as a person needs.
pub fn millis(duration: Duration) -> String {
    let ms = duration.as_secs_f64() * 1e3;
    let digits = if ms < 10.0 { 3 } else { 1 };
    format!("{ms:.digits$}")
}

/// The proleptic Gregorian date of a day since 1970-01-01. Years begin in March here, so that the
/// leap day is a year's last.
fn date(days: u64) -> (u64, u64, u64) {
    const DAYS_IN_400_YEARS: u64 = 146_097;
    // From 0000-03-01 to 1970-01-01.
    let days = days + 719_468;
    let (era, day_of_era) = (days / DAYS_IN_400_YEARS, days % DAYS_IN_400_YEARS);
    let leap_days = day_of_era / 1460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Five months from March take 153 days, whichever five.
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::samples::TIME;

    #[test]
    fn times_are_rfc_3339_in_utc_with_nanoseconds() {
        let at = |seconds: u64| rfc3339(Timestamp(seconds * 1_000_000_000));
        assert_eq!(rfc3339(TIME), "2026-01-02T03:04:05.000000006Z");
        assert_eq!(at(0), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00.000000000Z");
        assert_eq!(at(4_107_542_399), "2100-02-28T23:59:59.000000000Z");
        assert_eq!(at(4_107_542_400), "2100-03-01T00:00:00.000000000Z");
    }

    #[test]
    fn milliseconds_keep_what_matters() {
        assert_eq!(millis(Duration::from_nanos(1_234_567)), "1.235");
        assert_eq!(millis(Duration::from_nanos(123_456_789)), "123.5");
    }
}
