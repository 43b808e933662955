//! What handlers are given of a request: who asks, ids, conditions, bodies; each checked, each refused with a [`Problem`].
//!
//! [`Problem`]: super::problem::Problem

mod body;
mod condition;
mod path;
mod query;
mod who;
mod yaml;

pub use body::Body;
pub use condition::{IdempotencyKey, IfMatch, etag};
pub use path::Id;
pub use query::Search;
pub use who::{Anyone, Known};
pub use yaml::{JsonOrYaml, Yaml};
