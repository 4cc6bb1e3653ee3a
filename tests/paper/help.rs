//! What people look up: the help, its examples, the manual pages, and the completions of shells.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

use crate::common::folder;
use crate::common::program::{Launch, TIMESHARE, works};
use clap::CommandFactory;
use tempfile::TempDir;
use timeshare::cli::Cli;

/// All commands, as one would type them; the first is timeshare itself.
fn commands() -> Vec<String> {
    let whole = Cli::command();
    let names = whole
        .get_subcommands()
        .map(|command| command.get_name().to_owned());
    std::iter::once(String::new()).chain(names).collect()
}

fn help(command: &str, option: &str) -> String {
    let words = command.split_whitespace().chain([option]);
    let finished = Launch::timeshare(words).env("COLUMNS", "80").run();
    finished.succeeded().stdout
}

#[test]
fn no_line_of_any_help_is_wider_than_a_terminal() {
    for command in commands() {
        for option in ["-h", "--help"] {
            for line in help(&command, option).lines() {
                let wide = line.chars().count() > 80;
                assert!(!wide, "{command} {option}: {line}");
            }
        }
    }
}

#[test]
fn every_help_has_examples_and_says_what_exit_statuses_mean() {
    for command in commands() {
        let help = help(&command, "--help");
        assert!(!examples(&help).is_empty(), "{command} has no examples");
        let status = help.split("\n\n").last().expect("it has paragraphs");
        assert!(status.starts_with("Exit status: 0 "), "{command}: {status}");
    }
}

/// The command lines below `Examples:`. What each is for stands behind it, after two spaces or on
/// a line of its own, far to the right.
fn examples(help: &str) -> Vec<String> {
    let block = help
        .split("\n\n")
        .find_map(|block| block.strip_prefix("Examples:\n"));
    let lines = block.unwrap_or_default().lines();
    let lines = lines.filter_map(|line| {
        line.strip_prefix("  ")
            .filter(|line| !line.starts_with(' '))
    });
    lines
        .map(|line| line.split("  ").next().unwrap_or_default().to_owned())
        .collect()
}

/// A folder to try examples in, as one has it after a checkout, with timeshare on the path.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self {
            folder: tempfile::tempdir().expect("a folder can be made"),
        };
        let link =
            |from: &str, to: &str| symlink(from, desk.folder.path().join(to)).expect("it is ours");
        fs::create_dir(desk.folder.path().join("bin")).expect("it is ours");
        link(&folder("workloads").display().to_string(), "workloads");
        link(TIMESHARE, "bin/timeshare");
        desk
    }

    /// Does what an example says, where `sh` understands it.
    #[track_caller]
    fn try_out(&self, example: &str) {
        // As slow as one likes to look at it; and a process that is there.
        let line = example
            .replace("--tick 1s", "--tick 5ms")
            .replace("inspect 216", "inspect $$");
        // It goes on until the process ends, or whoever watches has seen enough.
        let line = if example.contains("--watch") {
            format!("timeout -s INT 0.5 {line}; test $? = 124")
        } else {
            line
        };
        let place = self.folder.path().display();
        let script = format!("cd {place} && PATH={place}/bin:$PATH && {line}");
        let launch = Launch::new("bash", ["-o", "pipefail", "-c", &script]);
        let finished = launch.patience(Duration::from_mins(2)).run();
        // A run that differs, on a machine with much else to do, has said so.
        let compares = ["compare", "homework", "quiz"]
            .iter()
            .any(|name| example.contains(name));
        let needs_terminal = ["--pause", "timeshare watch", "timeshare replay"];
        let needs_terminal = needs_terminal.iter().any(|what| example.contains(what));
        let promised: &[i32] = match example {
            _ if compares => &[0, 3],
            // There is no terminal.
            _ if needs_terminal => &[2],
            _ => &[0],
        };
        let code = finished.code().expect("it exits");
        assert!(
            promised.contains(&code),
            "{example}: {code}\n{}",
            finished.stderr
        );
    }
}

/// Whether what a line of the shell needs is on this machine.
fn is_there(example: &str) -> bool {
    let tools = ["jq", "man"]
        .iter()
        .filter(|tool| example.contains(&format!("| {tool} ")));
    tools.into_iter().all(|tool| has(tool))
}

fn has(tool: &str) -> bool {
    let found = works(tool, ["--version"]);
    if !found {
        eprintln!("skipped where it needs {tool}, which is not installed");
    }
    found
}

#[test]
fn every_example_does_what_it_says_and_exits_as_promised() {
    let desk = Desk::new();
    let mut tried = 0;
    for command in commands() {
        for example in examples(&help(&command, "--help")) {
            assert!(example.contains("timeshare"), "{command}: {example}");
            if is_there(&example) {
                desk.try_out(&example);
                tried += 1;
            }
        }
    }
    assert!(tried > 30, "{tried} only");
    for written in [
        "trace.html",
        "timeline.svg",
        "timeline.json",
        "run.csv",
        "run-processes.csv",
    ] {
        assert!(desk.folder.path().join(written).is_file(), "{written}");
    }
}

