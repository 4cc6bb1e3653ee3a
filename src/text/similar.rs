//! Names that were misspelt.

/// The name most like `token`, if there is one like it.
pub fn nearest<'a>(token: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    /// Of 1 for the same: high enough that `x` is not taken for everything with an x.
    const LIKE: f64 = 0.75;
    let token = token.to_lowercase();
    let scored = names.map(|name| (strsim::jaro_winkler(&token, &name.to_lowercase()), name));
    scored
        .filter(|&(score, _)| score >= LIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name.to_owned())
}
