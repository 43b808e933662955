//! What distinguishes rows, and what does not.

use super::*;

#[test]
fn rows_that_differ_in_anything_have_another_digest() {
    let digest = |rows: &[Vec<Cell>]| {
        let mut tallying = Tallying::default();
        for row in rows {
            tallying.add(row);
        }
        tallying.end().digest
    };
    let text = |text: &str| Cell::Text(text.to_owned());
    let all = [
        digest(&[]),
        digest(&[vec![Cell::Nothing]]),
        digest(&[vec![text("")]]),
        digest(&[vec![Cell::Bytes(Vec::new())]]),
        digest(&[vec![text("ab"), text("c")]]),
        digest(&[vec![text("a"), text("bc")]]),
        digest(&[vec![Cell::Number(1)], vec![Cell::Number(2)]]),
        digest(&[vec![Cell::Number(2)], vec![Cell::Number(1)]]),
    ];
    for (place, one) in all.iter().enumerate() {
        assert!(!all[place + 1..].contains(one), "{place}");
    }
}

#[test]
fn statements_name_the_columns_of_the_key_in_their_order() {
    let queue = TABLES.iter().find(|table| table.name == "queue").unwrap();
    assert_eq!(
        queue.newest,
        "SELECT programme, role, stage, due, application, number FROM queue \
         ORDER BY programme DESC, role DESC, stage DESC, due DESC, application DESC, number DESC LIMIT 1"
    );
    let contact = TABLES.iter().find(|table| table.name == "contact").unwrap();
    assert_eq!(
        contact.after,
        "SELECT hash, application, signed_in FROM contact \
         WHERE (hash, application, signed_in) > (?, ?, ?) ORDER BY hash, application, signed_in LIMIT ?"
    );
    assert_eq!(
        contact.fill,
        "COPY contact (hash, application, signed_in) FROM STDIN (FORMAT binary)"
    );
}
