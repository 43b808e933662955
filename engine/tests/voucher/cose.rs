//! `COSE_Sign1` against the COSE working group's examples, RFC 9679's thumbprint and another implementation.

use annona_engine::{
    cbor::Limits,
    voucher::{Invalid, KeyId, PublicKey, cose::Sign1, envelope, sign},
};
use coset::{CborSerializable as _, TaggedCborSerializable as _, iana};
use serde_json::Value;

use crate::{
    fixture::{claims, key},
    vectors,
};

#[test]
fn the_working_groups_ed25519_signature_is_read_and_holds() {
    let Some(file) = vectors::json("cose-wg/eddsa-examples/eddsa-sig-01.json") else { return };
    let signed = read(&file).unwrap();
    assert_eq!(signed.payload, b"This is the content.");
    assert_eq!(signed.to_be_signed(), vectors::hex_member(&file["intermediates"], "ToBeSign_hex"));
    let x = vectors::hex_member(&file["input"]["sign0"]["key"], "x_hex");
    let key = PublicKey::from_bytes(&x.try_into().unwrap()).unwrap();
    assert!(signed.is_signed_by(&key));
    assert_eq!(signed.to_bytes(), vectors::hex_member(&file["output"], "cbor"));
    assert_eq!(
        signed.header(),
        Err(Invalid::UnprotectedHeader),
        "a key id outside the signature is not for us"
    );
}

#[test]
fn the_working_groups_sign1_examples_are_told_apart() {
    let Some(files) = vectors::folder("cose-wg/sign1-tests") else { return };
    for (name, file) in files {
        let found = read(&file);
        // The first has another tag and the second none; the rest have a key id that nothing protects.
        if matches!(name.as_str(), "sign-fail-01.json" | "sign-pass-03.json") {
            assert_eq!(found, Err(Invalid::NotSigned), "{name}");
            continue;
        }
        let signed = found.unwrap();
        assert_eq!(signed.header(), Err(Invalid::UnprotectedHeader), "{name}");
        // What is signed differs in those that were changed, that add data from outside, or that write an empty
        // protected header as an empty map.
        let to_be_signed = vectors::hex_member(&file["intermediates"], "ToBeSign_hex");
        assert_ne!(signed.to_be_signed(), to_be_signed, "{name}");
    }
}

#[test]
fn the_cwt_of_rfc_8392_is_read_but_is_not_ours() {
    let Some(file) = vectors::json("cose-wg/CWT/A_3.json") else { return };
    let signed = read(&file).unwrap();
    assert_eq!(signed.payload, vectors::hex_member(&file["input"], "plaintext_hex"));
    assert_eq!(signed.to_be_signed(), vectors::hex_member(&file["intermediates"], "ToBeSign_hex"));
    assert_eq!(signed.header(), Err(Invalid::WrongAlgorithm));
    let mac = vectors::json("cose-wg/CWT/A_4.json").unwrap();
    assert_eq!(read(&mac), Err(Invalid::NotSigned));
}

#[test]
fn another_implementation_reads_the_token() {
    let bytes = envelope::open(&sign(&claims(), &key()).unwrap()).unwrap();
    let signed = coset::CoseSign1::from_tagged_slice(&bytes).unwrap();
    assert_eq!(
        signed.protected.header.alg,
        Some(coset::Algorithm::Assigned(iana::Algorithm::EdDSA))
    );
    assert_eq!(signed.protected.header.key_id, key().id().as_bytes());
    assert!(signed.unprotected.is_empty());
    let checked = signed.verify_signature(&[], |signature, message| {
        if key().public().verifies(message, signature.try_into().unwrap()) {
            Ok(())
        } else {
            Err(())
        }
    });
    assert_eq!(checked, Ok(()));
    let claims_bytes = signed.payload.unwrap();
    assert!(ciborium::Value::from_slice(&claims_bytes).unwrap().is_map());
}

#[test]
fn base45_agrees_with_the_examples_of_its_standard() {
    let Some(file) = vectors::json("base45/rfc9285.json") else { return };
    for pair in file["pairs"].as_array().unwrap() {
        let (bytes, text) =
            (pair["bytes_ascii"].as_str().unwrap(), pair["base45"].as_str().unwrap());
        assert_eq!(base45::encode(bytes), text);
        assert_eq!(base45::decode(text).unwrap(), bytes.as_bytes());
    }
}

#[test]
fn claim_169_codes_pass_the_layers_that_are_the_same() {
    let Some(files) = vectors::folder("claim169/valid") else { return };
    for (name, file) in files {
        let opened = envelope::open(file["qr_data"].as_str().unwrap());
        let bytes = opened.unwrap_or_else(|reason| panic!("{name}: {reason}"));
        if name == "ed25519-signed.json" {
            let signed = Sign1::from_bytes(&bytes, Limits::TOKEN).unwrap();
            let public = vectors::hex_member(&file["signing_key"], "public_key_hex");
            assert!(
                signed.is_signed_by(&PublicKey::from_bytes(&public.try_into().unwrap()).unwrap()),
                "{name}"
            );
        }
    }
    for (name, expected) in
        [("bad-base45", Invalid::NotBase45), ("bad-zlib", Invalid::NotCompressed)]
    {
        let file = vectors::json(&format!("claim169/invalid/{name}.json")).unwrap();
        assert_eq!(envelope::open(file["qr_data"].as_str().unwrap()), Err(expected), "{name}");
    }
    let file = vectors::json("claim169/invalid/not-cose.json").unwrap();
    let bytes = envelope::open(file["qr_data"].as_str().unwrap()).unwrap();
    assert!(Sign1::from_bytes(&bytes, Limits::TOKEN).is_err());
}

#[test]
fn a_key_id_is_the_beginning_of_the_thumbprint() {
    // The key of RFC 8037 appendix A; the thumbprint was computed apart from this code, by RFC 9679 §3.
    let x = vectors::hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    let key = PublicKey::from_bytes(&x.try_into().unwrap()).unwrap();
    insta::assert_snapshot!(key.id(), @"866eefbd6718c884");
    assert!("not hex".parse::<KeyId>().is_err());
    assert_eq!(key.id().to_string().parse(), Ok(key.id()));
    assert_eq!(PublicKey::from_cose_key(&key.to_cose_key()), Ok(key));
}

fn read(file: &Value) -> Result<Sign1, Invalid> {
    Sign1::from_bytes(&vectors::hex_member(&file["output"], "cbor"), Limits::TOKEN)
}
