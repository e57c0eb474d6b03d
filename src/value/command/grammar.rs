//! Tokens to a tree, by the shell grammar of `brush-parser`.
//!
//! The grammar sees place holders for words (`w3`), assignments (`a=w3`) and here-documents (`h0`). It has
//! no text to be confused by, keeps nothing of a request, and what it builds is looked up by place.

use brush_parser::ast;
use brush_parser::{ParserOptions, SourceSpan, Token, parse_tokens};

use super::lex::{Tok, unreadable};
use crate::value::Fault;

/// Tokens of one script; 32 KiB of text cannot honestly need more.
const MAX_TOKENS: usize = 4096;

/// The tree of one script.
pub(super) fn parse(tokens: &[Tok]) -> Result<ast::Program, Fault> {
    if tokens.len() > MAX_TOKENS {
        return Err(unreadable("it has too many words"));
    }
    let mut out = Vec::with_capacity(tokens.len());
    let word = |text: String| Token::Word(text, SourceSpan::default());
    for token in tokens {
        match token {
            Tok::Operator(op) => out.push(Token::Operator((*op).to_string(), SourceSpan::default())),
            Tok::Reserved(text) => out.push(word((*text).to_string())),
            Tok::Word(place) => out.push(word(format!("w{place}"))),
            Tok::Assignment(place) => out.push(word(format!("a=w{place}"))),
            Tok::Number(standard_input) => out.push(word(if *standard_input { "0" } else { "9" }.to_string())),
            Tok::Document(place) => (0..3).for_each(|_| out.push(word(format!("h{place}")))),
        }
    }
    parse_tokens(&out, &ParserOptions::default())
        .map_err(|_| unreadable("it is not a command line that bash would read"))
}

/// The place that a place holder names.
pub(super) fn place(holder: &str) -> Option<usize> {
    holder.rsplit('=').next()?.get(1..)?.parse().ok()
}
