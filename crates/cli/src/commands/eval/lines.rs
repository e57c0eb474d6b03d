//! Many requests: lines in, lines out, in their order, on all processors.
//!
//! Whoever is free takes the next chunk of whole lines and answers it by himself. Answers that come before their turn
//! are laid down, and whoever has the turn writes them too, so nobody waits for a slower one; only so many may lie
//! there, so memory does not grow with the input. What has come in is answered before more is waited for.

use std::collections::BTreeMap;
use std::io::{self, BufRead, IsTerminal, Read};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aas::json::MAX_BYTES;
use indicatif::{ProgressBar, ProgressStyle};

use crate::exit::{Failure, Outcome};
use crate::out::{self, Out};

/// Bytes that are read at a time.
const CHUNK: usize = 256 * 1024;
/// A line longer than that is no request, whatever else is in it.
const LONGEST: usize = MAX_BYTES + 2;

/// Answers lines: one for each worker.
pub(super) trait Answers {
    /// Adds the answer to a line that is not blank, or says why there is none. `notes` are for people.
    fn answer(&mut self, line: &[u8], out: &mut Vec<u8>, notes: &mut Vec<String>) -> Result<(), String>;
    /// Begins another chunk.
    fn begin(&mut self);
}

/// Whole lines of the input.
struct Chunk {
    /// Which in order, from 0.
    number: u64,
    /// The number of its first line, from 1.
    first: u64,
    /// Its lines with their ends.
    bytes: Vec<u8>,
    /// Whether it is the beginning of one line that is too long.
    cut: bool,
}

/// The input, cut into chunks.
struct Input {
    reader: Box<dyn Read + Send>,
    /// What was read behind the last whole line.
    rest: Vec<u8>,
    number: u64,
    line: u64,
    ended: bool,
}

impl Input {
    fn next(&mut self) -> io::Result<Option<Chunk>> {
        let mut bytes = std::mem::take(&mut self.rest);
        let mut seen = 0;
        loop {
            if let Some(end) = bytes[seen..].iter().rposition(|b| *b == b'\n') {
                self.rest = bytes.split_off(seen + end + 1);
                return Ok(Some(self.chunk(bytes, false)));
            }
            seen = bytes.len();
            if seen > LONGEST {
                self.skip_line()?;
                return Ok(Some(self.chunk(bytes, true)));
            }
            if self.ended || self.more(&mut bytes)? == 0 {
                self.ended = true;
                return Ok((!bytes.is_empty()).then(|| self.chunk(bytes, false)));
            }
        }
    }

    fn chunk(&mut self, bytes: Vec<u8>, cut: bool) -> Chunk {
        let (number, first) = (self.number, self.line);
        self.number += 1;
        self.line += if cut { 1 } else { bytes.iter().filter(|b| **b == b'\n').count() as u64 };
        Chunk { number, first, bytes, cut }
    }

    /// Reads what there is.
    fn more(&mut self, bytes: &mut Vec<u8>) -> io::Result<usize> {
        let before = bytes.len();
        bytes.resize(before + CHUNK, 0);
        let read = loop {
            match self.reader.read(&mut bytes[before..]) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        bytes.truncate(before + read.as_ref().map_or(0, |n| *n));
        read
    }

    /// Passes the rest of a line.
    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let mut bytes = Vec::new();
            if self.more(&mut bytes)? == 0 {
                self.ended = true;
                return Ok(());
            }
            if let Some(end) = bytes.iter().position(|b| *b == b'\n') {
                self.rest = bytes.split_off(end + 1);
                return Ok(());
            }
        }
    }
}

/// The answers to a chunk, and what there is to say to people.
#[derive(Default)]
struct Answered {
    bytes: Vec<u8>,
    notes: Vec<String>,
}

/// Whose turn it is to write.
#[derive(Default)]
struct Turn {
    next: u64,
    /// Whether somebody writes; he looks for more before he stops.
    writing: bool,
    /// Whether somebody has failed, so that nobody goes on.
    failed: bool,
    /// What waits for its turn.
    ready: BTreeMap<u64, Answered>,
    /// Memory to be used again.
    spare: Vec<Answered>,
}

