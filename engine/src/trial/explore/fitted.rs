//! Invented values fitted to the conditions of their form: what the other values do not ask for is left out, and what they need
//! is given.

use annona_definitions::form::{Form, Terms};
use serde_json::{Map, Value};

use super::chance::Chance;
use super::values::{Given, Inventor, path};

impl Inventor<'_> {
    /// Fits values to the conditions of a form; `root` is `form`, or the stage that asks.
    pub(super) fn fitted(
        &self,
        root: &str,
        form: &Form,
        terms: Terms<'_>,
        mut values: Map<String, Value>,
        chance: &mut Chance,
    ) -> Map<String, Value> {
        if !form.is_conditional() {
            return values;
        }
        // Each round settles a field, on which others may depend.
        for _ in &form.fields {
            let Err(wrong) = form.read(&Value::Object(values.clone()), terms) else { break };
            let mut settled = false;
            for error in wrong {
                let Some(field) = form.field(error.pointer.trim_start_matches('/')) else {
                    continue;
                };
                match error.code {
                    "not_asked" => settled |= values.remove(&field.name).is_some(),
                    "required" => {
                        let given = Given::default();
                        let value = self.usual(&path(root, field), field, &given, chance);
                        values.insert(field.name.clone(), value);
                        settled = true;
                    }
                    _ => {}
                }
            }
            if !settled {
                break;
            }
        }
        values
    }
}
