//! `/proc/PID/limits` (`proc_pid_limits(5)`).

use serde::Serialize;

/// One limit; of it, `None`: unlimited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Limit {
    /// The kernel's words: `Max open files`.
    pub name: String,
    /// What holds.
    pub soft: Option<u64>,
    /// What the process may raise it to.
    pub hard: Option<u64>,
    /// `bytes`, `files` …; empty: a plain number.
    pub unit: String,
}

/// All limits, in the kernel's order. A line that is not what the kernel writes is left out.
pub fn parse(text: &str) -> Vec<Limit> {
    text.lines().skip(1).filter_map(limit).collect()
}

/// The name has the first 25 columns, and a space behind it.
fn limit(line: &str) -> Option<Limit> {
    let (name, rest) = line.split_at_checked(26)?;
    let mut fields = rest.split_ascii_whitespace();
    let mut amount = || match fields.next()? {
        "unlimited" => Some(None),
        number => number.parse().ok().map(Some),
    };
    Some(Limit {
        name: name.trim_end().to_owned(),
        soft: amount()?,
        hard: amount()?,
        unit: fields.next().unwrap_or("").to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: &str = "\
Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max open files            1024                 524288               files     
Max nice priority         0                    0                    
";

    #[test]
    fn a_limit_has_two_values_and_perhaps_a_unit() {
        let limits = parse(LIMITS);
        assert_eq!(limits.len(), 3);
        assert_eq!((limits[0].soft, limits[0].hard), (None, None));
        assert_eq!(limits[1].name, "Max open files");
        assert_eq!(
            (limits[1].soft, limits[1].hard),
            (Some(1024), Some(524_288))
        );
        assert_eq!(limits[1].unit, "files");
        assert_eq!(limits[2].unit, "");
    }
}
