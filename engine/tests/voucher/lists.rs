//! Trust lists and status lists: signed, fresh, from the right address, and never an older one again.

use annona_engine::voucher::{
    Issuer, ListError, PublicKey, SigningKey, Status, StatusList, Statuses, TrustList, TrustedKey,
    Window, cose::Sign1, status, trust_list,
};
use ciborium::Value;

use crate::{
    fixture::{DAY, ISSUER, LIST, NOW, key, root, trusted, window},
    vectors,
};

fn status_list() -> StatusList {
    let mut statuses = Statuses::new(1_000);
    assert!(statuses.set(5, Status::Suspended));
    StatusList::new(ISSUER.into(), LIST.into(), NOW - 60, NOW + DAY, 3_600, statuses)
}

#[test]
fn a_trust_list_is_believed_only_under_the_root_key() {
    let bytes = trusted().sign(&root());
    let verify = |bytes: &[u8], seen| TrustList::verify(bytes, root().public(), NOW, seen);
    assert_eq!(verify(&bytes, None), Ok(trusted()));
    assert_eq!(verify(&bytes, Some(7)), Ok(trusted()));
    assert_eq!(verify(&bytes, Some(8)), Err(ListError::Older));
    assert_eq!(verify(&trusted().sign(&key()), None), Err(ListError::UnknownKey));
    assert_eq!(verify(b"", None), Err(ListError::NotSigned));
    assert_eq!(verify(&status_list().sign(&root()), None), Err(ListError::OtherKind));
    for at in (0..bytes.len()).step_by(5) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(verify(&changed, None).is_err(), "byte {at}");
    }
    let ends = TrustList { expires_at: Some(NOW), ..trusted() };
    assert_eq!(verify(&ends.sign(&root()), None), Err(ListError::Expired));
    let later = TrustList { expires_at: Some(NOW + 1), ..trusted() };
    assert_eq!(verify(&later.sign(&root()), None), Ok(later));
}

#[test]
fn a_trust_list_with_a_weak_key_or_of_a_newer_format_is_refused() {
    let with = |contents: Vec<(Value, Value)>| {
        let claims =
            Value::Map(vec![(6.into(), NOW.into()), ((-70002).into(), Value::Map(contents))]);
        let bytes = annona_engine::cbor::encode(&claims);
        let signed = Sign1::sign(bytes, Some(trust_list::TYP), &root()).to_bytes();
        TrustList::verify(&signed, root().public(), NOW, None)
    };
    let list = |key: Vec<u8>| {
        let cose_key =
            vec![(1.into(), 1.into()), ((-1).into(), 6.into()), ((-2).into(), Value::Bytes(key))];
        let key = vec![
            (1.into(), Value::Map(cose_key)),
            (2.into(), 0.into()),
            (3.into(), 1.into()),
            (4.into(), 2.into()),
        ];
        let issuer = vec![
            (1.into(), ISSUER.into()),
            (2.into(), Value::Array(vec![])),
            (3.into(), Value::Array(vec![Value::Map(key)])),
        ];
        vec![
            (1.into(), 1.into()),
            (2.into(), 1.into()),
            (3.into(), Value::Array(vec![Value::Map(issuer)])),
        ]
    };
    assert!(with(list(key().public().to_bytes().to_vec())).is_ok());
    let identity = [&[1_u8], [0; 31].as_slice()].concat();
    assert_eq!(with(list(identity)), Err(ListError::Malformed));
    assert_eq!(with(list(vec![1; 31])), Err(ListError::Malformed));
    assert_eq!(with(vec![(1.into(), 2.into())]), Err(ListError::UnknownFormat));
    assert_eq!(with(vec![]), Err(ListError::Malformed));
}

