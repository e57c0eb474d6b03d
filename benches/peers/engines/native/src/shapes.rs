//! The request of the workloads as types that a policy reads where they lie.
//!
//! A form binds no name that its policy declares nowhere, so there is a type for each set of names.

use aas::form::{Fields, Given};
use workload::Ask;

macro_rules! shape {
    ($name:ident { $($place:literal $key:literal $kind:ident $field:ident),* }) => {
        #[repr(transparent)]
        pub(crate) struct $name(pub(crate) Ask);

        impl Fields for $name {
            const NAMES: &'static [&'static str] = &[$($key),*];

            #[inline]
            fn action(&self) -> &str {
                &self.0.action
            }

            #[inline]
            fn given(&self, place: usize) -> Given<'_> {
                match place {
                    $($place => shape!(@$kind self $field),)*
                    _ => Given::Absent,
                }
            }
        }
    };
    (@text $self:ident $field:ident) => { Given::Text(&$self.0.$field) };
    (@number $self:ident $field:ident) => { Given::Number($self.0.$field) };
}

shape!(W1 {
    0 "agent.id" text agent,
    1 "agent.trust" number trust,
    2 "params.path" text path,
    3 "params.branch" text branch,
    4 "params.bump" text bump,
    5 "observed.cost" number cost
});
shape!(W2 {
    0 "agent.id" text agent,
    1 "agent.trust" number trust,
    2 "env.name" text env,
    3 "params.path" text path,
    4 "params.branch" text branch,
    5 "observed.cost" number cost
});
shape!(PathOnly { 0 "agent.id" text agent, 1 "params.path" text path });
shape!(BranchOnly { 0 "agent.id" text agent, 1 "params.branch" text branch });
shape!(CostOnly { 0 "agent.id" text agent, 1 "observed.cost" number cost });
shape!(FolderOnly { 0 "agent.id" text agent, 1 "params.folder" text path });
shape!(PathAndBranch { 0 "agent.id" text agent, 1 "params.path" text path, 2 "params.branch" text branch });
