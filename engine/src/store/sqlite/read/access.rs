//! Tokens and sign-ins.

use serde_json::json;
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use super::super::super::together::LookUp;
use super::super::super::{SignIn, StoreError, Token, TokenOwner};
use super::super::error::failed;
use super::super::list::{List, hex};
use super::super::row::Columns;
use super::each;
use crate::recorded::Hash;

/// Tokens by the hash of their text.
#[derive(Debug)]
pub(in super::super) struct Tokens(pub(in super::super) SqlitePool);

impl LookUp for Tokens {
    type Key = Hash;
    type Found = Option<Token>;

    async fn all(&mut self, wanted: &[Hash]) -> Result<Vec<Option<Token>>, StoreError> {
        let hashes: List = wanted.iter().map(|hash| json!(hex(hash.0))).collect();
        let rows = sqlx::query(
            "SELECT t.id, t.hash, t.owner, t.programme, t.contact, t.label, t.created_at, t.expires_at
               FROM json_each($1) j CROSS JOIN token t ON t.hash = unhex(j.value)",
        )
        .bind(hashes.json())
        .fetch_all(&self.0)
        .await
        .map_err(failed)?;
        let found = each(&rows, to_token)?;
        let of = |hash: &Hash| found.iter().find(|token| token.hash == *hash).cloned();
        Ok(wanted.iter().map(of).collect())
    }
}

pub(in super::super) async fn tokens(pool: &SqlitePool) -> Result<Vec<Token>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, hash, owner, programme, contact, label, created_at, expires_at
           FROM token WHERE owner IS NOT NULL ORDER BY created_at, id",
    )
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    each(&rows, to_token)
}

fn to_token(row: &SqliteRow) -> Result<Token, StoreError> {
    let columns = Columns::of("token", row);
    let owner: Option<&str> = columns.get(2)?;
    let owner = match owner {
        Some(_) => TokenOwner::Listed(columns.parsed(2)?),
        None => TokenOwner::Applicant { programme: columns.get(3)?, contact: columns.hash(4)? },
    };
    Ok(Token {
        id: columns.uuid(0)?,
        hash: columns.hash(1)?,
        owner,
        label: columns.get(5)?,
        created_at: columns.instant(6)?,
        expires_at: columns.instant_or_none(7)?,
    })
}

/// The message lies in the outbox only, and is empty once it is delivered.
pub(in super::super) async fn sign_in(
    pool: &SqlitePool,
    id: Uuid,
) -> Result<Option<SignIn>, StoreError> {
    let row = sqlx::query(
        "SELECT s.id, s.code, s.programme, s.contact, coalesce(o.content, x''), s.created_at, s.expires_at,
                s.tries_left
           FROM sign_in s LEFT JOIN outbox o ON o.sign_in = s.id WHERE s.id = $1",
    )
    .bind(id.as_bytes().as_slice())
    .fetch_optional(pool)
    .await
    .map_err(failed)?;
    row.map(|row| {
        let columns = Columns::of("sign_in", &row);
        Ok(SignIn {
            id: columns.uuid(0)?,
            code: columns.hash(1)?,
            programme: columns.get(2)?,
            contact: columns.hash(3)?,
            message: columns.get(4)?,
            created_at: columns.instant(5)?,
            expires_at: columns.instant(6)?,
            tries_left: columns.number(7)?,
        })
    })
    .transpose()
}
