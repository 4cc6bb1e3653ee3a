//! `/proc/PID/maps` and `/proc/PID/smaps` (`proc_pid_maps(5)`, `proc_pid_smaps(5)`): the address
//! space, mapping by mapping.

/// One mapping: addresses from `start` up to, not including, `end`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    pub start: u64,
    pub end: u64,
    /// As `r-xp`.
    pub permissions: String,
    /// Where in the file `start` is, in bytes.
    pub offset: u64,
    /// The file, or `[heap]`, `[stack]` and the like; empty: anonymous memory.
    pub name: String,
    /// How much of it is in memory, or would have to come back from swap, in bytes. `maps` does not
    /// say: 0.
    pub resident_bytes: u64,
}

impl Mapping {
    pub const fn contains(&self, address: u64) -> bool {
        self.start <= address && address < self.end
    }

    pub const fn bytes(&self) -> u64 {
        self.end - self.start
    }
}

/// In the order of the addresses. A line that is not what the kernel writes is left out.
pub fn parse(text: &str) -> Vec<Mapping> {
    let mut mappings: Vec<Mapping> = Vec::new();
    for line in text.lines() {
        if let Some(mapping) = mapping(line) {
            mappings.push(mapping);
        } else if let (Some(bytes), Some(mapping)) = (resident(line), mappings.last_mut()) {
            mapping.resident_bytes = mapping.resident_bytes.saturating_add(bytes);
        }
    }
    mappings
}

/// `START-END PERMISSIONS OFFSET DEVICE INODE      NAME`, of which the name may contain spaces.
fn mapping(line: &str) -> Option<Mapping> {
    let number = |text| u64::from_str_radix(text, 16).ok();
    let mut fields = line.splitn(6, ' ');
    let (start, end) = fields.next()?.split_once('-')?;
    let (start, end) = (number(start)?, number(end)?);
    (start <= end).then_some(Mapping {
        start,
        end,
        permissions: fields.next()?.to_owned(),
        offset: number(fields.next()?)?,
        name: fields.nth(2).unwrap_or("").trim_start().to_owned(),
        resident_bytes: 0,
    })
}

/// `Rss:                   4 kB`
fn resident(line: &str) -> Option<u64> {
    let value = line
        .strip_prefix("Rss:")
        .or_else(|| line.strip_prefix("Swap:"))?;
    let kib = value.trim().strip_suffix(" kB")?.parse::<u64>().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMAPS: &str = "\
55d0c1a2b000-55d0c1a2d000 r-xp 00001000 fe:00 1234                       /tmp/a b (deleted)
Size:                  8 kB
Rss:                   4 kB
Swap:                  4 kB
SwapPss:               4 kB
VmFlags: rd ex mr mw me
7f0000000000-7f0000001000 rw-p 00000000 00:00 0 
Rss:                   0 kB
7ffe1b0e8000-7ffe1b109000 rw-p 00000000 00:00 0                          [stack]
Rss:                  12 kB
";

    #[test]
    fn a_mapping_has_addresses_an_offset_a_name_and_memory() {
        let mappings = parse(SMAPS);
        let code = Mapping {
            start: 0x55d0_c1a2_b000,
            end: 0x55d0_c1a2_d000,
            permissions: "r-xp".to_owned(),
            offset: 0x1000,
            name: "/tmp/a b (deleted)".to_owned(),
            resident_bytes: 8 * 1024,
        };
        assert_eq!((code.bytes(), &mappings[0]), (0x2000, &code));
        assert_eq!(
            (mappings[1].name.as_str(), mappings[1].resident_bytes),
            ("", 0)
        );
        assert_eq!(
            (mappings[2].name.as_str(), mappings[2].resident_bytes),
            ("[stack]", 12 * 1024)
        );
        assert!(code.contains(code.start) && !code.contains(code.end));
    }

    #[test]
    fn both_files_of_a_process_have_the_same_mapping_of_its_stack() {
        let here = std::ptr::from_ref(&SMAPS) as u64;
        let of = |file| {
            let text = std::fs::read_to_string(file).unwrap();
            let stack = |mapping: &Mapping| mapping.name == "[stack]";
            (
                parse(&text).into_iter().find(stack),
                parse(&text).iter().any(|m| m.contains(here)),
            )
        };
        let (Some(stack), true) = of("/proc/self/smaps") else {
            panic!("the stack and this constant are in memory");
        };
        assert!(stack.resident_bytes > 0);
        assert_eq!(
            of("/proc/self/maps").0.map(|stack| stack.end),
            Some(stack.end)
        );
    }
}
