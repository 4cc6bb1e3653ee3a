//! `timeshare help`, `timeshare man` and `timeshare completions`: what people, `man` and shells want
//! to know of the command line, made from it.

use std::fs;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::generate;

use crate::cli;
use crate::cli::Cli;
use crate::help::man::{Page, command_page, topic_page};
use crate::help::{TOPICS, Topic, terminal};
use crate::output::failure::Failure;
use crate::output::{print, width};
use crate::text::style::Color;

pub fn completions(arguments: &cli::Completions) -> Result<(), Failure> {
    let name = env!("CARGO_PKG_NAME");
    let mut script = Vec::new();
    generate(arguments.shell, &mut Cli::command(), name, &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// The command line has checked the name.
pub fn help(arguments: &cli::Help) -> Result<(), Failure> {
    let name = arguments.name.as_deref();
    if name == Some(cli::LIST_OF_TOPICS) {
        return print(&terminal::list(width()));
    }
    if let Some(topic) = name.and_then(Topic::named) {
        let colored = Color::Auto.on_stdout();
        return print(&terminal::page(topic, width(), colored));
    }
    let words = ["timeshare"].into_iter().chain(name).chain(["--help"]);
    match Cli::command().try_get_matches_from(words) {
        Err(help) => help.print().map_err(Failure::stdout),
        Ok(_) => Ok(()),
    }
}

/// As [`help`].
pub fn man(arguments: &cli::Man) -> Result<(), Failure> {
    let whole = whole();
    if let Some(folder) = &arguments.to {
        let commands = std::iter::once(&whole).chain(whole.get_subcommands());
        let pages = commands
            .map(command_page)
            .chain(TOPICS.iter().map(topic_page));
        return pages.into_iter().try_for_each(|page| write(&page, folder));
    }
    let name = arguments.name.as_deref();
    let page = if let Some(topic) = name.and_then(Topic::named) {
        topic_page(topic)
    } else {
        let command = name.and_then(|name| whole.find_subcommand(name));
        command_page(command.unwrap_or(&whole))
    };
    print(&page.roff)
}

fn whole() -> clap::Command {
    let mut whole = Cli::command();
    whole.build();
    whole
}

fn write(page: &Page, folder: &Path) -> Result<(), Failure> {
    let path = folder.join(&page.file);
    let folder = path.parent().unwrap_or(folder);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, &page.roff));
    written.map_err(|source| Failure::Output {
        to: format!("'{}'", path.display()),
        source,
    })
}
