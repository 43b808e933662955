//! Trust: the keys, for everybody.

use annona_engine::voucher::{PublicKey, TrustList};
use axum::http::StatusCode;
use serde_json::Value;

use super::world::{Answer, World};

async fn get(world: &World, path: &str) -> Answer {
    let answer = world.ask("GET", path).send().await;
    assert_eq!(answer.status, StatusCode::OK, "{path}");
    answer
}

/// Returns a document with every key replaced by a word: keys are random.
fn without_keys(world: &World, document: &Value) -> Value {
    let mut text = document.to_string();
    let keyring = &world.app.0.keyring;
    let mut hide = |key: &PublicKey, word: &str| {
        let x = data_encoding::BASE64URL_NOPAD.encode(&key.to_bytes());
        let public = data_encoding::HEXLOWER.encode(&key.to_bytes());
        for (found, name) in [(x, "x"), (public, "public"), (key.id().to_string(), "kid")] {
            text = text.replace(&found, &format!("<{word} {name}>"));
        }
    };
    hide(keyring.root(), "root");
    for issuer in &keyring.list().issuers {
        issuer.keys.iter().for_each(|key| hide(&key.public, "key"));
    }
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn the_trust_list_is_as_the_root_key_signed_it() {
    let world = World::new().await;
    let answer = get(&world, "/v1/trust-list").await;
    assert_eq!(answer.headers["content-type"], "application/cwt");
    let keyring = &world.app.0.keyring;
    let now = world.engine.now().as_second();
    let list = TrustList::verify(&answer.bytes, keyring.root(), now, None).unwrap();
    assert_eq!(list, *keyring.list());
}

#[tokio::test]
async fn the_trust_list_is_json_for_who_asks_for_it() {
    let world = World::new().await;
    let named = get(&world, "/v1/trust-list?form=json").await;
    assert_eq!(named.headers["content-type"], "application/json");
    insta::assert_json_snapshot!(without_keys(&world, &named.json()), @r#"
    {
      "version": 1,
      "issued_at": "2026-03-02T06:00:00Z",
      "expires_at": null,
      "issuers": [
        {
          "name": "annona",
          "status_addresses": [
            "https://aid.example/v1/status-lists/"
          ],
          "keys": [
            {
              "kid": "<key kid>",
              "algorithm": "Ed25519",
              "x": "<key x>",
              "issue_from": "2026-03-02T06:00:00Z",
              "issue_until": "2028-03-03T06:00:00Z",
              "verify_until": "2038-03-11T06:00:00Z"
            }
          ]
        }
      ],
      "root": {
        "kid": "<root kid>",
        "public": "<root public>"
      }
    }
    "#);
    let accepted =
        world.ask("GET", "/v1/trust-list").header("accept", "application/json").send().await;
    assert_eq!(accepted.json(), named.json());
    let both = world.ask("GET", "/v1/trust-list?form=cwt").header("accept", "application/json");
    assert_eq!(both.send().await.headers["content-type"], "application/cwt");
    let other = world.ask("GET", "/v1/trust-list?form=xml").send().await;
    assert_eq!(other.code(), "bad_request");
}

#[tokio::test]
async fn the_keys_are_a_jwk_set() {
    let world = World::new().await;
    let answer = get(&world, "/.well-known/jwks.json").await;
    assert_eq!(answer.headers["content-type"], "application/jwk-set+json");
    insta::assert_json_snapshot!(without_keys(&world, &answer.json()), @r#"
    {
      "keys": [
        {
          "kty": "OKP",
          "crv": "Ed25519",
          "x": "<key x>",
          "kid": "<key kid>",
          "alg": "EdDSA",
          "use": "sig"
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn the_installation_is_a_did() {
    let world = World::new().await;
    let answer = get(&world, "/.well-known/did.json").await;
    assert_eq!(answer.headers["content-type"], "application/did+json");
    insta::assert_json_snapshot!(without_keys(&world, &answer.json()), @r#"
    {
      "@context": [
        "https://www.w3.org/ns/did/v1",
        "https://w3id.org/security/jwk/v1"
      ],
      "id": "did:web:aid.example",
      "verificationMethod": [
        {
          "id": "did:web:aid.example#<key kid>",
          "type": "JsonWebKey",
          "controller": "did:web:aid.example",
          "publicKeyJwk": {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": "<key x>",
            "kid": "<key kid>",
            "alg": "EdDSA",
            "use": "sig"
          }
        }
      ],
      "assertionMethod": [
        "did:web:aid.example#<key kid>"
      ]
    }
    "#);
}
