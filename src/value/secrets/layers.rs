//! One layer of encoding: base64 runs, percent escapes, JSON escapes.

use std::ops::Range;

/// Shortest run that is tried as base64: what a short secret of twelve bytes becomes.
const LEAST_RUN: usize = 16;

/// Calls `look` with each decoded text and a function from its places to those of the original.
pub(super) fn each(text: &str, mut look: impl FnMut(&str, &dyn Fn(Range<usize>) -> Range<usize>)) {
    base64_runs(text, |run, decoded| look(decoded, &|_| run.clone()));
    for decode in [percent, json] {
        if let Some((decoded, places)) = decode(text) {
            look(&decoded, &|span: Range<usize>| {
                let end = places.get(span.end).copied().unwrap_or(text.len());
                places.get(span.start).copied().unwrap_or(0)..end
            });
        }
    }
}

/// The value of a base64 digit of either alphabet; 64 and more for other bytes.
const DIGITS: [u8; 256] = {
    let mut table = [255_u8; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut i = 0;
    while i < 64 {
        table[alphabet[i] as usize] = i as u8;
        i += 1;
    }
    table[b'-' as usize] = 62;
    table[b'_' as usize] = 63;
    table
};

fn base64_runs(text: &str, mut found: impl FnMut(Range<usize>, &str)) {
    let bytes = text.as_bytes();
    let mut start = 0;
    let mut decoded = Vec::new();
    while start < bytes.len() {
        // The end of a run that could be long enough is looked at first, so that prose is leapt over.
        let probe = start + LEAST_RUN - 1;
        match bytes.get(start..=probe) {
            None => break,
            Some(window) => {
                if let Some(last) = window.iter().rposition(|b| DIGITS[usize::from(*b)] >= 64) {
                    start += last + 1;
                    continue;
                }
            }
        }
        let length = bytes[start..].iter().take_while(|b| DIGITS[usize::from(**b)] < 64).count();
        let run = &bytes[start..start + length];
        decoded.clear();
        decode64(run, &mut decoded);
        if let Ok(inner) = std::str::from_utf8(&decoded) {
            found(start..start + length, inner);
        }
        start += length + 1;
    }
}

fn decode64(run: &[u8], out: &mut Vec<u8>) {
    for group in run.chunks(4) {
        let digit = |i: usize| group.get(i).map_or(0, |b| u32::from(DIGITS[usize::from(*b)]));
        let word = digit(0) << 18 | digit(1) << 12 | digit(2) << 6 | digit(3);
        let [_, a, b, c] = word.to_be_bytes();
        out.extend(&[a, b, c][..group.len().saturating_sub(1)]);
    }
}

/// The text with `%41` read as `A`; `None` where there is nothing to decode.
fn percent(text: &str) -> Option<(String, Vec<usize>)> {
    let bytes = text.as_bytes();
    if !bytes.contains(&b'%') {
        return None;
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut places = Vec::with_capacity(bytes.len() + 1);
    let (mut at, mut changed) = (0, false);
    while let Some(&b) = bytes.get(at) {
        places.push(at);
        let code = bytes
            .get(at + 1..at + 3)
            .and_then(|h| std::str::from_utf8(h).ok())
            .and_then(|h| u8::from_str_radix(h, 16).ok());
        match code {
            // Only ASCII: what is beyond it stands in no token, and its bytes come in groups.
            Some(code) if b == b'%' && code.is_ascii() => {
                out.push(code);
                at += 3;
                changed = true;
            }
            Some(_) | None => {
                out.push(b);
                at += 1;
            }
        }
    }
    places.push(at);
    changed.then(|| String::from_utf8(out).ok()).flatten().map(|decoded| (decoded, places))
}

/// The text with `\n`, `\"`, `\u0041` read as what they stand for.
fn json(text: &str) -> Option<(String, Vec<usize>)> {
    let bytes = text.as_bytes();
    if !bytes.contains(&b'\\') {
        return None;
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut places = Vec::with_capacity(bytes.len() + 1);
    let (mut at, mut changed) = (0, false);
    while let Some(&b) = bytes.get(at) {
        places.push(at);
        let escaped = (b == b'\\').then(|| bytes.get(at + 1)).flatten();
        let (byte, length) = match escaped {
            Some(b'n' | b'r') => (b'\n', 2),
            Some(b't') => (b'\t', 2),
            Some(c @ (b'"' | b'\\' | b'/')) => (*c, 2),
            Some(b'u') => {
                let code = bytes
                    .get(at + 2..at + 6)
                    .and_then(|h| std::str::from_utf8(h).ok())
                    .and_then(|h| u8::from_str_radix(h, 16).ok());
                code.filter(u8::is_ascii).map_or((b, 1), |c| (c, 6))
            }
            Some(_) | None => (b, 1),
        };
        changed |= length > 1;
        out.push(byte);
        at += length;
    }
    places.push(at);
    changed.then(|| String::from_utf8(out).ok()).flatten().map(|decoded| (decoded, places))
}