/// How many chunks may wait for their turn.
const MOST_READY: usize = 8;

/// What workers share.
struct Shared<'o> {
    input: Mutex<Input>,
    turn: Mutex<Turn>,
    turned: Condvar,
    /// Taken by whoever writes.
    out: Mutex<&'o mut Out>,
    progress: ProgressBar,
}

/// A panic of another thread ends the program anyway.
fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says that nobody should wait, unless it is taken back.
struct Alarm<'a, 'o>(&'a Shared<'o>, bool);

impl Drop for Alarm<'_, '_> {
    fn drop(&mut self) {
        if self.1 {
            locked(&self.0.turn).failed = true;
            self.0.turned.notify_all();
        }
    }
}

/// Answers all lines of the input by so many workers. `unreadable` says why the input cannot be read.
pub(super) fn run<A: Answers>(
    input: Box<dyn Read + Send>,
    workers: usize,
    make: impl Fn() -> A + Sync,
    unreadable: impl Fn(&io::Error) -> Failure + Sync,
    out: &mut Out,
) -> Outcome<()> {
    let input = Input { reader: input, rest: Vec::new(), number: 0, line: 1, ended: false };
    let (input, out, progress) = (Mutex::new(input), Mutex::new(out), progress());
    let shared = Shared { input, turn: Mutex::default(), turned: Condvar::new(), out, progress };
    let work = || {
        let mut alarm = Alarm(&shared, true);
        let ended = shared.work(&mut make(), &unreadable);
        alarm.1 = ended.is_err();
        ended
    };
    let ended = std::thread::scope(|scope| {
        let others: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
        let own = work();
        let joined =
            others.into_iter().map(|other| other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.fold(own, Result::and)
    });
    shared.progress.finish_and_clear();
    ended
}

impl Shared<'_> {
    fn work(&self, answers: &mut impl Answers, unreadable: &impl Fn(&io::Error) -> Failure) -> Outcome<()> {
        loop {
            let chunk = locked(&self.input).next().map_err(|e| unreadable(&e))?;
            let Some(chunk) = chunk else { return Ok(()) };
            answers.begin();
            let mut answered = locked(&self.turn).spare.pop().unwrap_or_default();
            let lines = answer_chunk(&chunk, answers, &mut answered.bytes, &mut answered.notes);
            if !self.write(chunk.number, answered)? {
                return Ok(());
            }
            self.progress.inc(lines);
        }
    }

    /// Writes the answers to a chunk when it is their turn, or leaves them to whoever has the turn; false where
    /// somebody else has failed meanwhile.
    fn write(&self, number: u64, answered: Answered) -> Outcome<bool> {
        let mut turn = locked(&self.turn);
        while turn.next != number && turn.ready.len() >= MOST_READY && !turn.failed {
            turn = self.turned.wait(turn).unwrap_or_else(PoisonError::into_inner);
        }
        turn.ready.insert(number, answered);
        while !turn.failed {
            let next = turn.next;
            if turn.writing {
                return Ok(true);
            }
            let Some(mut due) = turn.ready.remove(&next) else { return Ok(true) };
            turn.writing = true;
            drop(turn);
            due.notes.iter().for_each(out::note);
            let mut out = locked(&self.out);
            out.bytes(&due.bytes)?;
            // Whoever feeds us through a pipe may wait for these answers before he asks on.
            out.flush()?;
            drop(out);
            due.bytes.clear();
            due.notes.clear();
            turn = locked(&self.turn);
            turn.spare.push(due);
            turn.next += 1;
            turn.writing = false;
            self.turned.notify_all();
        }
        Ok(false)
    }
}