#[test]
fn the_trust_list_is_published_as_json() {
    insta::assert_json_snapshot!(trusted().to_json(), @r#"
    {
      "version": 7,
      "issued_at": "2027-01-14T08:00:00Z",
      "expires_at": null,
      "issuers": [
        {
          "name": "https://aid.example.org",
          "status_addresses": [
            "https://aid.example.org/v1/status-lists/"
          ],
          "keys": [
            {
              "kid": "dd2fb4e18b5e1ce3",
              "algorithm": "Ed25519",
              "x": "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w",
              "issue_from": "2026-12-16T08:00:00Z",
              "issue_until": "2027-02-14T08:00:00Z",
              "verify_until": "2028-02-19T08:00:00Z"
            }
          ]
        }
      ]
    }
    "#);
}

#[test]
fn the_keys_are_published_as_a_jwk_set_and_a_did_document() {
    insta::assert_json_snapshot!(trusted().jwks(), @r#"
    {
      "keys": [
        {
          "kty": "OKP",
          "crv": "Ed25519",
          "x": "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w",
          "kid": "dd2fb4e18b5e1ce3",
          "alg": "EdDSA",
          "use": "sig"
        }
      ]
    }
    "#);
    insta::assert_json_snapshot!(trusted().did_document("did:web:aid.example.org"), @r##"
    {
      "@context": [
        "https://www.w3.org/ns/did/v1",
        "https://w3id.org/security/jwk/v1"
      ],
      "id": "did:web:aid.example.org",
      "verificationMethod": [
        {
          "id": "did:web:aid.example.org#dd2fb4e18b5e1ce3",
          "type": "JsonWebKey",
          "controller": "did:web:aid.example.org",
          "publicKeyJwk": {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w",
            "kid": "dd2fb4e18b5e1ce3",
            "alg": "EdDSA",
            "use": "sig"
          }
        }
      ],
      "assertionMethod": [
        "did:web:aid.example.org#dd2fb4e18b5e1ce3"
      ]
    }
    "##);
}

#[test]
fn a_status_list_is_fetched_only_from_addresses_that_the_trust_list_names() {
    let issuer = Issuer {
        name: ISSUER.into(),
        status_addresses: vec!["https://a.example/lists/".into(), "https://b.example/one".into()],
        keys: Vec::new(),
    };
    for good in
        ["https://a.example/lists/1", "https://a.example/lists/x_Y-9", "https://b.example/one"]
    {
        assert!(issuer.names_status_address(good), "{good}");
    }
    for bad in [
        "https://a.example/lists/../admin",
        "https://a.example/lists/1/2",
        "https://a.example/lists/1?x",
        "https://a.example/lists/%2e%2e",
        "https://a.example",
        "http://a.example/lists/1",
        "https://b.example/one/two",
        "https://b.example/oneself",
        "",
    ] {
        assert!(!issuer.names_status_address(bad), "{bad}");
    }
}

#[test]
fn a_status_list_is_signed_by_its_issuer_and_never_goes_back() {
    let list = status_list();
    let bytes = list.sign(&key());
    let verify = |bytes: &[u8], now, seen| StatusList::verify(bytes, &trusted(), now, seen);
    assert_eq!(verify(&bytes, NOW, None), Ok(list.clone()));
    assert_eq!(list.status(5), Some(Status::Suspended));
    assert_eq!(list.status(6), Some(Status::Valid));
    assert_eq!(list.status(1_000), None);
    assert_eq!(verify(&bytes, NOW, Some(NOW - 60)), Ok(list.clone()));
    assert_eq!(verify(&bytes, NOW, Some(NOW - 59)), Err(ListError::Older));
    assert_eq!(verify(&bytes, NOW + DAY, None), Err(ListError::Expired));
    assert_eq!(verify(&list.sign(&root()), NOW, None), Err(ListError::UnknownKey));
    assert_eq!(verify(&trusted().sign(&key()), NOW, None), Err(ListError::OtherKind));
    assert!(!list.should_refresh(NOW - 60 + 3_599) && list.should_refresh(NOW - 60 + 3_600));
    for at in (0..bytes.len()).step_by(5) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(verify(&changed, NOW, None).is_err(), "byte {at}");
    }
    let elsewhere = StatusList::new(
        ISSUER.into(),
        "https://evil.example/1".into(),
        NOW,
        NOW + 1,
        1,
        Statuses::new(1),
    );
    assert_eq!(verify(&elsewhere.sign(&key()), NOW, None), Err(ListError::ForeignAddress));
    let early =
        StatusList::new(ISSUER.into(), LIST.into(), NOW - 31 * DAY, NOW + 1, 1, Statuses::new(1));
    assert_eq!(verify(&early.sign(&key()), NOW, None), Err(ListError::KeyNotValid));
}

#[test]
fn a_status_list_that_inflates_beyond_its_limit_is_refused() {
    let mut longest = Statuses::new(usize::MAX);
    assert_eq!(longest.capacity(), 4 * 1024 * 1024);
    assert!(
        longest.set(4 * 1024 * 1024 - 1, Status::UsedUp)
            && !longest.set(4 * 1024 * 1024, Status::UsedUp)
    );
    let (bits, packed) = longest.to_members();
    assert_eq!(Statuses::from_members(bits, &packed), Ok(longest));
    let bomb = {
        use std::io::Write as _;
        let mut deflater = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        deflater.write_all(&vec![0; status::MAX_INFLATED + 1]).unwrap();
        deflater.finish().unwrap()
    };
    assert_eq!(Statuses::from_members(2, &bomb), Err(ListError::Malformed));
    assert_eq!(Statuses::from_members(3, &packed), Err(ListError::Malformed));
}

/// Reads a CBOR example of the draft: prose, then hexadecimal digits.
fn example(name: &str) -> Option<Statuses> {
    let text = vectors::text(&format!("token-status-list/{name}"))?;
    let digits = text.rsplit("encoded:").next().unwrap();
    let value: Value = ciborium::from_reader(vectors::hex(digits).as_slice()).unwrap();
    let entries = value.into_map().unwrap();
    let member =
        |name: &str| entries.iter().find(|(key, _)| *key == name.into()).unwrap().1.clone();
    let bits = member("bits").as_integer().unwrap().try_into().unwrap();
    Some(Statuses::from_members(bits, member("lst").as_bytes().unwrap()).unwrap())
}

/// Returns the entries that are not zero.
fn entries(statuses: &Statuses) -> Vec<(u64, u8)> {
    (0..statuses.capacity())
        .filter_map(|idx| statuses.get(idx).filter(|bits| *bits > 0).map(|bits| (idx, bits)))
        .collect()
}

#[test]
fn the_drafts_examples_hold_what_the_draft_says() {
    let Some(one) = example("status_list_encoding_cbor.md") else { return };
    let ones = [0, 3, 4, 5, 7, 8, 9, 13, 15].map(|idx| (idx, 1));
    assert_eq!(entries(&one), ones);
    let two = example("status_list_encoding2_cbor.md").unwrap();
    let expected = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3];
    assert_eq!((0..12).map(|idx| two.get(idx).unwrap()).collect::<Vec<_>>(), expected);
    let one = example("status_list_encoding1_long_cbor.md").unwrap();
    let places =
        [0, 1993, 25460, 159_495, 495_669, 554_353, 645_645, 723_232, 854_545, 934_534, 1_000_345];
    assert_eq!(one.capacity(), 1 << 20);
    assert_eq!(entries(&one), places.map(|idx| (idx, 1)));
    let two = example("status_list_encoding2_long_cbor.md").unwrap();
    let values = [1, 2, 1, 3, 1, 1, 2, 1, 1, 2, 3];
    assert_eq!(entries(&two), places.into_iter().zip(values).collect::<Vec<_>>());
    let four = example("status_list_encoding4_cbor.md").unwrap();
    assert_eq!(four.capacity(), 1 << 20);
    assert_eq!([0, 1993, 35_460, 1_030_205].map(|idx| four.get(idx)), [1, 2, 3, 15].map(Some));
    let eight = example("status_list_encoding8_cbor.md").unwrap();
    assert_eq!((eight.capacity(), entries(&eight).len()), (1 << 20, 255));
    assert_eq!(
        [233_478, 52_451, 1199, 19_535].map(|idx| eight.get(idx)),
        [0, 1, 121, 255].map(Some)
    );
}

#[test]
fn statuses_written_here_are_packed_as_the_draft_packs_them() {
    let Some(expected) = example("status_list_encoding2_long_cbor.md") else { return };
    let mut statuses = Statuses::new(1 << 20);
    for (idx, bits) in entries(&expected) {
        let status =
            [Status::Valid, Status::Revoked, Status::Suspended, Status::UsedUp][usize::from(bits)];
        assert!(statuses.set(idx, Status::UsedUp) && statuses.set(idx, status));
    }
    assert_eq!(statuses, expected);
}

#[test]
fn the_drafts_signed_list_has_the_claims_and_the_type_that_ours_have() {
    let Some(text) = vectors::text("token-status-list/status_list_cwt.md") else { return };
    let bytes = vectors::hex(&text);
    let theirs = Sign1::from_bytes(&bytes, annona_engine::cbor::Limits::LIST).unwrap();
    let ours =
        Sign1::from_bytes(&status_list().sign(&key()), annona_engine::cbor::Limits::LIST).unwrap();
    let keys = |signed: &Sign1| -> Vec<Value> {
        let payload: Value = ciborium::from_reader(signed.payload.as_slice()).unwrap();
        payload.into_map().unwrap().into_iter().map(|(key, _)| key).collect()
    };
    let sorted = |mut keys: Vec<Value>| {
        keys.sort_by_key(|key| i128::from(key.as_integer().unwrap()));
        keys
    };
    assert_eq!(sorted(keys(&theirs)), sorted(keys(&ours)));
    assert!(
        theirs.protected.windows(status::TYP.len()).any(|window| window == status::TYP.as_bytes())
    );
    assert_eq!(ours.header().unwrap().typ.as_deref(), Some(status::TYP));
    // Signed with ES256 by a stranger, its key id outside the signature.
    assert_eq!(StatusList::verify(&bytes, &trusted(), NOW, None), Err(ListError::NotSigned));
}

#[test]
fn of_keys_with_one_id_each_is_tried() {
    // Two entries of the trust list for one key: the list names it under two issuers.
    let mut list = trusted();
    list.issuers
        .insert(0, Issuer { name: "https://other.example.org".into(), ..list.issuers[0].clone() });
    let context = annona_engine::voucher::Context::at(NOW);
    let token = annona_engine::voucher::sign(&crate::fixture::claims(), &key()).unwrap();
    assert!(annona_engine::voucher::verify(&token, &list, &context).is_ok());
    let stranger = SigningKey::from_seed(&[4; 32]);
    let public: PublicKey = *stranger.public();
    list.issuers[0].keys =
        vec![TrustedKey { public, window: Window { verify_until: 0, ..window() } }];
    assert!(annona_engine::voucher::verify(&token, &list, &context).is_ok());
}
