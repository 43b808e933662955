//! Tokens and sign-ins.

use rusqlite::Connection;
use uuid::Uuid;

use super::super::super::{SignIn, StoreError, Token, TokenOwner};
use super::super::row::Columns;
use super::super::statement::{all, first};
use crate::recorded::Hash;

/// Reads a token by the hash of its text.
pub(in super::super) fn token(
    connection: &Connection,
    hash: Hash,
) -> Result<Option<Token>, StoreError> {
    let sql = "
        SELECT id, hash, owner, programme, contact, label, created_at, expires_at
          FROM token WHERE hash = ?1";
    first(connection, "token", sql, (&hash.0,), to_token)
}

pub(in super::super) fn tokens(connection: &Connection) -> Result<Vec<Token>, StoreError> {
    let sql = "
        SELECT id, hash, owner, programme, contact, label, created_at, expires_at
          FROM token WHERE owner IS NOT NULL ORDER BY created_at, id";
    all(connection, "token", sql, (), to_token)
}

fn to_token(columns: &Columns<'_>) -> Result<Token, StoreError> {
    let owner = match columns.text_or_none(2)? {
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
pub(in super::super) fn sign_in(
    connection: &Connection,
    id: Uuid,
) -> Result<Option<SignIn>, StoreError> {
    let sql = "
        SELECT s.id, s.code, s.programme, s.contact, coalesce(o.content, x''), s.created_at, s.expires_at,
               s.tries_left
          FROM sign_in s LEFT JOIN outbox o ON o.sign_in = s.id WHERE s.id = ?1";
    first(connection, "sign_in", sql, (id.as_bytes(),), |columns| {
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
}
