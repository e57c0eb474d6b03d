//! Amounts over a sliding window, in at most 130 buckets.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Into how many buckets a window is cut.
const PARTS: i64 = 128;
/// Time stands still after the year 75,000, so that no sum of times can overflow into an earlier one.
const LAST: i64 = i64::MAX / 4;

/// Amounts by the bucket of time in which they came, from the oldest to the newest. Buckets lie on a fixed grid: number
/// `b` spans `[b * width, (b + 1) * width)` with `width = ceil(window / 128)`. It leaves, whole, once
/// `(b + 1) * width + window <= now`: an amount never leaves early, and at most one width late.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Buckets(VecDeque<(i64, i64)>);

/// The shape of the grid for a window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grid {
    window: i64,
    width: i64,
}

impl Grid {
    pub(crate) fn new(window: i64) -> Self {
        let window = window.max(1);
        Self { window, width: (window - 1) / PARTS + 1 }
    }

    /// The number of the bucket of a time.
    fn number(self, at: i64) -> i64 {
        at.div_euclid(self.width)
    }

    /// When a bucket leaves.
    fn leaves(self, number: i64) -> i64 {
        number.saturating_add(1).saturating_mul(self.width).saturating_add(self.window)
    }

    /// How many buckets later an amount comes in that is added at the moment its bucket leaves.
    fn turn(self) -> i64 {
        1 + self.window / self.width
    }
}

impl Buckets {
    /// Adds an amount that is not negative.
    pub(crate) fn add(&mut self, grid: Grid, at: i64, amount: i64) {
        if amount <= 0 {
            return;
        }
        let number = grid.number(at);
        match self.0.back_mut() {
            Some((last, sum)) if *last >= number => *sum = sum.saturating_add(amount),
            Some(_) | None => self.0.push_back((number, amount)),
        }
    }

    /// The sum of the amounts that have not left.
    pub(crate) fn sum(&self, grid: Grid, now: i64) -> i64 {
        let mut sum = 0_i64;
        for (number, amount) in self.0.iter().rev() {
            if grid.leaves(*number) <= now {
                break;
            }
            sum = sum.saturating_add(*amount);
        }
        sum
    }

    /// When the oldest bucket leaves.
    pub(crate) fn next_leave(&self, grid: Grid) -> Option<i64> {
        self.0.front().map(|(number, _)| grid.leaves(*number))
    }

    /// When the last bucket leaves.
    pub(crate) fn last_leave(&self, grid: Grid) -> Option<i64> {
        self.0.back().map(|(number, _)| grid.leaves(*number))
    }

    /// Drops what has left; while there is `debt`, each bucket that leaves makes room that debt takes at once, so that
    /// at most `most` is in the window together with what is `held`.
    pub(crate) fn advance(&mut self, grid: Grid, now: i64, most: i64, held: i64, debt: &mut i64) {
        let now = now.min(LAST);
        if self.next_leave(grid).is_none_or(|at| at > now) {
            return;
        }
        let mut total = self.0.iter().fold(0_i64, |sum, (_, amount)| sum.saturating_add(*amount));
        while self.next_leave(grid).is_some_and(|at| at <= now) {
            self.skip_turns(grid, now, total.saturating_add(held) == most, total, debt);
            let Some((number, amount)) = self.0.front().copied() else { break };
            let at = grid.leaves(number);
            if at > now {
                break;
            }
            self.0.pop_front();
            total = total.saturating_sub(amount);
            let room = most.saturating_sub(total.saturating_add(held)).max(0);
            let covered = room.min(*debt);
            if covered > 0 {
                self.add(grid, at, covered);
                total = total.saturating_add(covered);
                *debt -= covered;
            }
        }
        if self.0.is_empty() {
            self.0 = VecDeque::new();
        }
    }

    /// While debt fills all the room, each bucket that leaves comes back whole a turn later. Whole turns are taken in
    /// one step, so that a long idle time over a great debt costs no more than a short one.
    fn skip_turns(&mut self, grid: Grid, now: i64, full: bool, total: i64, debt: &mut i64) {
        let Some(last) = self.last_leave(grid) else { return };
        if !full || total <= 0 || now < last || *debt < total {
            return;
        }
        let turn = grid.turn().saturating_mul(grid.width);
        let turns = (now.saturating_sub(last) / turn).saturating_add(1).min(*debt / total);
        for (number, _) in &mut self.0 {
            *number = number.saturating_add(turns.saturating_mul(grid.turn()));
        }
        *debt -= turns * total;
    }
}
