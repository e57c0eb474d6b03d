//! Where boxes stand: columns from left to right, few crossings, no line through a box.
//!
//! A line that crosses columns takes a place of its own in each of them. Columns are put in order by the mean
//! of their neighbours, a few times to and fro; then boxes move towards their neighbours as far as they may.

use std::collections::BTreeMap;

use super::{Look, Picture, columns};

/// Width of a character and height of a line of text.
pub(super) const CHARACTER: f64 = 7.25;
pub(super) const TEXT_LINE: f64 = 16.0;
const PADDING: f64 = 10.0;
const GAP: f64 = 12.0;
const HEADING_GAP: f64 = 2.0;
const COLUMN_GAP: f64 = 78.0;
const ROUNDS: usize = 12;

/// A box or a bend of a line with its place.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    /// The box; none for a bend.
    pub(super) shape: Option<usize>,
    /// What stands in a heading.
    pub(super) heading: Option<String>,
    column: usize,
    group: Option<String>,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) x: f64,
    pub(super) y: f64,
}

impl Spot {
    pub(super) fn middle(&self) -> f64 {
        self.y + self.height / 2.0
    }
}

/// A picture with places.
pub(super) struct Layout {
    pub(super) spots: Vec<Spot>,
    /// For each line the spots it runs through, ends included.
    pub(super) paths: Vec<Vec<usize>>,
    pub(super) width: f64,
    pub(super) height: f64,
    /// Left edge and width of each column.
    pub(super) columns: Vec<(f64, f64)>,
}

/// Finds a place for everything.
pub(super) fn layout(picture: &Picture) -> Layout {
    let mut spots: Vec<Spot> = picture.boxes.iter().enumerate().map(|(i, _)| spot(picture, i)).collect();
    let paths = paths(picture, &mut spots);
    let count = spots.iter().map(|s| s.column + 1).max().unwrap_or(1);
    let mut order: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (i, spot) in spots.iter().enumerate() {
        order[spot.column].push(i);
    }
    let near = neighbours(&spots, &paths);
    sort_columns(&mut order, &spots, &near);
    add_headings(&mut order, &mut spots);
    let columns = place_columns(&order, &mut spots);
    place_rows(&order, &mut spots, &near);
    let width = columns.last().map_or(0.0, |(x, w)| x + w);
    let height = spots.iter().map(|s| s.y + s.height).fold(0.0, f64::max);
    Layout { spots, paths, width, height, columns }
}

fn spot(picture: &Picture, shape: usize) -> Spot {
    let one = &picture.boxes[shape];
    let longest = one.text.iter().map(|l| columns(l)).max().unwrap_or(0) as f64;
    let least = if one.look == Look::Logic { 0.0 } else { 70.0 };
    Spot {
        shape: Some(shape),
        heading: None,
        column: one.column,
        group: one.group.clone(),
        width: f64::max(longest * CHARACTER + 2.0 * PADDING, least),
        height: one.text.len() as f64 * TEXT_LINE + PADDING,
        x: 0.0,
        y: 0.0,
    }
}

fn bend(column: usize) -> Spot {
    Spot { shape: None, heading: None, column, group: None, width: 0.0, height: 2.0, x: 0.0, y: 0.0 }
}

/// Lines that leave one box for the same far column share their bends as long as they can.
fn paths(picture: &Picture, spots: &mut Vec<Spot>) -> Vec<Vec<usize>> {
    let mut shared: BTreeMap<(usize, usize, bool, Option<u8>), usize> = BTreeMap::new();
    let mut paths = Vec::with_capacity(picture.lines.len());
    for line in &picture.lines {
        let (start, end) = (picture.boxes[line.from].column, picture.boxes[line.to].column);
        let mut path = vec![line.from];
        for column in start + 1..end {
            let key = (line.to, column, line.dashed, line.tier.map(|t| t as u8));
            let at = *shared.entry(key).or_insert_with(|| {
                spots.push(bend(column));
                spots.len() - 1
            });
            path.push(at);
        }
        path.push(line.to);
        paths.push(path);
    }
    paths
}

/// For each spot those to its left and those to its right.
fn neighbours(spots: &[Spot], paths: &[Vec<usize>]) -> Vec<[Vec<usize>; 2]> {
    let mut near = vec![[Vec::new(), Vec::new()]; spots.len()];
    for pair in paths.iter().flat_map(|path| path.windows(2)) {
        near[pair[1]][0].push(pair[0]);
        near[pair[0]][1].push(pair[1]);
    }
    near
}

