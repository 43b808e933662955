//! Each reason of the verifier that lies outside the token's form: keys, times, version, provider, status.

use annona_engine::{
    cbor,
    voucher::{
        CLOCK_SKEW_SECONDS, Context, Invalid, SigningKey, Status, StatusCheck, StatusList,
        Statuses, TrustedKey, Window, sign, verify,
    },
};
use ciborium::Value;

use crate::fixture::{
    DAY, ISSUER, LIST, NOW, claims, key, refusal, token_of, trusted, verdict, window,
};

type Entries = Vec<(Value, Value)>;

fn with_status(status: Status) -> StatusList {
    let mut statuses = Statuses::new(100_000);
    assert!(statuses.set(48_213, status));
    StatusList::new(ISSUER.into(), LIST.into(), NOW - 60, NOW + DAY, 3_600, statuses)
}

#[test]
fn a_good_voucher_is_accepted_from_whoever_may_redeem_it() {
    let verified = verdict(&claims(), &Context::at(NOW)).unwrap();
    assert_eq!(verified.status, StatusCheck::NotChecked);
    let list = with_status(Status::Valid);
    let context = Context::at(NOW).for_provider("mulago", "hospital").with_status(&list);
    assert_eq!(verdict(&claims(), &context).unwrap().status, StatusCheck::Valid);
}

#[test]
fn times_have_five_minutes_of_grace_at_the_beginning_and_none_at_the_end() {
    let at = |now| verdict(&claims(), &Context::at(now)).err();
    let expires = claims().expires;
    assert_eq!(at(expires - 1), None);
    assert_eq!(at(expires), Some(Invalid::Expired));
    let begins = claims().not_before;
    assert_eq!(at(begins - CLOCK_SKEW_SECONDS), None);
    assert_eq!(at(begins - CLOCK_SKEW_SECONDS - 1), Some(Invalid::NotYetValid));
    let mut later = claims();
    later.not_before = 0;
    later.issued_at = NOW + CLOCK_SKEW_SECONDS;
    assert_eq!(verdict(&later, &Context::at(NOW)).err(), None);
    later.issued_at += 1;
    assert_eq!(verdict(&later, &Context::at(NOW)).err(), Some(Invalid::IssuedInFuture));
    assert_eq!(at(i64::MAX), Some(Invalid::KeyExpired));
    assert_eq!(at(i64::MIN), Some(Invalid::NotYetValid));
}

#[test]
fn a_key_counts_only_for_its_issuer_and_in_its_time() {
    let token = sign(&claims(), &key()).unwrap();
    let verdict = |change: fn(&mut TrustedKey)| {
        let mut list = trusted();
        change(&mut list.issuers[0].keys[0]);
        verify(&token, &list, &Context::at(NOW)).err()
    };
    assert_eq!(verdict(|_| ()), None);
    assert_eq!(verdict(|key| key.window.issue_from = NOW - 60), None);
    assert_eq!(verdict(|key| key.window.issue_from = NOW - 59), Some(Invalid::KeyNotIssuing));
    assert_eq!(verdict(|key| key.window.issue_until = NOW - 61), Some(Invalid::KeyNotIssuing));
    assert_eq!(verdict(|key| key.window.verify_until = NOW), None);
    assert_eq!(verdict(|key| key.window.verify_until = NOW - 1), Some(Invalid::KeyExpired));
    assert_eq!(
        verdict(|key| key.public = *SigningKey::from_seed(&[2; 32]).public()),
        Some(Invalid::UnknownKey)
    );
    let mut renamed = trusted();
    renamed.issuers[0].name = "https://other.example.org".into();
    assert_eq!(verify(&token, &renamed, &Context::at(NOW)).err(), Some(Invalid::OtherIssuer));
    let mut old = trusted();
    old.expires_at = Some(NOW);
    assert_eq!(verify(&token, &old, &Context::at(NOW)).err(), Some(Invalid::TrustListTooOld));
}

#[test]
fn a_token_of_another_key_under_the_known_key_id_is_altered() {
    let stranger = SigningKey::from_seed(&[3; 32]);
    let payload = cbor::encode(&claims().to_value());
    let mut forged = crate::fixture::signed(
        cbor::encode(&Value::Map(crate::fixture::header(-8))),
        Vec::new(),
        payload,
    );
    forged.signature = stranger.sign(&forged.to_be_signed()).to_vec();
    let forged = annona_engine::voucher::envelope::seal(&forged.to_bytes());
    assert_eq!(refusal(&forged), Invalid::BadSignature);
    assert_eq!(refusal(&sign(&claims(), &stranger).unwrap()), Invalid::UnknownKey);
}

#[test]
fn a_rotated_key_verifies_what_it_signed_before_and_signs_no_more() {
    let mut list = trusted();
    let next = SigningKey::from_seed(&[2; 32]);
    list.issuers[0].rotate(TrustedKey {
        public: *next.public(),
        window: Window { issue_from: NOW - 30, ..window() },
    });
    let verdict =
        |token: &str| verify(token, &list, &Context::at(NOW)).map(|verified| verified.key);
    assert_eq!(verdict(&sign(&claims(), &key()).unwrap()), Ok(key().id()));
    let mut fresh = claims();
    fresh.issued_at = NOW;
    assert_eq!(verdict(&sign(&fresh, &next).unwrap()), Ok(next.id()));
    assert_eq!(verdict(&sign(&fresh, &key()).unwrap()), Err(Invalid::KeyNotIssuing));
}

