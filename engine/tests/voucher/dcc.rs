//! The test codes of the EU's health certificates share our layers below the signature's algorithm.

use std::collections::BTreeMap;

use annona_engine::{
    cbor::Limits,
    voucher::{Invalid, cose::Sign1, envelope},
};
use serde_json::Value;

use crate::vectors;

/// What the folder's description of each file says about the layers that are ours too.
fn expected(file: &Value, flag: &str) -> Option<bool> {
    file["EXPECTEDRESULTS"][flag].as_bool()
}

#[test]
fn each_layer_is_accepted_or_refused_as_the_certificates_expect() {
    let mut opened = 0;
    let mut refused = 0;
    for folder in ["eu-dcc/common", "eu-dcc/AT", "eu-dcc/SE"] {
        let Some(files) = vectors::folder(folder) else { return };
        for (name, file) in files {
            let Some(text) = file["PREFIX"].as_str() else { continue };
            let Some(body) = text.strip_prefix("HC1:") else { continue };
            assert_eq!(envelope::open(text), Err(Invalid::UnknownPrefix), "{name}");
            let result = envelope::open(body);
            if expected(&file, "EXPECTEDB45DECODE") == Some(false) {
                assert_eq!(result, Err(Invalid::NotBase45), "{name}");
                refused += 1;
            } else if expected(&file, "EXPECTEDCOMPRESSION") == Some(false) {
                assert_eq!(result, Err(Invalid::NotCompressed), "{name}");
                refused += 1;
            } else if let Some(cose) = file["COSE"].as_str() {
                assert_eq!(result, Ok(vectors::hex(cose)), "{name}");
                opened += 1;
            }
        }
    }
    assert_eq!((opened, refused), (28, 3));
}

#[test]
fn the_signed_structure_is_read_and_its_foreign_parts_are_refused() {
    let mut reasons = BTreeMap::new();
    for folder in ["eu-dcc/common", "eu-dcc/AT", "eu-dcc/SE"] {
        let Some(files) = vectors::folder(folder) else { return };
        for (_, file) in files {
            let Some(cose) = file["COSE"].as_str() else { continue };
            // Some are not even CBOR, for the sake of the test of the compression.
            let found = Sign1::from_bytes(&vectors::hex(cose), Limits::TOKEN);
            let reason = found.and_then(|signed| signed.header()).unwrap_err();
            *reasons.entry(reason.code()).or_insert(0) += 1;
        }
    }
    insta::assert_debug_snapshot!(reasons, @r#"
    {
        "not_canonical": 25,
        "not_signed": 1,
        "trailing_bytes": 1,
        "unprotected_header": 1,
        "wrong_algorithm": 2,
    }
    "#);
}
