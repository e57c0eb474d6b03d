//! The tree of elements to documents of the crate `pretty`, and those to text.

use pretty::{Arena, DocAllocator, DocBuilder};

use super::layout::{Element, Group, Node, Remark};
use super::plan::{Plan, Style};

/// Widest line.
const WIDTH: usize = 120;
/// Widest left side of `{ … } -> tier` that is put into a column.
const MAX_LEFT: usize = 70;
/// Blanks of one step to the right.
const STEP: isize = 4;

type Doc<'a> = DocBuilder<'a, Arena<'a>>;

/// Prints elements of one file.
pub(super) struct Printer<'a> {
    arena: &'a Arena<'a>,
    plan: &'a Plan,
}

/// One item as text, without the comments around it.
pub(super) fn item(element: &Element<'_>, plan: &Plan) -> String {
    let arena = Arena::new();
    let printer = Printer { arena: &arena, plan };
    let doc = printer.sequence(&element.nodes);
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    let _ = doc.render_fmt(WIDTH, &mut out);
    trim_lines(&out)
}

/// Lines without blanks at their ends: a broken document may leave some.
fn trim_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, line) in text.lines().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        out.push_str(line.trim_end());
    }
    out
}

/// What was printed last, to know what stands between it and the next.
#[derive(Clone, Copy)]
enum Before {
    /// Nothing.
    Start,
    /// A comment, which ends its line.
    Remark,
    /// Something that binds to the right: `.`, `..`, `(`, a unary sign.
    Bound,
    /// A comma.
    Comma,
    /// Anything else.
    Word,
}

