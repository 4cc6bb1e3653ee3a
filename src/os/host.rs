//! What machine this is.

use std::fs;

/// The kernel's name and release (`uname(2)`).
pub fn kernel() -> String {
    nix::sys::utsname::uname().map_or_else(
        |_| "unknown".to_owned(),
        |name| {
            format!(
                "{} {}",
                name.sysname().to_string_lossy(),
                name.release().to_string_lossy()
            )
        },
    )
}

/// Whether this kernel is of this version or newer; false where that is not known.
pub fn is_linux_from(major: u32, minor: u32) -> bool {
    let release = nix::sys::utsname::uname().ok();
    let release = release.and_then(|name| version_of(&name.release().to_string_lossy()));
    release.is_some_and(|release| release >= (major, minor))
}

/// `6.1.0-18-amd64` is (6, 1).
fn version_of(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|byte: char| !byte.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// The processor's model, from `/proc/cpuinfo`.
pub fn cpu_model() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    model_of(&cpuinfo).unwrap_or("unknown").to_owned()
}

/// x86 says `model name`; others have other words, or none.
fn model_of(cpuinfo: &str) -> Option<&str> {
    let field = |name: &str| {
        cpuinfo.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            (key.trim() == name).then(|| value.trim())
        })
    };
    field("model name")
        .or_else(|| field("Processor"))
        .or_else(|| field("cpu model"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_begins_with_two_numbers() {
        assert_eq!(version_of("6.1.0-18-amd64"), Some((6, 1)));
        assert_eq!(version_of("6.12"), Some((6, 12)));
        assert_eq!(version_of("next"), None);
        assert!(is_linux_from(5, 9) && !is_linux_from(u32::MAX, 0));
    }

    #[test]
    fn the_model_is_found_among_the_fields() {
        assert_eq!(
            model_of("processor\t: 0\nmodel name\t: A: B\n"),
            Some("A: B")
        );
        assert_eq!(model_of("processor\t: 0\n"), None);
    }
}
