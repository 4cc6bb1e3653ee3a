//! Key presses, out of the bytes a terminal sends for them (ECMA-48, and xterm's for the rest).
//!
//! Not crossterm's: 0.29 reads on for ever when the terminal is gone.

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    Char(char),
    Left,
    Right,
    Up,
    Down,
    Home,
    End,
    PageUp,
    PageDown,
    Enter,
    Tab,
    Backspace,
    Escape,
}

/// Takes the keys out of what was read. A sequence may come in two parts.
#[derive(Debug, Default)]
pub struct Keys {
    bytes: Vec<u8>,
}

const ESCAPE: u8 = 0x1b;

/// No sequence is longer.
const LONGEST: usize = 32;

impl Keys {
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Nothing more has come for a while: an escape that begins nothing is the key itself.
    pub fn settle(&mut self) -> Option<Key> {
        let key = (self.bytes == [ESCAPE]).then_some(Key::Escape);
        self.bytes.clear();
        key
    }

    pub fn is_unfinished(&self) -> bool {
        !self.bytes.is_empty()
    }
}

impl Iterator for Keys {
    type Item = Key;

    fn next(&mut self) -> Option<Key> {
        while !self.bytes.is_empty() {
            let (length, key) = first(&self.bytes)?;
            self.bytes.drain(..length);
            if key.is_some() {
                return key;
            }
        }
        None
    }
}

/// How many bytes the first key takes, and which it is, if we know it. `None`: more has to come.
fn first(bytes: &[u8]) -> Option<(usize, Option<Key>)> {
    match *bytes {
        [ESCAPE, b'[' | b'O', ..] => sequence(bytes),
        [ESCAPE] => None,
        // Alt and a key, or the escape key and then another.
        [ESCAPE, ..] => Some((1, Some(Key::Escape))),
        _ => character(bytes),
    }
}

/// `ESC [ parameters final` or `ESC O final`.
fn sequence(bytes: &[u8]) -> Option<(usize, Option<Key>)> {
    let body = &bytes[2..];
    let Some(end) = body.iter().position(|byte| (0x40..=0x7e).contains(byte)) else {
        return (bytes.len() >= LONGEST).then_some((bytes.len(), None));
    };
    let key = match (body[end], &body[..end]) {
        (b'A', _) => Some(Key::Up),
        (b'B', _) => Some(Key::Down),
        (b'C', _) => Some(Key::Right),
        (b'D', _) => Some(Key::Left),
        (b'H', _) | (b'~', b"1" | b"7") => Some(Key::Home),
        (b'F', _) | (b'~', b"4" | b"8") => Some(Key::End),
        (b'~', b"5") => Some(Key::PageUp),
        (b'~', b"6") => Some(Key::PageDown),
        (b'M', b"") => Some(Key::Enter),
        _ => None,
    };
    Some((2 + end + 1, key))
}

fn character(bytes: &[u8]) -> Option<(usize, Option<Key>)> {
    let length = match bytes[0] {
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf7 => 4,
        _ => 1,
    };
    let whole = bytes.get(..length)?;
    let key = match whole {
        b"\r" | b"\n" => Some(Key::Enter),
        b"\t" => Some(Key::Tab),
        [0x7f | 0x08] => Some(Key::Backspace),
        _ => std::str::from_utf8(whole)
            .ok()
            .and_then(|text| text.chars().next())
            .filter(|c| !c.is_control())
            .map(Key::Char),
    };
    Some((length, key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys(bytes: &[u8]) -> Vec<Key> {
        let mut keys = Keys::default();
        keys.push(bytes);
        keys.by_ref().collect()
    }

    #[test]
    fn what_terminals_send_is_understood() {
        assert_eq!(keys(b"\x1b[A\x1bOB"), [Key::Up, Key::Down]);
        assert_eq!(keys(b"\x1b[1;5C\x1b[D"), [Key::Right, Key::Left]);
        assert_eq!(keys(b"\x1b[H\x1b[4~"), [Key::Home, Key::End]);
        assert_eq!(keys(b"\x1b[5~\x1b[6~"), [Key::PageUp, Key::PageDown]);
        assert_eq!(
            keys(b" \r\t\x7f"),
            [Key::Char(' '), Key::Enter, Key::Tab, Key::Backspace]
        );
        assert_eq!(keys("qé".as_bytes()), [Key::Char('q'), Key::Char('é')]);
    }

    #[test]
    fn a_sequence_may_come_in_parts() {
        let mut keys = Keys::default();
        keys.push(b"\x1b");
        assert_eq!(keys.next(), None);
        keys.push(b"[");
        assert_eq!(keys.next(), None);
        keys.push(b"Cq");
        assert_eq!(
            (keys.next(), keys.next()),
            (Some(Key::Right), Some(Key::Char('q')))
        );
    }

    #[test]
    fn an_escape_on_its_own_is_a_key() {
        let mut keys = Keys::default();
        keys.push(b"\x1b");
        assert_eq!((keys.next(), keys.settle()), (None, Some(Key::Escape)));
        assert!(!keys.is_unfinished());
    }

    #[test]
    fn what_nobody_knows_is_no_key() {
        assert_eq!(keys(b"\x1b[99~\x1b[200~x\x01\xff"), [Key::Char('x')]);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_wait_for_ever(bytes: Vec<u8>) {
            let mut keys = Keys::default();
            keys.push(&bytes);
            while keys.next().is_some() {}
            prop_assert!(keys.bytes.len() < LONGEST);
        }
    }
}
