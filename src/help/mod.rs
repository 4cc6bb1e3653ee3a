//! The topics of `timeshare help TOPIC`: what the help of a command has no room for.
//!
//! Each topic is one Markdown file in this folder. [`terminal`] sets it for a terminal, [`man`] as a
//! manual page. Knows `text` only; the commands whose pages it sets are given to it.

pub mod man;
mod markdown;
pub mod terminal;

/// A text to look things up in.
#[derive(Debug)]
pub struct Topic {
    pub name: &'static str,
    /// Of the manual: 5 for file formats, 7 for the rest (`man(1)`).
    pub section: u8,
    text: &'static str,
}

macro_rules! topics {
    ($($name:literal $section:literal)*) => {
        &[$(Topic {
            name: $name,
            section: $section,
            text: include_str!(concat!($name, ".md")),
        }),*]
    };
}

/// In the order in which they are listed.
pub static TOPICS: &[Topic] = topics! {
    "output" 7
    "states" 7
    "workload" 5
    "process-run" 7
    "screen" 7
    "scenes" 7
    "struct-proc" 7
    "console" 7
    "account" 7
    "method" 7
    "interference" 7
    "platforms" 7
    "trace" 5
    "recording" 5
    "reports" 7
};

impl Topic {
    pub fn named(name: &str) -> Option<&'static Self> {
        TOPICS.iter().find(|topic| topic.name == name)
    }

    /// What it is about, in half a line: its heading.
    pub fn subject(&self) -> &'static str {
        self.parts().0
    }

    fn body(&self) -> &'static str {
        self.parts().1
    }

    fn parts(&self) -> (&'static str, &'static str) {
        let (head, body) = self.text.split_once('\n').unwrap_or((self.text, ""));
        (head.trim_start_matches("# "), body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_has_a_heading_that_fits_a_list_of_topics() {
        for topic in TOPICS {
            assert!(topic.text.starts_with("# "), "{}", topic.name);
            let subject = topic.subject();
            assert!(subject.chars().count() <= 64, "{}: {subject}", topic.name);
        }
    }
}