/// Answers the lines of a chunk; gives how many there were.
fn answer_chunk(chunk: &Chunk, answers: &mut impl Answers, out: &mut Vec<u8>, notes: &mut Vec<String>) -> u64 {
    let mut number = chunk.first;
    let mut rest = &chunk.bytes[..];
    while !rest.is_empty() {
        let all = rest;
        // Reading from memory cannot fail.
        let length = rest.skip_until(b'\n').unwrap_or(all.len());
        let line = &all[..length];
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        if !line.trim_ascii().is_empty() {
            let before = out.len();
            let answered = if chunk.cut {
                Err(format!("column 1: the text is longer than {MAX_BYTES} bytes"))
            } else {
                answers.answer(line, out, notes)
            };
            if let Err(said) = answered {
                out.truncate(before);
                let error = serde_json::json!({ "error": { "line": number, "message": said } });
                out.extend_from_slice(error.to_string().as_bytes());
            }
            if out.len() > before {
                out.push(b'\n');
            }
        }
        number += 1;
        if chunk.cut {
            break;
        }
    }
    number - chunk.first
}

/// How far it is, on a terminal that shows nothing else.
fn progress() -> ProgressBar {
    if !io::stderr().is_terminal() || io::stdout().is_terminal() {
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {human_pos} requests, {per_sec}, {elapsed}") {
        spinner.set_style(style);
    }
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::{Answers, Chunk, Input, LONGEST, answer_chunk};

    /// Gives its bytes in pieces of the given lengths, then byte by byte.
    struct Pieces(Vec<u8>, Vec<usize>);

    impl Read for Pieces {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let wanted = self.1.pop().unwrap_or(1).min(out.len()).min(self.0.len());
            out[..wanted].copy_from_slice(&self.0[..wanted]);
            self.0.drain(..wanted);
            Ok(wanted)
        }
    }

    /// Says each line back; refuses those that begin with a minus.
    struct Echo;

    impl Answers for Echo {
        fn answer(&mut self, line: &[u8], out: &mut Vec<u8>, _: &mut Vec<String>) -> Result<(), String> {
            out.extend_from_slice(line);
            if line.starts_with(b"-") { Err("no".into()) } else { Ok(()) }
        }

        fn begin(&mut self) {}
    }

    fn chunks(bytes: Vec<u8>, lengths: Vec<usize>) -> Vec<Chunk> {
        let reader = Box::new(Pieces(bytes, lengths));
        let mut input = Input { reader, rest: Vec::new(), number: 0, line: 1, ended: false };
        std::iter::from_fn(|| input.next().unwrap()).collect()
    }

    fn echoed(bytes: &[u8], lengths: Vec<usize>) -> String {
        let mut out = Vec::new();
        for chunk in chunks(bytes.to_vec(), lengths) {
            answer_chunk(&chunk, &mut Echo, &mut out, &mut Vec::new());
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_are_the_same_however_they_arrive() {
        let text = b"one\n\n  \ntwo\r\n-three\nfour";
        let expected = "one\ntwo\r\n{\"error\":{\"line\":5,\"message\":\"no\"}}\nfour\n";
        for lengths in [vec![100], vec![], vec![9, 1, 4], vec![6, 6, 6, 6], vec![2, 20]] {
            assert_eq!(echoed(text, lengths.clone()), expected, "{lengths:?}");
        }
        assert_eq!(echoed(b"", vec![]), "");
    }

    #[test]
    fn a_line_that_is_too_long_gets_one_error_and_takes_no_more_memory() {
        let mut text = b"one\n".to_vec();
        text.extend(vec![b'x'; 2 * LONGEST]);
        text.extend_from_slice(b"\ntwo\n-three\n");
        let most = chunks(text.clone(), vec![CHUNK; 100]).iter().map(|c| c.bytes.len()).max();
        assert!(most < Some(LONGEST + 2 * CHUNK), "{most:?}");
        let out = echoed(&text, vec![CHUNK; 100]);
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!(lines.len(), 4, "{lines:?}");
        assert!(lines[1].contains("\"line\":2") && lines[1].contains("longer than"), "{}", lines[1]);
        assert_eq!((lines[0], lines[2]), ("one", "two"));
        assert!(lines[3].contains("\"line\":4"), "{}", lines[3]);
    }

    use super::CHUNK;
}
