//! Another Praya node. Its endpoint for nodes is not built yet, so asking one says so.

use super::{Answer, Lookup, SourceError};
use crate::pack::{Register, Source};
use kernel::Timestamp;
use std::collections::BTreeMap;

pub(super) struct NodeSource;

impl NodeSource {
    #[expect(clippy::unnecessary_wraps, reason = "all kinds are made alike")]
    pub(super) fn new(_: &Source, _: &BTreeMap<String, String>) -> Result<Self, String> {
        Ok(Self)
    }

    #[expect(clippy::unused_async, reason = "all kinds are asked alike")]
    pub(super) async fn ask(
        &self,
        _: &Register,
        _: &Lookup,
        _: Timestamp,
    ) -> Result<Answer, SourceError> {
        Err(SourceError::NotSetUp("sources of kind node are not built yet".to_owned()))
    }
}
