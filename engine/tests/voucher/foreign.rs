//! Hands a token and its public key to verifiers that are not ours (`tests/foreign/verify_voucher.py`).

use std::{env, fs, path::PathBuf};

use annona_engine::voucher::sign;
use data_encoding::HEXLOWER;

use crate::fixture::{claims, key};

/// Names the folder into which the token and the key are written.
const VARIABLE: &str = "ANNONA_FOREIGN_OUT";

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
fn a_token_and_its_key_are_written_for_other_verifiers() {
    let Some(folder) = env::var_os(VARIABLE).map(PathBuf::from) else {
        eprintln!("SKIPPED: set {VARIABLE} to a folder to write a token for other verifiers");
        return;
    };
    let token = sign(&claims(), &key()).unwrap();
    fs::write(folder.join("token.txt"), &token).unwrap();
    fs::write(folder.join("key.txt"), HEXLOWER.encode(&key().public().to_bytes())).unwrap();
    assert_eq!(fs::read_to_string(folder.join("token.txt")).unwrap(), token);
}
