//! What handlers are given of a request: who asks, ids, conditions, bodies; each checked, each refused with a [`Problem`].
//!
//! [`Problem`]: super::problem::Problem

mod body;
mod condition;
mod path;
mod query;
mod values;
mod who;
mod yaml;

pub use body::{Body, Short};
pub use condition::{IdempotencyKey, IfMatch, etag};
pub use path::Id;
pub use query::Search;
pub use values::Values;
pub use who::{Administrator, Anyone, Known};
pub use yaml::{JsonOrYaml, Yaml};