fn page(command: &str) -> String {
    let words = ["man"].into_iter().chain(command.split_whitespace());
    Launch::timeshare(words).run().succeeded().stdout
}

#[test]
fn every_command_has_a_manual_page_that_is_whole() {
    let whole = Cli::command();
    let main = page("");
    for command in whole.get_subcommands() {
        let name = command.get_name();
        assert!(main.contains(&format!("timeshare\\-{name}(1)")), "{name}");
        let page = page(name);
        assert!(
            page.starts_with(&format!(".TH timeshare-{name} 1 ")),
            "{page}"
        );
        let visible = command
            .get_arguments()
            .filter(|argument| !argument.is_hide_set());
        for option in visible.filter_map(clap::Arg::get_long) {
            let option = format!("\\-\\-{}", option.replace('-', "\\-"));
            assert!(page.contains(&option), "{name} {option}");
        }
        for section in [
            "NAME",
            "SYNOPSIS",
            "EXAMPLES",
            "\"EXIT STATUS\"",
            "\"SEE ALSO\"",
        ] {
            assert!(
                page.contains(&format!(".SH {section}\n")),
                "{name} {section}: {page}"
            );
        }
        let in_help = examples(&help(name, "--help")).len();
        let in_page = page
            .split(".SH EXAMPLES")
            .nth(1)
            .map(|rest| rest.matches(".TP\n").count());
        assert_eq!(in_page, Some(in_help), "{name}: {page}");
    }
}

#[test]
fn manual_pages_are_set_without_a_warning_and_within_80_columns() {
    if !has("groff") {
        return;
    }
    for command in commands() {
        let roff = page(&command);
        // What groff runs; but it does not always wait for all of them, and bash does.
        let groff = "preconv -e utf-8 | troff -man -Tutf8 -rLL=80n -ww | grotty -cbou";
        let set = Launch::new("bash", ["-o", "pipefail", "-c", groff]);
        let set = set.input(&roff).run().succeeded();
        for line in set.stdout.lines() {
            assert!(line.chars().count() <= 80, "{command}: {line}");
        }
        assert!(set.stdout.contains("EXIT STATUS"), "{}", set.stdout);
    }
}

#[test]
fn a_command_that_is_not_there_has_no_page() {
    let refused = Launch::timeshare(["man", "walk"]).run();
    assert_eq!(refused.code(), Some(2));
    let named = refused.stderr.contains("'walk'") && refused.stderr.contains("simulate, run");
    assert!(named, "{}", refused.stderr);
}

/// What bash offers for the last of these words.
fn offered(words: &[&str]) -> String {
    let script = Launch::timeshare(["completions", "bash"])
        .run()
        .succeeded()
        .stdout;
    let (line, last) = (words.join(" "), words.len() - 1);
    let ask = format!(
        "{script}\nCOMP_WORDS=({line}) COMP_CWORD={last}\n\
         _timeshare timeshare {} {} 2>/dev/null\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
        words[last],
        words[last - 1]
    );
    Launch::new("bash", ["-c", &ask]).run().succeeded().stdout
}

#[test]
fn bash_completes_commands_options_and_their_values() {
    let commands = offered(&["timeshare", "s"]);
    assert_eq!(commands.lines().collect::<Vec<_>>(), ["simulate", "shell"]);
    assert_eq!(offered(&["timeshare", "run", "--dia"]), "--dialect\n");
    assert_eq!(offered(&["timeshare", "report", "--perf"]), "--perfetto\n");
    assert_eq!(offered(&["timeshare", "quiz", "--ask", "w"]), "who\n");
    assert_eq!(
        offered(&["timeshare", "run", "--switch", "SWITCH_ON_E"]),
        "SWITCH_ON_END\n"
    );
    assert_eq!(
        offered(&["timeshare", "demo", "zombie-"]),
        "zombie-orphan\n"
    );
}

#[test]
fn each_shell_reads_its_completions() {
    for (shell, options) in [
        ("bash", &["-n"][..]),
        ("zsh", &["-n"]),
        ("fish", &["--no-execute"]),
    ] {
        let script = Launch::timeshare(["completions", shell])
            .run()
            .succeeded()
            .stdout;
        assert!(script.contains("perfetto"), "{shell}");
        if has(shell) {
            let file = tempfile::NamedTempFile::new().expect("a file can be made");
            fs::write(file.path(), &script).expect("it is ours");
            let path = file.path().display().to_string();
            let words = options.iter().copied().chain([path.as_str()]);
            Launch::new(shell, words).run().succeeded();
        }
    }
    for shell in ["elvish", "powershell"] {
        let script = Launch::timeshare(["completions", shell])
            .run()
            .succeeded()
            .stdout;
        assert!(script.contains("perfetto"), "{shell}");
    }
    let refused = Launch::timeshare(["completions", "tcsh"]).run();
    assert_eq!(refused.code(), Some(2));
    assert!(refused.stderr.contains("fish"), "{}", refused.stderr);
}
