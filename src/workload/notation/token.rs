//! A piece of a notation that remembers where it stands.

/// A piece of a text, and where it starts in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::workload) struct Token<'a> {
    pub(in crate::workload) text: &'a str,
    /// In bytes from the start of the whole text.
    pub(in crate::workload) start: usize,
}

impl<'a> Token<'a> {
    pub(in crate::workload) const fn whole(text: &'a str) -> Self {
        Self { text, start: 0 }
    }

    /// What stands between the separators: at least one piece, which may be empty.
    pub(in crate::workload) fn split(self, separator: char) -> impl Iterator<Item = Self> {
        self.text
            .split(separator)
            .scan(self.start, move |next, text| {
                let start = *next;
                *next += text.len() + separator.len_utf8();
                Some(Self { text, start })
            })
    }

    /// Without the white space around it, as Python's numbers are read.
    pub(in crate::workload) fn trim(self) -> Self {
        let text = self.text.trim_start();
        Self {
            text: text.trim_end(),
            start: self.start + self.text.len() - text.len(),
        }
    }

    /// What stands before and after the separator, if there is exactly one.
    pub(in crate::workload) fn split_in_two(self, separator: char) -> Option<(Self, Self)> {
        let mut pieces = self.split(separator);
        match (pieces.next(), pieces.next(), pieces.next()) {
            (Some(before), Some(after), None) => Some((before, after)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_know_where_they_start() {
        let whole = Token::whole("é,,bc");
        let pieces: Vec<_> = whole
            .split(',')
            .map(|piece| (piece.text, piece.start))
            .collect();
        assert_eq!(pieces, [("é", 0), ("", 3), ("bc", 4)]);
    }

    #[test]
    fn the_white_space_around_a_piece_is_no_part_of_it() {
        let trimmed = |text, start| {
            let token = Token { text, start }.trim();
            (token.text.to_owned(), token.start)
        };
        assert_eq!(trimmed(" c2\t", 3), ("c2".to_owned(), 4));
        assert_eq!(trimmed("  ", 3), (String::new(), 5));
    }

    #[test]
    fn a_text_splits_in_two_at_one_separator_only() {
        let split = |text| {
            Token::whole(text)
                .split_in_two(':')
                .map(|(x, y)| (x.text, y.text, y.start))
        };
        assert_eq!(split("5:100"), Some(("5", "100", 2)));
        assert_eq!(split(":"), Some(("", "", 1)));
        assert_eq!(split("5"), None);
        assert_eq!(split("5:1:2"), None);
    }
}
