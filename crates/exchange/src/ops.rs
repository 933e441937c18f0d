//! What happens to consents and looks: one function an operation, inside the caller's transaction.

mod changing;
mod definitions;
mod deletion;
mod looks;
mod reading;
mod using;

pub use changing::{
    Reach, amend, change, end_of_person, expire, give, may_decide, revoke, second, subjects,
};
pub use definitions::publish;
pub use deletion::{Deletion, attest, deletions, end_data_life};
pub use looks::{
    Fields, Look, LookDraft, LookKind, Sight, find_look, looks_of, note_look, note_node_look,
};
pub use reading::{
    Consent, HistoryLine, consent_of, counts, find, history, newest, of_subject, yeses,
};
pub use using::{Standing, standing, use_consent};

type Result<T> = std::result::Result<T, kernel::Problem>;
