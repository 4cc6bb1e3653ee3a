//! `/proc/PID/smaps` (`proc_pid_smaps(5)`): the mappings of a process's memory, and how much of
//! each is there.

/// One mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    pub start: u64,
    /// The first byte behind it.
    pub end: u64,
    /// As `r-xp`.
    pub permissions: String,
    /// A file, a name in brackets, or nothing.
    pub name: String,
    /// How much of it is in memory, or would have to come back from swap, in bytes.
    pub resident_bytes: u64,
}

impl Mapping {
    #[must_use]
    pub const fn contains(&self, address: u64) -> bool {
        self.start <= address && address < self.end
    }

    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.end - self.start
    }
}

/// All mappings, in the order of their addresses. What is no mapping is passed over.
#[must_use]
pub fn parse(text: &str) -> Vec<Mapping> {
    let mut mappings: Vec<Mapping> = Vec::new();
    for line in text.lines() {
        if let Some(mapping) = head(line) {
            mappings.push(mapping);
        } else if let (Some(bytes), Some(mapping)) = (in_memory(line), mappings.last_mut()) {
            mapping.resident_bytes += bytes;
        }
    }
    mappings
}

/// `55d0-55e0 r-xp 00000000 08:01 123    /bin/true`
fn head(line: &str) -> Option<Mapping> {
    let (range, rest) = line.split_once(' ')?;
    let (start, end) = range.split_once('-')?;
    let (start, end) = (hexadecimal(start)?, hexadecimal(end)?);
    // Permissions, offset, device and inode; then the name, which may have spaces.
    let mut fields = rest.splitn(5, ' ');
    let permissions = fields.next()?.to_owned();
    let name = fields.nth(3).unwrap_or_default().trim().to_owned();
    (start <= end).then_some(Mapping {
        start,
        end,
        permissions,
        name,
        resident_bytes: 0,
    })
}

/// `Rss:                   4 kB`
fn in_memory(line: &str) -> Option<u64> {
    let value = line
        .strip_prefix("Rss:")
        .or_else(|| line.strip_prefix("Swap:"))?;
    let kilobytes = value.trim().strip_suffix(" kB")?.parse::<u64>().ok()?;
    kilobytes.checked_mul(1024)
}

fn hexadecimal(text: &str) -> Option<u64> {
    u64::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "\
55d0c1a2b000-55d0c1a2d000 r-xp 00001000 08:01 1234                       /tmp/a b (deleted)
Size:                  8 kB
Rss:                   4 kB
Swap:                  4 kB
SwapPss:               4 kB
VmFlags: rd ex mr mw me
7ffe1b0e8000-7ffe1b109000 rw-p 00000000 00:00 0                          [stack]
Rss:                  12 kB
7f0000000000-7f0000001000 rw-p 00000000 00:00 0 
Rss:                   0 kB
";

    #[test]
    fn mappings_have_their_names_and_what_is_in_memory() {
        let mappings = parse(TEXT);
        let names: Vec<_> = mappings.iter().map(|mapping| &mapping.name).collect();
        assert_eq!(names, ["/tmp/a b (deleted)", "[stack]", ""]);
        assert_eq!(mappings[0].permissions, "r-xp");
        assert_eq!(mappings[0].bytes(), 0x2000);
        assert_eq!(mappings[0].resident_bytes, 8 * 1024);
        assert_eq!(mappings[1].resident_bytes, 12 * 1024);
        assert!(mappings[1].contains(0x7ffe_1b0e_8000));
        assert!(!mappings[1].contains(0x7ffe_1b10_9000));
    }

    #[test]
    fn one_can_read_ones_own() {
        let text = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let here = parse(&text);
        let address = std::ptr::from_ref(&text) as u64;
        assert!(here.iter().any(|mapping| mapping.contains(address)));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = parse(&text);
        }
    }
}