impl<'a> Printer<'a> {
    fn text(&self, text: &str) -> Doc<'a> {
        self.arena.text(text.to_owned())
    }

    fn sequence(&self, nodes: &[Node<'_>]) -> Doc<'a> {
        // Kept text may be long; the head before it is not broken for its sake.
        let fill = !nodes.iter().any(|n| matches!(n, Node::Raw(_)));
        let mut doc = self.arena.nil();
        let mut before = Before::Start;
        for node in nodes {
            match node {
                Node::Text(text, at) => {
                    doc = doc.append(self.lead(before, text, *at, fill));
                    before = self.after(text, *at);
                }
                Node::Raw(text) => {
                    let mut lines = block(text).into_iter();
                    doc = doc.append(self.lead(before, lines.next().unwrap_or_default(), u32::MAX, fill));
                    for line in lines {
                        doc = doc.append(self.arena.hardline()).append(self.text(line));
                    }
                    before = Before::Word;
                }
                Node::Comment { text, own } => {
                    let gap = match before {
                        Before::Start => self.arena.nil(),
                        Before::Remark => self.arena.hardline(),
                        Before::Bound | Before::Comma | Before::Word if *own => self.arena.hardline(),
                        Before::Bound | Before::Comma | Before::Word => self.arena.space(),
                    };
                    doc = doc.append(gap.append(self.text(text)).nest(STEP));
                    before = Before::Remark;
                }
                Node::Group(group) => {
                    let open = self.lead(before, group.open.0, group.open.1, fill);
                    doc = doc.append(open).append(self.inside(group));
                    before = Before::Word;
                }
            }
        }
        doc.group()
    }

    /// A piece with what stands between it and the last. A break inside an element steps to the right; the
    /// step lies around break and piece, since a line is indented as what follows the break is.
    fn lead(&self, before: Before, text: &str, at: u32, fill: bool) -> Doc<'a> {
        let between = match before {
            Before::Start | Before::Bound => self.arena.nil(),
            Before::Remark => self.arena.hardline(),
            Before::Comma | Before::Word if self.plan.breaks.contains(&at) => self.arena.line(),
            Before::Comma if fill => self.arena.softline(),
            Before::Comma => self.arena.space(),
            Before::Word => {
                let sign = matches!(text, "." | ".." | "," | ":" | ")" | "]");
                if sign || self.plan.bound_left.contains(&at) { self.arena.nil() } else { self.arena.space() }
            }
        };
        between.append(self.text(text)).nest(STEP)
    }

    fn after(&self, text: &str, at: u32) -> Before {
        match text {
            "," => Before::Comma,
            "." | ".." => Before::Bound,
            _ if self.plan.unary.contains(&at) || self.plan.angles.contains(&at) => Before::Bound,
            _ => Before::Word,
        }
    }

    /// What stands behind an opening sign, with the closing one.
    fn inside(&self, group: &Group<'_>) -> Doc<'a> {
        let close = self.text(group.close);
        if group.elements.is_empty() && !group.broken {
            return close;
        }
        match group.style {
            Style::Tight | Style::Paren if !group.broken => {
                let inner = self.arena.concat(group.elements.iter().map(|e| self.sequence(&e.nodes)));
                if group.style == Style::Tight {
                    return inner.append(close);
                }
                self.arena.line_().append(inner).nest(STEP).append(self.arena.line_()).append(close).group()
            }
            Style::Clauses | Style::Table | Style::Fields | Style::Values { .. } | Style::Paren | Style::Tight => {
                let widths = if group.style == Style::Table { widths(&group.elements, self.plan) } else { Vec::new() };
                if group.broken { self.broken(group, &widths) } else { self.one_line(group, &widths) }
            }
        }
    }

    /// One line if it fits, else a line for each element.
    fn one_line(&self, group: &Group<'_>, widths: &[usize]) -> Doc<'a> {
        let edge =
            || if group.style == (Style::Values { tight: true }) { self.arena.line_() } else { self.arena.line() };
        let mut inside = edge();
        let last = group.elements.len().saturating_sub(1);
        for (index, element) in group.elements.iter().enumerate() {
            inside = inside.append(self.element(element, widths));
            let separator = match group.style {
                Style::Values { .. } if index == last => self.text(",").flat_alt(self.arena.nil()),
                _ if index == last => self.arena.nil(),
                Style::Values { .. } => self.text(",").append(self.arena.line()),
                Style::Fields => self.arena.hardline().flat_alt(self.text(", ")),
                Style::Clauses | Style::Table => self.arena.hardline().flat_alt(self.text("  ")),
                Style::Paren | Style::Tight => self.arena.line(),
            };
            inside = inside.append(separator);
        }
        inside.nest(STEP).append(edge()).append(self.text(group.close)).group()
    }

    /// A line for each element, with the comments.
    fn broken(&self, group: &Group<'_>, widths: &[usize]) -> Doc<'a> {
        let mut inside = self.arena.nil();
        if let Some(head) = group.head {
            inside = inside.append(self.arena.space()).append(self.text(head));
        }
        let comma = matches!(group.style, Style::Values { .. });
        let mut first = true;
        for element in &group.elements {
            for remark in &element.leading {
                inside = inside.append(self.line(remark.blank && !first)).append(self.text(remark.text));
                first = false;
            }
            inside = inside.append(self.line(element.blank && !first)).append(self.element(element, widths));
            first = false;
            if comma {
                inside = inside.append(self.text(","));
            }
            if let Some(trailing) = element.trailing {
                inside = inside.append(self.arena.space()).append(self.text(trailing));
            }
        }
        for Remark { text, blank } in &group.rest {
            inside = inside.append(self.line(*blank && !first)).append(self.text(text));
            first = false;
        }
        inside.nest(STEP).append(self.arena.hardline()).append(self.text(group.close))
    }

    fn line(&self, blank: bool) -> Doc<'a> {
        let line = self.arena.hardline();
        if blank { line.append(self.arena.hardline()) } else { line }
    }

    /// An element; the lines of a table stand in columns where they stand on lines.
    fn element(&self, element: &Element<'_>, widths: &[usize]) -> Doc<'a> {
        let plain = self.sequence(&element.nodes);
        let Some(row) = row(element, self.plan).filter(|_| !widths.is_empty()) else { return plain };
        let mut padded = String::new();
        for (cell, width) in row.cells.iter().zip(widths) {
            padded.push_str(cell);
            padded.extend(std::iter::repeat_n(' ', width + 2 - cell.chars().count().min(*width)));
        }
        let aligned = match row.rest {
            [] => self.text(padded.trim_end()),
            rest => self.text(padded.strip_suffix(' ').unwrap_or(&padded)).append(self.sequence(rest)),
        };
        aligned.flat_alt(plain)
    }
}

/// The lines of a text that is kept, moved as one block to the left.
fn block(text: &str) -> Vec<&str> {
    let blanks = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let rest = text.lines().skip(1).filter(|line| !line.trim().is_empty());
    let common = rest.map(blanks).min().unwrap_or(0);
    let lines = text.lines().enumerate();
    lines
        .map(|(i, line)| if i == 0 { line.trim_end() } else { line.get(common..).unwrap_or_default().trim_end() })
        .collect()
}

/// A line of a table: what stands in columns, and what follows.
struct Row<'e, 's> {
    cells: Vec<String>,
    rest: &'e [Node<'s>],
}

/// `columns a b`, `row x green red`, `{ … } -> tier`
fn row<'e, 's>(element: &'e Element<'s>, plan: &Plan) -> Option<Row<'e, 's>> {
    let words = || {
        element.nodes.iter().map_while(|n| if let Node::Text(text, _) = n { Some((*text).to_owned()) } else { None })
    };
    match element.nodes.as_slice() {
        [Node::Text("columns", _), ..] => Some(Row { cells: words().collect(), rest: &[] }),
        [Node::Text("row", _), Node::Text(label, _), ..] => {
            let label = std::iter::once(format!("row {label}"));
            Some(Row { cells: label.chain(words().skip(2)).collect(), rest: &[] })
        }
        [Node::Group(fields), rest @ ..] if !fields.broken && matches!(rest, [Node::Text("->", _), ..]) => {
            let arena = Arena::new();
            let printer = Printer { arena: &arena, plan };
            let mut left = String::from(fields.open.0);
            // Writing to a `String` cannot fail.
            let _ = printer.inside(fields).render_fmt(MAX_LEFT, &mut left);
            (!left.contains('\n')).then(|| Row { cells: vec![left], rest })
        }
        _ => None,
    }
}

fn widths(elements: &[Element<'_>], plan: &Plan) -> Vec<usize> {
    let mut widths: Vec<usize> = Vec::new();
    for row in elements.iter().filter_map(|e| row(e, plan)) {
        widths.resize(widths.len().max(row.cells.len()), 0);
        for (width, cell) in widths.iter_mut().zip(&row.cells) {
            *width = (*width).max(cell.chars().count());
        }
    }
    widths
}
