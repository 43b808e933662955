//! The test codes of the EU's health certificates share our layers below the signature's algorithm.

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
    for name in [
        "AT/1",
        "AT/2",
        "SE/1",
        "common/CO3",
        "common/CO18",
        "common/CO19",
        "common/CO20",
        "common/CO28",
    ] {
        let Some(file) = vectors::json(&format!("eu-dcc/{name}.json")) else { return };
        let bytes = vectors::hex_member(&file, "COSE");
        let found = Sign1::from_bytes(&bytes, Limits::TOKEN).map(|signed| signed.header());
        let expected = match name {
            // A CWT tag around the signature, which vouchers do not have.
            "common/CO28" => Err(Invalid::NotSigned),
            "common/CO19" | "common/CO20" => Ok(Err(Invalid::UnprotectedHeader)),
            _ => Ok(Err(Invalid::WrongAlgorithm)),
        };
        assert_eq!(found, expected, "{name}");
    }
}
