//! What happens: people log in, act and log out.

/// How far the policies look back, in minutes. No two events are exactly so far apart.
pub(crate) const MINUTES: u32 = 25;
/// How often a policy of the second kind lets the same person act in that time.
pub(crate) const MOST_TIMES: u32 = 3;
/// How much a policy of the fourth kind lets the same person spend before the next request.
pub(crate) const MOST_AMOUNT: i64 = 1_000;
/// Seconds from one request to the next.
const STEP: i64 = 7;
const PEOPLE: u64 = 10;
/// Actions that are asked for again and again; the others are asked for now and then.
const BUSY: u64 = 8;

/// What somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Login,
    Logout,
    Act { action: usize, amount: i64 },
}

/// A request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) who: u64,
    pub(crate) what: What,
    /// In seconds.
    pub(crate) at: i64,
}

impl What {
    pub(crate) fn name(self) -> String {
        match self {
            Self::Login => "login".into(),
            Self::Logout => "logout".into(),
            Self::Act { action, .. } => format!("a{action}"),
        }
    }
}

/// The kinds of policies, in turn.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    AfterLogin,
    SoOften,
    LoggedIn,
    SoMuch,
}

pub(crate) fn kind(action: usize) -> Kind {
    match action % 4 {
        0 => Kind::AfterLogin,
        1 => Kind::SoOften,
        2 => Kind::LoggedIn,
        _ => Kind::SoMuch,
    }
}

/// Requests one after the other, the same in every run.
pub(crate) struct Work {
    policies: usize,
    state: u64,
    at: i64,
}

impl Work {
    pub(crate) fn new(policies: usize) -> Self {
        Self { policies, state: 0x9E37_79B9_7F4A_7C15, at: 0 }
    }

    fn draw(&mut self, below: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state.wrapping_mul(0x2545_F491_4F6C_DD1D) % below
    }
}

impl Iterator for Work {
    type Item = Asked;

    fn next(&mut self) -> Option<Asked> {
        self.at += STEP;
        let who = self.draw(PEOPLE);
        let policies = self.policies as u64;
        let what = match self.draw(10) {
            0 => What::Login,
            1 => What::Logout,
            2..=5 => What::Act { action: self.draw(policies) as usize, amount: self.draw(500) as i64 },
            _ => What::Act { action: self.draw(BUSY.min(policies)) as usize, amount: self.draw(500) as i64 },
        };
        Some(Asked { who, what, at: self.at })
    }
}
