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
    fn the_model_is_found_among_the_fields() {
        assert_eq!(
            model_of("processor\t: 0\nmodel name\t: A: B\n"),
            Some("A: B")
        );
        assert_eq!(model_of("processor\t: 0\n"), None);
    }
}