fn sort_columns(order: &mut [Vec<usize>], spots: &[Spot], near: &[[Vec<usize>; 2]]) {
    let mut rank = vec![0.0; spots.len()];
    let note = |column: &[usize], rank: &mut Vec<f64>| {
        for (place, spot) in column.iter().enumerate() {
            rank[*spot] = (place as f64 + 0.5) / column.len() as f64;
        }
    };
    order.iter().for_each(|column| note(column, &mut rank));
    for round in 0..ROUNDS {
        let side = round % 2;
        for step in 0..order.len() {
            let at = if side == 0 { step } else { order.len() - 1 - step };
            let column = &mut order[at];
            let mean = |spot: usize| {
                let all = &near[spot][side];
                let sum: f64 = all.iter().map(|n| rank[*n]).sum();
                if all.is_empty() { rank[spot] } else { sum / all.len() as f64 }
            };
            let wanted: Vec<(usize, f64)> = column.iter().map(|spot| (*spot, mean(*spot))).collect();
            let mut groups: BTreeMap<&str, (f64, usize)> = BTreeMap::new();
            for (spot, mean) in &wanted {
                if let Some(group) = &spots[*spot].group {
                    let sum = groups.entry(group).or_default();
                    sum.0 += mean;
                    sum.1 += 1;
                }
            }
            let key = |spot: usize, own: f64| {
                let group = spots[spot].group.as_deref();
                let of_group = group.and_then(|g| groups.get(g)).map_or(own, |(sum, n)| sum / *n as f64);
                (of_group, group.unwrap_or(""), own)
            };
            let mut keyed: Vec<_> = wanted.into_iter().map(|(spot, own)| (key(spot, own), spot)).collect();
            keyed.sort_by(|(a, x), (b, y)| {
                a.0.total_cmp(&b.0).then(a.1.cmp(b.1)).then(a.2.total_cmp(&b.2)).then(x.cmp(y))
            });
            *column = keyed.into_iter().map(|(_, spot)| spot).collect();
            note(column, &mut rank);
        }
    }
}

/// Puts the name of a group above its first box.
fn add_headings(order: &mut [Vec<usize>], spots: &mut Vec<Spot>) {
    for column in order.iter_mut() {
        let mut with = Vec::with_capacity(column.len());
        let mut last: Option<String> = None;
        for spot in column.iter().copied() {
            let group = spots[spot].group.clone();
            if let Some(name) = &group
                && last != group
            {
                spots.push(Spot {
                    heading: Some(name.clone()),
                    width: columns(name) as f64 * CHARACTER,
                    height: TEXT_LINE,
                    ..bend(spots[spot].column)
                });
                with.push(spots.len() - 1);
            }
            last = group;
            with.push(spot);
        }
        *column = with;
    }
}

fn place_columns(order: &[Vec<usize>], spots: &mut [Spot]) -> Vec<(f64, f64)> {
    let mut x = 0.0;
    let mut columns = Vec::with_capacity(order.len());
    for column in order {
        let width = column.iter().map(|s| spots[*s].width).fold(0.0, f64::max);
        for spot in column {
            spots[*spot].x = x;
        }
        columns.push((x, width));
        x += width + COLUMN_GAP;
    }
    columns
}

fn place_rows(order: &[Vec<usize>], spots: &mut [Spot], near: &[[Vec<usize>; 2]]) {
    for column in order {
        stack(column, spots, |_, _| 0.0);
    }
    for round in 0..ROUNDS {
        let side = round % 2;
        for step in 0..order.len() {
            let at = if side == 0 { step } else { order.len() - 1 - step };
            stack(&order[at], spots, |spot, spots| {
                let all = near.get(spot).map_or(&[][..], |n| &n[side]);
                let sum: f64 = all.iter().map(|n| spots[*n].middle()).sum();
                let own = spots[spot].middle();
                let middle = if all.is_empty() { own } else { sum / all.len() as f64 };
                middle - spots[spot].height / 2.0
            });
        }
    }
    let top = spots.iter().map(|s| s.y).fold(f64::INFINITY, f64::min);
    if top.is_finite() {
        spots.iter_mut().for_each(|s| s.y -= top);
    }
}

/// Gives each spot of a column the height it wants, in their order and without overlap.
fn stack(column: &[usize], spots: &mut [Spot], wanted: impl Fn(usize, &[Spot]) -> f64) {
    let mut wanted: Vec<f64> = column.iter().map(|spot| wanted(*spot, spots)).collect();
    // A heading has no lines of its own: it goes with the box below it.
    for i in 1..column.len() {
        let above = &spots[column[i - 1]];
        if above.heading.is_some() {
            wanted[i - 1] = wanted[i] - above.height - HEADING_GAP;
        }
    }
    let mut tops: Vec<f64> = Vec::with_capacity(column.len());
    let mut below = f64::NEG_INFINITY;
    for (spot, want) in column.iter().zip(&wanted) {
        let top = want.max(below);
        tops.push(top);
        let gap = if spots[*spot].heading.is_some() { HEADING_GAP } else { GAP };
        below = top + spots[*spot].height + gap;
    }
    let off: f64 = tops.iter().zip(&wanted).map(|(top, want)| top - want).sum();
    let shift = off / column.len().max(1) as f64;
    for (spot, top) in column.iter().zip(tops) {
        spots[*spot].y = top - shift;
    }
}
