//! Manual pages, in the language of roff (`man(7)`): of timeshare, its commands and its topics.

use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};

use super::markdown::{Block, Text, Words, blocks};
use super::{TOPICS, Topic};

const NAME: &str = env!("CARGO_PKG_NAME");
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A page, and the file it belongs into: `man5/timeshare-trace.5` below a folder of `$MANPATH`.
#[derive(Debug)]
pub struct Page {
    pub file: String,
    pub roff: String,
}

/// The page of a command, or of the whole program. `command` has been built
/// ([`clap::Command::build`]).
pub fn command_page(command: &clap::Command) -> Page {
    let name = command.get_display_name().unwrap_or(NAME);
    let mut page = head(name, 1, "User Commands");
    let man = Man::new(command.clone());
    render(&mut page, |out| {
        man.render_name_section(out)?;
        man.render_synopsis_section(out)?;
        man.render_description_section(out)?;
        if command.get_arguments().next().is_some() {
            man.render_options_section(out)?;
        }
        if command.has_subcommands() {
            man.render_subcommands_section(out)?;
        }
        Ok(())
    });
    let mut roff = Roff::default();
    let after = command.get_after_help().map(ToString::to_string);
    after_help(&after.unwrap_or_default(), &mut roff);
    see_also(command.has_subcommands(), &mut roff);
    page += &roff.to_roff();
    Page {
        file: format!("man1/{name}.1"),
        roff: page,
    }
}

/// The page of a topic.
pub fn topic_page(topic: &Topic) -> Page {
    let (name, section) = (format!("{NAME}-{}", topic.name), topic.section);
    let manual = match section {
        5 => "File Formats",
        _ => "Miscellanea",
    };
    let mut roff = Roff::default();
    roff.control("SH", ["NAME"]);
    roff.text([roman(format!("{name} - {}", topic.subject()))]);
    roff.control("SH", ["DESCRIPTION"]);
    for block in blocks(topic.body()) {
        set(&block, &mut roff);
    }
    see_also(false, &mut roff);
    Page {
        file: format!("man{section}/{name}.{section}"),
        roff: head(&name, section, manual) + &roff.to_roff(),
    }
}

/// By hand: there is no date, and roff's writer leaves out what is empty.
fn head(name: &str, section: u8, manual: &str) -> String {
    format!(".TH {name} {section} \"\" \"{NAME} {VERSION}\" \"{manual}\"\n")
}

fn render(page: &mut String, write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) {
    let mut out = Vec::new();
    write(&mut out).expect("memory takes what is written");
    *page += &String::from_utf8_lossy(&out);
}

/// The program's own page names the topics; all others name that page.
fn see_also(whole: bool, roff: &mut Roff) {
    roff.control("SH", ["SEE ALSO"]);
    if !whole {
        roff.text([bold(NAME), roman("(1)")]);
        return;
    }
    for (index, topic) in TOPICS.iter().enumerate() {
        let last = index + 1 == TOPICS.len();
        let end = format!("({}){}", topic.section, if last { "" } else { "," });
        roff.text([bold(format!("{NAME}-{}", topic.name)), roman(end)]);
    }
}

fn set(block: &Block, roff: &mut Roff) {
    match block {
        Block::Heading(text) => {
            let words = text.iter().map(|words| match words {
                Words::Plain(words) | Words::Code(words) => words.as_str(),
            });
            roff.control("SS", [words.collect::<String>().as_str()]);
        }
        Block::Paragraph(text) => {
            roff.control("PP", []);
            roff.text(line(text));
        }
        Block::Code(lines) => {
            roff.control("PP", []);
            roff.control("nf", []);
            for line in lines.lines() {
                roff.text([roman(line)]);
            }
            roff.control("fi", []);
        }
        Block::List(items) => {
            for item in items {
                roff.control("IP", ["\\(bu", "2"]);
                roff.text(line(item));
            }
        }
        Block::Table { head, rows } => {
            for row in rows {
                table_row(head, row, roff);
            }
        }
    }
}

/// The first cell, and indented below it the others, each behind the name of its column where there
/// are several.
fn table_row(head: &[Text], row: &[Text], roff: &mut Roff) {
    let [first, rest @ ..] = row else { return };
    roff.control("TP", []);
    let term = first.iter().map(|words| match words {
        Words::Plain(words) | Words::Code(words) => bold(words),
    });
    roff.text(term.collect::<Vec<_>>());
    let mut cells = Vec::new();
    for (name, cell) in head.iter().skip(1).zip(rest) {
        if cell.is_empty() {
            continue;
        }
        if !cells.is_empty() {
            cells.push(roman("; "));
        }
        if rest.len() > 1 {
            cells.extend(line(name));
            cells.push(roman(": "));
        }
        cells.extend(line(cell));
    }
    roff.text(cells);
}

fn line(text: &Text) -> Vec<Inline> {
    let set = |words: &Words| match words {
        Words::Plain(words) => roman(words),
        Words::Code(code) => bold(code),
    };
    text.iter().map(set).collect()
}

/// The paragraphs behind the options of `--help`, as sections: notes, examples, exit statuses.
fn after_help(help: &str, roff: &mut Roff) {
    let mut notes = false;
    for paragraph in help.split("\n\n") {
        if let Some(lines) = paragraph.strip_prefix("Examples:\n") {
            roff.control("SH", ["EXAMPLES"]);
            examples(lines, roff);
        } else if let Some(status) = paragraph.strip_prefix("Exit status: ") {
            roff.control("SH", ["EXIT STATUS"]);
            lines(status, roff);
        } else if !paragraph.is_empty() {
            if std::mem::replace(&mut notes, true) {
                roff.control("PP", []);
            } else {
                roff.control("SH", ["NOTES"]);
            }
            lines(paragraph, roff);
        }
    }
}

fn lines(paragraph: &str, roff: &mut Roff) {
    for line in paragraph.lines() {
        roff.text([roman(line)]);
    }
}

/// Each a command, and behind it or on the next line what it is for.
fn examples(lines: &str, roff: &mut Roff) {
    const MARGIN: usize = 2;
    for line in lines.lines() {
        let words = line.trim_start();
        let (command, says) = match words.split_once("  ") {
            _ if line.len() - words.len() > MARGIN => ("", words),
            Some((command, says)) => (command, says.trim_start()),
            None => (words, ""),
        };
        if !command.is_empty() {
            roff.control("TP", []);
            roff.text([bold(command)]);
        }
        if !says.is_empty() {
            roff.text([roman(says)]);
        }
    }
}
