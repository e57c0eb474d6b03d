//! Results for people, programs and continuous integration.

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value, json};

use super::coverage;
use super::run::{ENGINES, Failed, Report, Tested};
use crate::exit::Outcome;
use crate::out::{Out, Style};
use crate::report::{plural, pretty};
use crate::shown;

pub(super) fn human(reports: &[Report], took: Duration, out: &mut Out) -> Outcome<()> {
    for report in reports {
        for result in report.results.iter().filter(|r| !r.failures.is_empty()) {
            failure(report, result, out)?;
        }
    }
    let of = |f: fn(&Tested) -> bool| reports.iter().flat_map(|r| &r.results).filter(|t| f(t)).count();
    let tests = of(|t| !t.is_assert);
    let asserts = of(|t| t.is_assert);
    let failed = of(|t| !t.failures.is_empty());
    let requests: usize = reports.iter().map(|r| r.requests).sum();
    let generated: usize = reports.iter().map(|r| r.generated).sum();
    let verdict = match failed {
        0 => out.paint(Style::Green, "all passed"),
        n => out.paint(Style::Red, format_args!("{n} failed")),
    };
    out.line(format_args!(
        "{} with {}, {} with {} made up, on {} engines: {verdict} in {} ms",
        plural(tests, "test"),
        plural(requests, "request"),
        plural(asserts, "assert"),
        plural(generated, "request"),
        ENGINES.len(),
        took.as_millis(),
    ))
}

fn failure(report: &Report, result: &Tested, out: &mut Out) -> Outcome<()> {
    let word = out.paint(Style::Red, "FAILED");
    let title = out.paint(Style::Bold, &result.title);
    out.line(format_args!("{word} {title}  {}", report.set.sources.place(result.span)))?;
    for (i, Failed { span, request, expected, found, because }) in result.failures.iter().enumerate() {
        out.line(format_args!("  {}  {request}", report.set.sources.place(*span)))?;
        out.line(format_args!("    expected  {expected}"))?;
        out.line(format_args!("    found     {found}"))?;
        // Several expectations of one request share what decided; it is said with the last of them.
        let next = result.failures.get(i + 1);
        let said_later = next.is_some_and(|n| n.request == *request && n.because == *because);
        for line in because.iter().filter(|_| !said_later) {
            out.line(format_args!("    decided   {line}"))?;
        }
    }
    out.line("")
}

pub(super) fn json(reports: &[Report], took: Duration, with_coverage: bool, out: &mut Out) -> Outcome<()> {
    let sets: Vec<Value> = reports.iter().map(|r| set(r, with_coverage)).collect();
    let failed = reports.iter().flat_map(|r| &r.results).filter(|t| !t.failures.is_empty()).count();
    out.line(pretty(&json!({ "sets": sets, "failed": failed, "milliseconds": took.as_millis() as u64 })))
}

fn set(report: &Report, with_coverage: bool) -> Value {
    let mut value = json!({
        "set": report.set.title,
        "policy": report.policy.hash().to_string(),
        "engines": ENGINES.map(shown::engine),
        "requests": report.requests,
        "generated": report.generated,
        "results": report.results.iter().map(|t| tested(report, t)).collect::<Vec<_>>(),
    });
    if with_coverage {
        value["coverage"] = coverage::json(report);
    }
    value
}

fn tested(report: &Report, tested: &Tested) -> Value {
    let place = |span| report.set.sources.place(span);
    json!({
        "title": tested.title,
        "package": tested.package,
        "kind": if tested.is_assert { "assert" } else { "test" },
        "at": place(tested.span),
        "requests": tested.requests,
        "passed": tested.failures.is_empty(),
        "failures": tested.failures.iter().map(|f| json!({
            "at": place(f.span),
            "request": f.request,
            "expected": f.expected,
            "found": f.found,
            "because": f.because,
        })).collect::<Vec<_>>(),
    })
}

pub(super) fn junit(reports: &[Report], took: Duration, out: &mut Out) -> Outcome<()> {
    let total: usize = reports.iter().map(|r| r.results.len()).sum();
    let failed = |r: &Report| r.results.iter().filter(|t| !t.failures.is_empty()).count();
    let all_failed: usize = reports.iter().map(failed).sum();
    out.line("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    out.line(format_args!(
        "<testsuites name=\"aasc\" tests=\"{total}\" failures=\"{all_failed}\" time=\"{:.3}\">",
        took.as_secs_f64()
    ))?;
    for report in reports {
        let took: Duration = report.results.iter().map(|t| t.took).sum();
        out.line(format_args!(
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" time=\"{:.3}\">",
            escaped(&report.set.title),
            report.results.len(),
            failed(report),
            took.as_secs_f64()
        ))?;
        for result in &report.results {
            out.text(&testcase(report, result))?;
        }
        out.line("  </testsuite>")?;
    }
    out.line("</testsuites>")
}

fn testcase(report: &Report, result: &Tested) -> String {
    let file = report.set.sources.file(result.span.file);
    let mut xml = format!(
        "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\" time=\"{:.3}\"",
        escaped(&result.package),
        escaped(&result.title),
        escaped(file.name()),
        file.line_column(result.span.start).line,
        result.took.as_secs_f64()
    );
    if result.failures.is_empty() {
        xml.push_str("/>\n");
        return xml;
    }
    xml.push_str(">\n");
    for f in &result.failures {
        let message = escaped(&format!("expected {}, found {}", f.expected, f.found));
        let mut text = format!("{}  {}", report.set.sources.place(f.span), f.request);
        for line in &f.because {
            text.push('\n');
            text.push_str(line);
        }
        // Writing into a String cannot fail.
        let _ = writeln!(xml, "      <failure message=\"{message}\">{}</failure>", escaped(&text));
    }
    xml.push_str("    </testcase>\n");
    xml
}

/// A text inside of XML; characters that XML cannot hold become `?`.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('?'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn xml_is_escaped() {
        assert_eq!(escaped("a<b & \"c\"\u{1b}[0m\n"), "a&lt;b &amp; &quot;c&quot;?[0m&#10;");
    }
}
