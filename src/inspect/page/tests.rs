use std::sync::LazyLock;

use super::*;
use crate::inspect::pcb::Absent;
use proptest::prelude::*;

const LAYOUT: Layout = Layout {
    width: 80,
    color: false,
    brief: false,
};

fn ours() -> Pcb {
    Pcb::of(nix::unistd::getpid().as_raw()).unwrap()
}

/// The first word of each line that begins a row.
fn names(text: &str) -> Vec<&str> {
    let lines = text.lines().skip(1);
    let rows = lines.filter_map(|line| line.strip_prefix(' '));
    let rows = rows.filter(|row| row.starts_with(|first: char| first.is_ascii_alphabetic()));
    rows.filter_map(|row| row.split("  ").next()).collect()
}

#[test]
fn the_fields_come_in_the_order_of_the_figure() {
    let text = page(&ours()).text(LAYOUT, None);
    let figure = [
        "struct proc",
        "mem",
        "sz",
        "kstack",
        "state",
        "pid",
        "parent",
        "chan",
        "killed",
        "ofile",
        "cwd",
        "context",
        "tf",
        "beyond xv6",
    ];
    assert_eq!(names(&text)[..figure.len()], figure, "{text}");
}

#[test]
fn a_page_is_as_wide_as_it_may_be() {
    for width in [60, 80, 100] {
        let text = page(&ours()).text(Layout { width, ..LAYOUT }, None);
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert_eq!(widest, Some(usize::from(width)), "{text}");
    }
}

#[test]
fn a_brief_page_has_one_line_for_each_row() {
    let pcb = ours();
    let layout = Layout {
        brief: true,
        ..LAYOUT
    };
    let text = page(&pcb).text(layout, None);
    let ruled = text.lines().filter(|line| line.starts_with('─')).count();
    assert_eq!(
        text.lines().count(),
        1 + ruled + names(&text).len(),
        "{text}"
    );
}

#[test]
fn what_has_changed_is_marked_and_nothing_else() {
    let before = ours();
    let mut now = before.clone();
    now.xv6.cwd.found = Ok("/elsewhere".to_owned());
    let text = page(&now).text(LAYOUT, Some(&page(&before)));
    let marked: Vec<_> = names(&text)
        .into_iter()
        .filter(|name| name.contains('*'))
        .collect();
    assert_eq!(marked, ["cwd*"], "{text}");
    let alone = page(&now).text(LAYOUT, None);
    assert!(!names(&alone).iter().any(|name| name.ends_with('*')));
}

#[test]
fn colour_changes_no_word() {
    let before = ours();
    let mut now = before.clone();
    now.xv6.cwd.found = Ok("/elsewhere".to_owned());
    let before = page(&before);
    let color = Layout {
        color: true,
        ..LAYOUT
    };
    let colored = page(&now).text(color, Some(&before));
    let codes = regex::Regex::new("\x1b\\[[0-9;]*m").unwrap();
    let plain = page(&now).text(LAYOUT, Some(&before));
    assert_ne!(colored, plain);
    let stripped = codes.replace_all(&colored, "");
    let words = |text: &str| {
        text.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(words(&stripped), words(&plain));
}

#[test]
fn what_there_is_not_and_what_is_not_shown_is_said_where_it_would_stand() {
    let mut pcb = ours();
    pcb.xv6.cwd.found = Err(Absent::Unreadable("not ours to read".to_owned()));
    pcb.xv6.mem.found = Err(Absent::None("given back"));
    let text = page(&pcb).text(LAYOUT, None);
    let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap();
    assert!(line(" cwd").contains("not ours to read"), "{text}");
    assert!(line(" mem").contains("none: given back"), "{text}");
}

proptest! {
    #[test]
    fn no_name_or_path_reaches_a_terminal_as_an_order(name: String, path: String) {
        // To read all of it each time takes longer than all the rest.
        static OURS: LazyLock<Pcb> = LazyLock::new(ours);
        let mut pcb = OURS.clone();
        pcb.name = name;
        pcb.command_line.clone_from(&path);
        pcb.xv6.cwd.found = Ok(path);
        let text = page(&pcb).text(LAYOUT, None);
        let lines = text.lines().count();
        prop_assert_eq!(text.chars().filter(|c| c.is_control()).count(), lines);
    }
}
