//! What people look up: the help, its examples, the manual pages, and the completions of shells.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;

use crate::common::folder;
use crate::common::program::{GRACE, Launch, TIMESHARE, works};
use crate::common::runner::skip;
use clap::{CommandFactory, Parser};
use tempfile::TempDir;
use test_attribute::test;
use timeshare::cli::Cli;
use timeshare::help::TOPICS;

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
        let mut line = example
            .replace("--tick 1s", "--tick 5ms")
            .replace("--slow", "--fast")
            .replace("inspect 216", "inspect $$");
        if !line.contains("--tick") {
            for command in ["run", "compare", "quiz"] {
                let begins = format!("timeshare {command} -");
                line = line.replace(&begins, &format!("timeshare {command} --tick 2ms -"));
            }
            line = line.replace("--answer", "--answer --tick 2ms");
        }
        // It goes on until the process ends, or is interrupted.
        let line = if example.contains("--watch") {
            format!("timeout -s INT 0.5 {line}; test $? = 124")
        } else {
            line
        };
        let place = self.folder.path().display();
        let script = format!("cd {place} && PATH={place}/bin:$PATH && {line}");
        let launch = Launch::new("bash", ["-o", "pipefail", "-c", &script]);
        let finished = launch.start().try_finish(GRACE);
        let finished = finished.unwrap_or_else(|leak| panic!("{example}: {leak}"));
        assert_eq!(
            finished.orphans, 0,
            "{example}: it exited before its children did"
        );
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

/// Programs that some examples lead into.
const TOOLS: [&str; 2] = ["jq", "man"];

fn leads_into(example: &str, tool: &str) -> bool {
    example.contains(&format!("| {tool} "))
}

/// Skips the test where a program is not installed.
fn needs(tool: &str) {
    if !works(tool, ["--version"]) {
        skip(&format!("{tool} is not installed"));
    }
}

/// Measures for a long time: what that tells, and that its examples work, is looked at in
/// `real::truth`, once.
const MEASURING: [&str; 2] = ["timeshare bench", "timeshare doctor"];

/// Every example of every command, and how many there are.
fn try_out(desk: &Desk, is_meant: impl Fn(&str) -> bool) -> usize {
    let mut tried = 0;
    for command in commands() {
        for example in examples(&help(&command, "--help")) {
            assert!(example.contains("timeshare"), "{command}: {example}");
            let measures = MEASURING.iter().any(|what| example.starts_with(what));
            if is_meant(&example) && !measures {
                desk.try_out(&example);
                tried += 1;
            }
        }
    }
    tried
}

#[test]
fn every_example_that_leads_into_jq_does_what_it_says() {
    needs("jq");
    assert!(try_out(&Desk::new(), |example| leads_into(example, "jq")) > 0);
}

#[test]
fn every_example_that_leads_into_man_does_what_it_says() {
    needs("man");
    assert!(try_out(&Desk::new(), |example| leads_into(example, "man")) > 0);
}

#[test]
fn every_example_does_what_it_says_and_exits_as_promised() {
    let desk = Desk::new();
    let plain = |example: &str| !TOOLS.iter().any(|tool| leads_into(example, tool));
    let tried = try_out(&desk, plain);
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
    needs("groff");
    let topics = TOPICS.iter().map(|topic| topic.name.to_owned());
    for command in commands().into_iter().chain(topics) {
        let roff = page(&command);
        // What groff runs; but it does not always wait for all of them, and bash does.
        let groff = "preconv -e utf-8 | troff -man -Tutf8 -rLL=80n -ww | grotty -cbou";
        let set = Launch::new("bash", ["-o", "pipefail", "-c", groff]);
        let set = set.input(&roff).run().succeeded();
        for line in set.stdout.lines() {
            assert!(line.chars().count() <= 80, "{command}: {line}");
        }
        assert!(set.stdout.contains("SEE ALSO"), "{}", set.stdout);
    }
}

#[test]
fn a_name_that_is_neither_a_command_nor_a_topic_is_refused_with_the_nearest_one() {
    for command in ["help", "man"] {
        let refused = Launch::timeshare([command, "trcae"]).run();
        assert_eq!(refused.code(), Some(2), "{command}");
        assert!(refused.stdout.is_empty(), "{command}");
        for part in ["'trcae'", "'trace'", "timeshare help topics"] {
            assert!(refused.stderr.contains(part), "{}", refused.stderr);
        }
        let far = Launch::timeshare([command, "§"]).run();
        assert_eq!(far.code(), Some(2), "{command}");
        assert!(!far.stderr.contains("Did you mean"), "{}", far.stderr);
    }
}

#[test]
fn help_of_a_command_is_what_the_command_says_itself() {
    for command in commands() {
        let words = ["help"].into_iter().chain(command.split_whitespace());
        let printed = Launch::timeshare(words).env("COLUMNS", "80").run();
        assert_eq!(printed.succeeded().stdout, help(&command, "--help"));
    }
}

fn topic(name: &str) -> String {
    help("help", name)
}

