//! `/proc/PID/maps` (`proc_pid_maps(5)`): the address space, piece by piece.

/// One mapping: addresses from `start` up to, not including, `end`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    pub start: u64,
    pub end: u64,
    /// Where in the file `start` is, in bytes.
    pub offset: u64,
    /// The file, or `[heap]`, `[stack]` and the like; empty: anonymous memory.
    pub path: String,
}

impl Mapping {
    #[must_use]
    pub const fn contains(&self, address: u64) -> bool {
        self.start <= address && address < self.end
    }
}

/// In the order of the addresses. A line that is not what the kernel writes is left out.
#[must_use]
pub fn parse(text: &str) -> Vec<Mapping> {
    text.lines().filter_map(mapping).collect()
}

/// `START-END PERMISSIONS OFFSET DEVICE INODE      PATH`, of which the path may contain spaces.
fn mapping(line: &str) -> Option<Mapping> {
    let mut fields = line.splitn(6, ' ');
    let (start, end) = fields.next()?.split_once('-')?;
    let offset = fields.nth(1)?;
    let path = fields.nth(2).unwrap_or("").trim_start();
    let number = |text| u64::from_str_radix(text, 16).ok();
    Some(Mapping {
        start: number(start)?,
        end: number(end)?,
        offset: number(offset)?,
        path: path.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MAPS: &str = "\
562879e94000-562879e99000 r-xp 00002000 fe:00 247774                     /usr/bin/my sleep
56289c1f2000-56289c213000 rw-p 00000000 00:00 0                          [heap]
7f0cafe6f000-7f0cafe72000 rw-p 00000000 00:00 0 
";

    #[test]
    fn a_mapping_has_addresses_an_offset_and_perhaps_a_file() {
        let maps = parse(MAPS);
        assert_eq!(
            maps[0],
            Mapping {
                start: 0x5628_79e9_4000,
                end: 0x5628_79e9_9000,
                offset: 0x2000,
                path: "/usr/bin/my sleep".to_owned(),
            }
        );
        assert_eq!(maps[1].path, "[heap]");
        assert_eq!(maps[2].path, "");
        assert!(maps[0].contains(0x5628_79e9_4000));
        assert!(!maps[0].contains(0x5628_79e9_9000));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text: String, cut in 0..MAPS.len()) {
            let _ = parse(&text);
            let _ = parse(&MAPS[cut..]);
        }
    }
}
