//! Who is whose parent, as a tree.

use std::fmt::Write;

use crate::os::procfs::stat::Stat;

/// The process `root` and all below it; `note` says more of some.
#[must_use]
pub fn tree(everybody: &[Stat], root: i32, note: impl Fn(i32) -> Option<String>) -> String {
    let mut text = String::new();
    if let Some(stat) = everybody.iter().find(|stat| stat.pid == root) {
        line(&mut text, stat, note(root));
        branches(&mut text, everybody, root, "", &note);
    }
    text
}

fn branches(
    text: &mut String,
    everybody: &[Stat],
    parent: i32,
    indent: &str,
    note: &impl Fn(i32) -> Option<String>,
) {
    let mut children = everybody
        .iter()
        .filter(|stat| stat.ppid == parent)
        .peekable();
    while let Some(child) = children.next() {
        let (branch, below) = match children.peek() {
            Some(_) => ("├─ ", "│  "),
            None => ("└─ ", "   "),
        };
        text.push_str(indent);
        text.push_str(branch);
        line(text, child, note(child.pid));
        branches(
            text,
            everybody,
            child.pid,
            &format!("{indent}{below}"),
            note,
        );
    }
}

fn line(text: &mut String, stat: &Stat, note: Option<String>) {
    let Stat {
        comm, pid, state, ..
    } = stat;
    // A name may contain anything.
    let comm: String = comm
        .chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect();
    let note = note.map_or_else(String::new, |note| format!("  {note}"));
    let _ = writeln!(text, "{comm} {pid} {state}{note}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(pid: i32, parent: i32) -> Stat {
        let line = format!("{pid} (n{pid}) T {parent} 0{}", " 0".repeat(47));
        Stat::parse(line.as_bytes()).unwrap()
    }

    #[test]
    fn each_stands_below_its_parent() {
        let all = [stat(1, 0), stat(5, 1), stat(6, 5), stat(7, 1), stat(8, 2)];
        let note = |pid| (pid == 6).then(|| "P0".to_owned());
        assert_eq!(
            tree(&all, 1, note),
            "n1 1 T\n├─ n5 5 T\n│  └─ n6 6 T  P0\n└─ n7 7 T\n"
        );
        assert_eq!(tree(&all, 9, |_| None), "");
    }
}
