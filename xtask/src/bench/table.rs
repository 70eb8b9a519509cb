//! Rows as a person reads them: medians in; lines of text, in columns, out.

use super::spread::Spread;
use super::summary::Row;

const HEAD: [&str; 13] = [
    "load",
    "contestant",
    "runs",
    "core-s/GB",
    "(low-high)",
    "core-s/M req",
    "% of broker",
    "broker core-s/GB",
    "ring %",
    "MB/s",
    "p50/p99/p99.9 ms",
    "RSS MiB",
    "lost",
];
const NOTHING: &str = "-";

/// The rows below their head.
pub fn text(rows: &[Row]) -> String {
    let mut cells = vec![HEAD.map(str::to_owned)];
    cells.extend(rows.iter().map(line));
    columns(&cells)
}

fn line(row: &Row) -> [String; 13] {
    let is_nothing = row.cost_per_gb.high == 0.0;
    let cost = |text: String| if is_nothing { NOTHING.to_owned() } else { text };
    let Spread { low, high, .. } = row.cost_per_gb;
    let or_nothing = |text: Option<String>| text.unwrap_or_else(|| NOTHING.to_owned());
    [
        super::name(row.load),
        super::name(row.contestant),
        row.runs.to_string(),
        cost(number(row.cost_per_gb.median)),
        cost(format!("({}-{})", number(low), number(high))),
        cost(number(row.cost_per_million_requests.median)),
        cost(percent(row.broker_share.median)),
        number(row.broker_per_gb.median),
        or_nothing(row.ring_share.map(|share| percent(share.median))),
        number(row.mb_per_second.median),
        or_nothing(row.latency_ms.map(|parts| parts.map(|part| number(part.median)).join("/"))),
        or_nothing(row.peak_memory_mib.map(|memory| number(memory.median))),
        or_nothing(row.lost.map(|lost| lost.to_string())),
    ]
}

/// Three digits that matter.
pub fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        size if size >= 0.1 => format!("{value:.3}"),
        _ => format!("{value:.4}"),
    }
}

/// A share of a hundred.
pub fn percent(share: f64) -> String {
    number(share * 100.0)
}

/// Text to the left, numbers to the right, as wide as the widest.
fn columns<const N: usize>(cells: &[[String; N]]) -> String {
    let width = |column: usize| {
        let widths = cells.iter().filter_map(|line| line.get(column));
        widths.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let mut text = String::new();
    for line in cells {
        let padded = line.iter().enumerate().map(|(column, cell)| match column {
            0 | 1 => format!("{cell:<0$}", width(column)),
            _ => format!("{cell:>0$}", width(column)),
        });
        text.push_str(padded.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::contestant::Contestant;
    use super::super::load::Load;
    use super::super::run::tests::run;
    use super::super::summary::rows;
    use super::*;

    #[test]
    fn numbers_keep_three_digits() {
        let texts = [1234.5, 12.345, 1.2345, 0.12345, 0.012_345, 0.0].map(number);
        assert_eq!(texts, ["1234", "12.3", "1.23", "0.123", "0.0123", "0.0000"]);
    }

    #[test]
    fn columns_are_as_wide_as_they_must() {
        let cells = [["a", "b", "c"], ["long", "x", "12"]].map(|line| line.map(str::to_owned));
        assert_eq!(columns(&cells), "a     b   c\nlong  x  12\n");
    }

    #[test]
    fn what_was_not_measured_is_left_out() {
        let runs = [
            run(Load::Record, Contestant::None, 0, 0.0),
            run(Load::Record, Contestant::Envoy, 0, 3.0),
        ];
        let text = text(&rows(&runs));
        let words = |at: usize| text.lines().nth(at).map(|line| line.split_whitespace().collect());
        let none: Vec<_> = words(1).expect("a line");
        assert_eq!(none, "record none 1 - - - - 10.0 - 100 - - -".split(' ').collect::<Vec<_>>());
        let envoy: Vec<_> = words(2).expect("a line");
        assert_eq!(envoy[..7], ["record", "envoy", "1", "3.00", "(3.00-3.00)", "3.00", "30.0"]);
    }
}