#[test]
fn every_topic_is_listed_and_fits_a_terminal() {
    let (list, whole) = (topic("topics"), help("", "--help"));
    for name in TOPICS.iter().map(|topic| topic.name) {
        let line = format!("\n  {name} ");
        assert!(format!("\n{list}").contains(&line), "{name}: {list}");
        assert!(whole.contains(name), "{name}: {whole}");
        let text = topic(name);
        assert!(text.lines().count() > 20, "{name}: {text}");
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{name}: {line}");
        }
        assert!(!commands().contains(&name.to_owned()), "{name}");
    }
    assert!(
        list.lines().all(|line| line.chars().count() <= 80),
        "{list}"
    );
}

#[test]
fn every_command_in_a_topic_is_one() {
    let mut tried = 0;
    for name in TOPICS.iter().map(|topic| topic.name) {
        let text = topic(name);
        let lines = text.lines().filter_map(|line| line.strip_prefix("    "));
        let lines = lines.map(|line| line.trim_start_matches("$ "));
        for line in lines.filter(|line| line.starts_with("timeshare ")) {
            let words = shlex::split(line).expect("quotes are closed");
            if let Err(error) = Cli::try_parse_from(words) {
                panic!("{name}: {line}\n{error}");
            }
            tried += 1;
        }
    }
    assert!(tried > 10, "{tried} only");
}

/// The names of all fields below a value.
fn fields(value: &serde_json::Value, names: &mut BTreeSet<String>) {
    if let Some(object) = value.as_object() {
        names.extend(object.keys().cloned());
        object.values().for_each(|value| fields(value, names));
    }
    for value in value.as_array().into_iter().flatten() {
        fields(value, names);
    }
}

#[test]
fn the_topic_on_traces_names_every_field_of_one() {
    let traces = [
        fs::read_to_string(folder("tests/golden/figure-4.4.trace.json")).expect("it is there"),
        Launch::timeshare("run -l 2:50,2:50 -s 1 --tick 1ms --json -".split(' '))
            .run()
            .succeeded()
            .stdout,
    ];
    let page = page("trace");
    for trace in traces {
        let mut names = BTreeSet::new();
        let trace = serde_json::from_str(&trace).expect("it is JSON");
        fields(&trace, &mut names);
        assert!(names.len() > 60, "{names:?}");
        for name in names {
            let told = [
                format!("\\fB{name}\\fR"),
                format!("\\fB{}\\fR", name.replace('_', "\\_")),
            ];
            assert!(told.iter().any(|told| page.contains(told)), "{name}");
        }
    }
}

#[test]
fn all_pages_are_written_where_man_looks_for_them() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let to = folder.path().display().to_string();
    let printed = Launch::timeshare(["man", "--to", &to]).run().succeeded();
    assert_eq!(printed.stdout, "");
    let written = |path: String| fs::read_to_string(folder.path().join(&path)).expect(&path);
    assert_eq!(written("man1/timeshare.1".to_owned()), page(""));
    assert_eq!(written("man1/timeshare-run.1".to_owned()), page("run"));
    for topic in TOPICS {
        let (name, section) = (topic.name, topic.section);
        let text = written(format!("man{section}/timeshare-{name}.{section}"));
        assert_eq!(text, page(name));
        assert!(
            text.starts_with(&format!(".TH timeshare-{name} {section} ")),
            "{text}"
        );
        assert!(
            page("").contains(&format!("timeshare\\-{}", name.replace('-', "\\-"))),
            "{name}"
        );
    }
    let refused = Launch::timeshare(["man", "--to", "/proc/none"]).run();
    assert_eq!(refused.code(), Some(1));
    assert!(
        refused.stderr.contains("/proc/none/man1/timeshare.1"),
        "{}",
        refused.stderr
    );
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

/// The shell itself reads the script, and finds no fault in it.
#[track_caller]
fn assert_read_by(shell: &str, option: &str) {
    let script = completions(shell);
    needs(shell);
    let file = tempfile::NamedTempFile::new().expect("a file can be made");
    fs::write(file.path(), &script).expect("it is ours");
    let path = file.path().display().to_string();
    Launch::new(shell, [option, &path]).run().succeeded();
}

#[track_caller]
fn completions(shell: &str) -> String {
    let finished = Launch::timeshare(["completions", shell]).run().succeeded();
    assert!(finished.stdout.contains("perfetto"), "{shell}");
    finished.stdout
}

#[test]
fn bash_reads_its_completions() {
    assert_read_by("bash", "-n");
}

#[test]
fn zsh_reads_its_completions() {
    assert_read_by("zsh", "-n");
}

#[test]
fn fish_reads_its_completions() {
    assert_read_by("fish", "--no-execute");
}

#[test]
fn there_are_completions_for_other_shells_and_none_for_unknown_ones() {
    for shell in ["elvish", "powershell"] {
        completions(shell);
    }
    let refused = Launch::timeshare(["completions", "tcsh"]).run();
    assert_eq!(refused.code(), Some(2));
    assert!(refused.stderr.contains("fish"), "{}", refused.stderr);
}
