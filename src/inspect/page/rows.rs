//! A page of rows in three columns: what, its value, and where Linux shows it.

use anstyle::Style;
use comfy_table::{Attribute, Cell, Table};

use crate::text::table::table_of_widths;
use crate::workload::quote::one_line;

/// Widths of the columns, a space at each side included; 0: what the others leave.
const WIDTHS: [u16; 3] = [13, 0, 15];

/// One row. What a process may have put into a line is made harmless to a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    name: &'static str,
    lines: Vec<String>,
    source: &'static str,
}

impl Row {
    pub fn new(name: &'static str, lines: &[String], source: &'static str) -> Self {
        let lines = lines.iter().map(|line| one_line(line).into_owned());
        Self {
            name,
            lines: lines.collect(),
            source,
        }
    }
}

/// Rows under a head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    pub head: [String; 3],
    pub rows: Vec<Row>,
}

/// A title and sections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub title: String,
    pub sections: Vec<Section>,
}

/// How a page is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Columns.
    pub width: u16,
    pub color: bool,
    /// One line for each row.
    pub brief: bool,
}

impl Page {
    /// The page as text. Rows that were other ones on `previous` are marked with an asterisk.
    pub fn text(&self, layout: Layout, previous: Option<&Self>) -> String {
        let bold = if layout.color {
            Style::new().bold()
        } else {
            Style::new()
        };
        let mut text = format!("{bold}{}{bold:#}\n", one_line(&self.title));
        for (index, section) in self.sections.iter().enumerate() {
            let before = previous.and_then(|page| page.sections.get(index));
            let table = section.table(layout, before).trim_fmt();
            // The next one begins with the line this one ends with.
            let is_last = index + 1 == self.sections.len();
            let end = if is_last { None } else { table.rfind('\n') };
            text.push_str(end.map_or(&table, |end| &table[..end]));
            text.push('\n');
        }
        text
    }
}

impl Section {
    fn table(&self, layout: Layout, before: Option<&Self>) -> Table {
        let head = self.head.each_ref().map(String::as_str);
        let mut table = table_of_widths(layout.width, head, WIDTHS);
        table.set_truncation_indicator("…");
        if layout.color {
            table.enforce_styling();
        }
        for row in &self.rows {
            let same = |other: &Row| other.name == row.name && other.lines == row.lines;
            let changed = before.is_some_and(|before| !before.rows.iter().any(same));
            let mut cells = row.cells(changed);
            if layout.brief {
                cells.max_height(1);
            }
            table.add_row(cells);
        }
        table
    }
}

impl Row {
    fn cells(&self, changed: bool) -> comfy_table::Row {
        let mark = if changed { "*" } else { "" };
        let name = format!("{}{mark}", self.name);
        let texts = [name, self.lines.join("\n"), self.source.to_owned()];
        let cells = texts.map(|text| {
            let cell = Cell::new(text);
            if changed {
                cell.add_attribute(Attribute::Bold)
            } else {
                cell
            }
        });
        comfy_table::Row::from(cells)
    }
}
