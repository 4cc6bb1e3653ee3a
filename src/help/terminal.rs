//! A topic on a terminal.

use anstyle::Style;

use super::markdown::{Block, Text, Words, blocks};
use super::{TOPICS, Topic};
use crate::text::prose::{item, paragraph};
use crate::text::table::table;

/// Code stands this far to the right, where there is room.
const INDENT: &str = "    ";

/// The whole text, `width` columns wide at most. Coloured: headings and code are bold.
pub fn page(topic: &Topic, width: u16, colored: bool) -> String {
    let setter = Setter { width, colored };
    let head = vec![Words::Plain(topic.subject().to_owned())];
    let mut text = setter.block(&Block::Heading(head));
    for block in blocks(topic.body()) {
        text.push('\n');
        text += &setter.block(&block);
    }
    text
}

/// All topics, a line for each.
pub fn list(width: u16) -> String {
    let longest = TOPICS.iter().map(|topic| topic.name.len()).max();
    let column = longest.unwrap_or(0) + 2;
    let lines = TOPICS.iter().map(|topic| {
        let mark = format!("  {:column$}", topic.name);
        item(&mark, topic.subject(), width)
    });
    lines.collect()
}

struct Setter {
    width: u16,
    colored: bool,
}

impl Setter {
    fn block(&self, block: &Block) -> String {
        match block {
            Block::Heading(text) => {
                format!("{}\n", self.bold(&words(text, bare).to_uppercase()))
            }
            Block::Paragraph(text) => released(&paragraph(&self.prose(text), self.width, "")),
            Block::Code(lines) => self.code(lines),
            Block::List(items) => {
                let set = |text| released(&item("- ", &self.prose(text), self.width));
                items.iter().map(set).collect()
            }
            Block::Table { head, rows } => {
                let head: Vec<String> = head.iter().map(|cell| words(cell, bare)).collect();
                let head: Vec<_> = head.iter().map(String::as_str).collect();
                let mut set = table(self.width, &head);
                set.add_rows(rows.iter().map(|row| cells(row)));
                format!("{}\n", set.trim_fmt())
            }
        }
    }

    fn code(&self, lines: &str) -> String {
        let widest = lines.lines().map(|line| line.chars().count()).max();
        let fits = widest.unwrap_or(0) + INDENT.len() <= self.width.into();
        let indent = if fits { INDENT } else { "" };
        let set = |line: &str| match line {
            "" => "\n".to_owned(),
            line => format!("{indent}{line}\n"),
        };
        lines.lines().map(set).collect()
    }

    fn prose(&self, text: &Text) -> String {
        let set = |words: &Words| match words {
            Words::Plain(words) => words.clone(),
            Words::Code(code) => self.bold(&held(&quoted(code))),
        };
        text.iter().map(set).collect()
    }

    fn bold(&self, words: &str) -> String {
        if !self.colored {
            return words.to_owned();
        }
        let bold = Style::new().bold();
        format!("{bold}{words}{bold:#}")
    }
}

/// A line ends neither inside a command nor at the hyphen of a name.
fn held(code: &str) -> String {
    code.replace(' ', "\u{a0}").replace('-', "\u{2011}")
}

fn released(text: &str) -> String {
    text.replace('\u{2011}', "-")
}

/// The first names what the others are about.
fn cells(row: &[Text]) -> Vec<String> {
    let set = |(index, cell)| words(cell, if index == 0 { bare } else { quoted });
    row.iter().enumerate().map(set).collect()
}

fn words(text: &Text, code: fn(&str) -> String) -> String {
    let set = |words: &Words| match words {
        Words::Plain(words) => words.clone(),
        Words::Code(words) => code(words),
    };
    text.iter().map(set).collect()
}

fn bare(code: &str) -> String {
    code.to_owned()
}

/// Code that could be taken for words or punctuation of the sentence is quoted.
fn quoted(code: &str) -> String {
    let clear = code.contains(char::is_alphanumeric) && !code.contains(' ');
    if clear {
        code.to_owned()
    } else {
        format!("'{code}'")
    }
}