#[test]
fn a_newer_version_is_named_as_such_and_unknown_claims_are_ignored() {
    let changed = |change: &dyn Fn(&mut Entries)| {
        let mut entries = claims().to_value().into_map().unwrap();
        change(&mut entries);
        token_of(cbor::encode(&Value::Map(entries)))
    };
    let voucher = |entries: &mut Entries, to: Value| {
        entries.iter_mut().find(|(key, _)| *key == (-70001).into()).unwrap().1 = to;
    };
    let newer = changed(&|entries| {
        voucher(entries, Value::Map(vec![(1.into(), 2.into()), (2.into(), 5.into())]));
    });
    assert_eq!(refusal(&newer), Invalid::UnknownVersion);

    let extended = changed(&|entries| {
        entries.push((99.into(), "unknown".into()));
        let own = entries.iter_mut().find(|(key, _)| *key == (-70001).into()).unwrap();
        let sub_keys = own.1.as_map_mut().unwrap();
        sub_keys.push((200.into(), Value::Null));
        sub_keys.push(("text".into(), Value::Bool(true)));
    });
    assert_eq!(verify(&extended, &trusted(), &Context::at(NOW)).unwrap().claims, claims());

    for missing in [1, 2, 4, 5, 6, 7, -70001] {
        let token = changed(&|entries| entries.retain(|(key, _)| *key != missing.into()));
        assert_eq!(refusal(&token), Invalid::MalformedClaims, "without claim {missing}");
    }
    let float = changed(&|entries| {
        entries.iter_mut().find(|(key, _)| *key == 4.into()).unwrap().1 = 1.9e9.into();
    });
    assert_eq!(refusal(&float), Invalid::MalformedClaims, "a time is an integer");
    assert_eq!(refusal(&token_of(vec![0x01])), Invalid::MalformedClaims);
}

#[test]
fn a_provider_must_be_of_the_kind_and_the_one_it_is_bound_to() {
    let ask = |bound: Option<&str>, id: &str, kind: &str| {
        let mut claims = claims();
        claims.audience = bound.map(str::to_owned);
        verdict(&claims, &Context::at(NOW).for_provider(id, kind)).err()
    };
    assert_eq!(ask(None, "mulago", "clinic"), None);
    assert_eq!(ask(None, "corner-shop", "shop"), Some(Invalid::OtherProviderKind));
    assert_eq!(ask(Some("mulago"), "mulago", "hospital"), None);
    assert_eq!(ask(Some("mulago"), "gulu", "hospital"), Some(Invalid::OtherProvider));
    let mut bound = claims();
    bound.audience = Some("mulago".into());
    let nameless = Context { provider_kind: Some("hospital"), ..Context::at(NOW) };
    assert_eq!(verdict(&bound, &nameless).err(), Some(Invalid::OtherProvider));
    assert_eq!(verdict(&bound, &Context::at(NOW)).err(), None, "no provider asks");
}

#[test]
fn the_status_list_has_the_last_word() {
    let look_up = |list: &StatusList| verdict(&claims(), &Context::at(NOW).with_status(list)).err();
    assert_eq!(look_up(&with_status(Status::Valid)), None);
    assert_eq!(look_up(&with_status(Status::Revoked)), Some(Invalid::Revoked));
    assert_eq!(look_up(&with_status(Status::Suspended)), Some(Invalid::Suspended));
    assert_eq!(look_up(&with_status(Status::UsedUp)), Some(Invalid::UsedUp));
    let list = |issuer: &str, uri: &str, expires, length| {
        StatusList::new(issuer.into(), uri.into(), NOW - 60, expires, 3_600, Statuses::new(length))
    };
    assert_eq!(look_up(&list(ISSUER, LIST, NOW, 100_000)), Some(Invalid::StatusListTooOld));
    assert_eq!(look_up(&list(ISSUER, LIST, NOW + 1, 48_212)), Some(Invalid::StatusUnknown));
    assert_eq!(
        look_up(&list(ISSUER, "https://aid.example.org/2", NOW + 1, 100_000)),
        Some(Invalid::StatusUnknown)
    );
    assert_eq!(
        look_up(&list("https://other.example.org", LIST, NOW + 1, 100_000)),
        Some(Invalid::StatusUnknown)
    );
}

#[test]
fn of_several_reasons_the_first_is_given() {
    let list = with_status(Status::Revoked);
    let all_wrong =
        Context::at(NOW + 61 * DAY).for_provider("corner-shop", "shop").with_status(&list);
    assert_eq!(verdict(&claims(), &all_wrong).err(), Some(Invalid::Expired));
    let in_time = Context { now: NOW, ..all_wrong };
    assert_eq!(verdict(&claims(), &in_time).err(), Some(Invalid::OtherProviderKind));
    let of_the_kind = in_time.for_provider("mulago", "hospital");
    assert_eq!(verdict(&claims(), &of_the_kind).err(), Some(Invalid::Revoked));
}
