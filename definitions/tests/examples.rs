//! The examples of the project compile without a finding.

use annona_definitions::{Programme, compile};

/// Compiles an example, and holds that nothing is wrong with it.
fn compiled(name: &str, text: &str) -> Option<Programme> {
    let compiled = compile(name, text.as_bytes());
    let report = compiled.report.to_text(false);
    assert_eq!(report, "", "{report}");
    compiled.programme
}

#[test]
fn urgent_surgery_compiles() {
    let programme = compiled(
        "examples/urgent-surgery/programme.yaml",
        include_str!("../../examples/urgent-surgery/programme.yaml"),
    )
    .unwrap();
    let last = programme.stages.last().unwrap();
    assert!(last.issues_voucher);
    assert_eq!(programme.tests.len(), 9);
    assert_eq!(programme.examples["amina"]["cost"], "2400");
    assert_eq!(programme.contact.phone.as_deref(), Some("phone"));
}

#[test]
fn school_kit_compiles() {
    let programme = compiled(
        "examples/school-kit/programme.yaml",
        include_str!("../../examples/school-kit/programme.yaml"),
    )
    .unwrap();
    assert_eq!(programme.id.as_str(), "school-kit");
    assert_eq!(programme.digest.to_hex().len(), 64);
    assert_eq!(programme.tests[0].given["cost"], "60");
}
