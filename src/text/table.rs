//! Tables, and the numbers in them.

use std::time::Duration;

use comfy_table::{
    Cell, CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width,
};

/// Lines above, below and under the head, and no others.
const STYLE: TableStyle = TableStyle::new()
    .top_border(LineStyle::none().fill('─').junction('─'))
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .bottom_border(LineStyle::none().fill('─').junction('─'));

/// An empty table with a head, `width` columns wide at most.
pub fn table(width: u16, head: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(STYLE)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width)
        .force_no_tty()
        .set_header(head.iter().map(Cell::new));
    table
}

/// The same with columns of fixed widths, a space at each side included; 0: what the others leave.
pub fn table_of_widths<const N: usize>(width: u16, head: [&str; N], widths: [u16; N]) -> Table {
    let between = u16::try_from(N.saturating_sub(1)).unwrap_or(0);
    let rest = width.saturating_sub(widths.iter().sum::<u16>() + between);
    let fixed = widths.map(|width| if width == 0 { rest } else { width });
    let mut table = table(width, &head);
    table.set_constraints(fixed.map(|width| ColumnConstraint::Absolute(Width::Fixed(width))));
    table
}

/// Aligns the columns from this one on to the right.
pub fn align_right(table: &mut Table, from: usize) {
    for column in table.column_iter_mut().skip(from) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}

/// `1 tick`, `2 ticks`, `2 processes`.
pub fn count(number: u64, what: &str) -> String {
    let ending = match number {
        1 => "",
        _ if what.ends_with('s') => "es",
        _ => "s",
    };
    format!("{number} {what}{ending}")
}

/// A length that was chosen, as it is written: `10ms`, `100us`.
pub fn length(length: Duration) -> String {
    format!("{length:?}").replace('µ', "u")
}

/// Nanoseconds, with three to five digits in the unit that suits.
#[expect(clippy::cast_precision_loss, reason = "a few digits are shown")]
pub fn time(ns: impl Into<i128>) -> String {
    let ns = ns.into();
    let size = ns.unsigned_abs();
    let ns = ns as f64;
    match size {
        0..1_000 => format!("{ns} ns"),
        1_000..1_000_000 => format!("{:.1} us", ns / 1e3),
        1_000_000..1_000_000_000 => format!("{:.2} ms", ns / 1e6),
        _ => format!("{:.3} s", ns / 1e9),
    }
}

/// A part of a whole in percent, in the order of operations of `process-run.py`, on which the last
/// digit may depend; not a number of nothing.
#[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
pub fn percent(part: u64, whole: u64) -> f64 {
    100.0 * part as f64 / whole as f64
}

/// A part of a whole in percent, `12.50%`; `-` of nothing.
#[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
pub fn share(part: impl Into<i128>, whole: u64) -> String {
    match whole {
        0 => "-".to_owned(),
        _ => format!("{:.2}%", 100.0 * part.into() as f64 / whole as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_the_unit_that_suits() {
        assert_eq!(time(999), "999 ns");
        assert_eq!(time(1_500), "1.5 us");
        assert_eq!(time(-1_500), "-1.5 us");
        assert_eq!(time(10_042_000), "10.04 ms");
        assert_eq!(time(2_000_000_000), "2.000 s");
    }

    #[test]
    fn one_is_not_plural() {
        assert_eq!(count(1, "tick"), "1 tick");
        assert_eq!(count(0, "tick"), "0 ticks");
    }
}
