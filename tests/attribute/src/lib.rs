//! `#[test]` for a program that has a runner of its own: it enters the function in the list that
//! `tests/common/runner.rs` runs. The compiler's `#[test]` knows only a runner in which a test
//! passes or fails, and none in which it says that there was nothing to be tested here.

use proc_macro::{TokenStream, TokenTree};

/// `#[test]`, or `#[test(alone)]` for one beside which no other may run.
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, function: TokenStream) -> TokenStream {
    let alone = match arguments.to_string().as_str() {
        "" => false,
        "alone" => true,
        other => return error(&format!("#[test({other})] is no attribute of a test here")),
    };
    let mut tokens = function.clone().into_iter();
    let found = tokens.find(|token| matches!(token, TokenTree::Ident(word) if word.to_string() == "fn"));
    let Some(TokenTree::Ident(name)) = found.and_then(|_| tokens.next()) else {
        return error("#[test] is for functions");
    };
    let entry = format!(
        "::inventory::submit! {{ crate::common::runner::Test {{
             name: ::std::concat!(::std::module_path!(), \"::\", ::std::stringify!({name})),
             run: {name},
             alone: {alone},
         }} }}"
    );
    let entry: TokenStream = entry.parse().expect("it is Rust");
    function.into_iter().chain(entry).collect()
}

fn error(what: &str) -> TokenStream {
    format!("::std::compile_error!({what:?});").parse().expect("it is Rust")
}
