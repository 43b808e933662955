//! What a test writes, as the API would send it: amounts as decimal strings, file names as documents.

use std::collections::BTreeMap;

use annona_definitions::form::{Field, FieldKind, FileType, Form};
use serde_json::Value;

use crate::application::Document;
use crate::id::DocumentId;
use crate::recorded::Hash;

/// Returns the values as the API takes them, and the documents that they name.
pub(super) fn prepare(form: &Form, values: &Value) -> (Value, BTreeMap<DocumentId, Document>) {
    let mut documents = BTreeMap::new();
    (object(&form.fields, values, &mut documents), documents)
}

fn object(
    fields: &[Field],
    values: &Value,
    documents: &mut BTreeMap<DocumentId, Document>,
) -> Value {
    let Value::Object(values) = values else { return values.clone() };
    let prepared = values.iter().map(|(name, value)| {
        let field = fields.iter().find(|field| field.name == *name);
        (
            name.clone(),
            field.map_or_else(|| value.clone(), |field| self::value(&field.kind, value, documents)),
        )
    });
    Value::Object(prepared.collect())
}

fn value(kind: &FieldKind, value: &Value, documents: &mut BTreeMap<DocumentId, Document>) -> Value {
    match (kind, value) {
        (FieldKind::Money(_), Value::Number(number)) => Value::String(number.to_string()),
        (FieldKind::List { of, .. }, Value::Array(entries)) => {
            Value::Array(entries.iter().map(|entry| object(of, entry, documents)).collect())
        }
        (FieldKind::File(_), Value::String(name)) => {
            let document = document(name);
            let id = document.id.to_string();
            documents.insert(document.id, document);
            Value::String(id)
        }
        _ => value.clone(),
    }
}

/// Returns the document that a file name stands for: its type is that of its ending.
fn document(name: &str) -> Document {
    let ending = name.rsplit('.').next().unwrap_or_default().to_lowercase();
    let ending = if ending == "jpeg" { "jpg" } else { &ending };
    let media_type =
        FileType::ALL.iter().find(|known| known.as_str() == ending).map(|known| known.media_type());
    let sha256 = Hash::of(name.as_bytes());
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(sha256.0) {
        *to = from;
    }
    let id = uuid::Builder::from_random_bytes(id).into_uuid();
    let media_type = media_type.unwrap_or("application/octet-stream").to_owned();
    Document { id: DocumentId(id), sha256, size: 1, media_type }
}
