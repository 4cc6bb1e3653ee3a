//! `timeshare completions` and `timeshare man`: what shells and `man` want to know of the command
//! line, made from it.

use clap::CommandFactory;
use clap_complete::generate;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::Failure;
use super::output::print;
use super::scenario::input;
use crate::cli;
use crate::cli::Cli;

const NAME: &str = env!("CARGO_PKG_NAME");
const VERSION: &str = env!("CARGO_PKG_VERSION");

pub fn completions(arguments: &cli::Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    generate(arguments.shell, &mut Cli::command(), NAME, &mut script);
    print(&String::from_utf8_lossy(&script))
}

pub fn man(arguments: &cli::Man) -> Result<(), Failure> {
    let mut whole = Cli::command().disable_help_subcommand(true);
    whole.build();
    let command = match &arguments.command {
        None => &whole,
        Some(name) => whole
            .find_subcommand(name)
            .ok_or_else(|| no_command(name, &whole))?,
    };
    let page = page(command).map_err(Failure::stdout)?;
    print(&String::from_utf8_lossy(&page))
}

fn no_command(name: &str, whole: &clap::Command) -> Failure {
    let names: Vec<_> = whole
        .get_subcommands()
        .map(clap::Command::get_name)
        .collect();
    input(format!(
        "'{name}' is not a command of timeshare: expected one of {}",
        names.join(", ")
    ))
}

/// The manual page of a command, in the language of roff.
fn page(command: &clap::Command) -> std::io::Result<Vec<u8>> {
    let title = command.get_display_name().unwrap_or(NAME);
    // By hand: there is no date, and roff's writer leaves out what is empty.
    let head = format!(".TH {title} 1 \"\" \"{NAME} {VERSION}\" \"User Commands\"\n");
    let mut page = head.into_bytes();
    let man = Man::new(command.clone());
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    if command.get_arguments().next().is_some() {
        man.render_options_section(&mut page)?;
    }
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let after = command.get_after_help().map(ToString::to_string);
    let mut roff = Roff::default();
    behind(&after.unwrap_or_default(), &mut roff);
    if !command.has_subcommands() {
        roff.control("SH", ["SEE ALSO"]);
        roff.text([bold(NAME), roman("(1)")]);
    }
    roff.to_writer(&mut page)?;
    Ok(page)
}

/// The paragraphs behind the options of `--help`, as sections: notes, examples, exit statuses.
fn behind(help: &str, roff: &mut Roff) {
    let mut notes = false;
    for paragraph in help.split("\n\n") {
        if let Some(examples) = paragraph.strip_prefix("Examples:\n") {
            roff.control("SH", ["EXAMPLES"]);
            self::examples(examples, roff);
        } else if let Some(status) = paragraph.strip_prefix("Exit status: ") {
            roff.control("SH", ["EXIT STATUS"]);
            text(status, roff);
        } else if !paragraph.is_empty() {
            if std::mem::replace(&mut notes, true) {
                roff.control("PP", []);
            } else {
                roff.control("SH", ["NOTES"]);
            }
            text(paragraph, roff);
        }
    }
}

fn text(paragraph: &str, roff: &mut Roff) {
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
