//! The trust list in the forms that others read: JSON, a JWK set (RFC 7517) and a `did:web` document.
//!
//! These views carry no signature: whoever relies on them relies on the connection they came by.

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::trust_list::{Issuer, TrustList, TrustedKey};

impl TrustList {
    /// Returns the list as JSON, with instants in RFC 3339.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let issuers: Vec<Value> = self
            .issuers
            .iter()
            .map(|issuer| {
                json!({
                    "name": issuer.name,
                    "status_addresses": issuer.status_addresses,
                    "keys": issuer.keys.iter().map(key_json).collect::<Vec<_>>(),
                })
            })
            .collect();
        json!({
            "version": self.version,
            "issued_at": instant(self.issued_at),
            "expires_at": self.expires_at.map(instant),
            "issuers": issuers,
        })
    }

    /// Returns every key as a JWK set.
    #[must_use]
    pub fn jwks(&self) -> Value {
        json!({ "keys": self.keys().map(jwk).collect::<Vec<_>>() })
    }

    /// Returns the `did:web` document of the installation whose DID is `did`.
    #[must_use]
    pub fn did_document(&self, did: &str) -> Value {
        let id = |key: &TrustedKey| format!("{did}#{}", key.public.id());
        let methods: Vec<Value> = self
            .keys()
            .map(|key| json!({"id": id(key), "type": "JsonWebKey", "controller": did, "publicKeyJwk": jwk(key)}))
            .collect();
        json!({
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"],
            "id": did,
            "verificationMethod": methods,
            "assertionMethod": self.keys().map(id).collect::<Vec<_>>(),
        })
    }

    fn keys(&self) -> impl Iterator<Item = &TrustedKey> {
        self.issuers.iter().flat_map(|Issuer { keys, .. }| keys)
    }
}

fn key_json(key: &TrustedKey) -> Value {
    json!({
        "kid": key.public.id(),
        "algorithm": "Ed25519",
        "x": BASE64URL_NOPAD.encode(&key.public.to_bytes()),
        "issue_from": instant(key.window.issue_from),
        "issue_until": instant(key.window.issue_until),
        "verify_until": instant(key.window.verify_until),
    })
}

fn jwk(key: &TrustedKey) -> Value {
    json!({
        "kty": "OKP",
        "crv": "Ed25519",
        "x": BASE64URL_NOPAD.encode(&key.public.to_bytes()),
        "kid": key.public.id(),
        "alg": "EdDSA",
        "use": "sig",
    })
}

/// Writes seconds since 1970 in RFC 3339; beyond the calendar's ends, the nearest end.
fn instant(seconds: i64) -> String {
    let nearest = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_second(seconds).unwrap_or(nearest).to_string()
}
