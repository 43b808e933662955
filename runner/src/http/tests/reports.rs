//! Reports through the router: counts and sums, for administrators and auditors.

use axum::http::StatusCode;
use serde_json::json;

use super::office::{NATIONAL_ID, Office, refused, task_of, text, told};

#[tokio::test]
async fn a_report_counts_what_a_programme_came_to() {
    let office = Office::new().await;
    let voucher = text(&office.issued().await, "/voucher/id").to_owned();
    let redeemed = json!({"amount": "300", "check": NATIONAL_ID});
    let path = format!("/v1/vouchers/{voucher}/redemptions");
    let answer = office.post("mulago", &path, &redeemed).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json());
    office.wait(1);
    let mut form = office.form().await;
    form["national_id"] = "9876543210".into();
    let body = json!({"programme": "urgent-surgery", "form": form});
    let sent = office.post("amina", "/v1/applications", &body).await;
    let task = task_of(&sent.json());
    let rejected = json!({"decision": "reject", "reason": "not_needed", "note": "It can wait."});
    let answer = office.decide("ama", &task, &rejected).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json());
    // Somebody who was helped is not helped again so soon.
    assert_eq!(office.applied().await["status"], "rejected");
    office.wait(1);
    let report = "/v1/programmes/urgent-surgery/report";
    let told_all = office.get("joseph", report).await;
    assert_eq!(told_all.status, StatusCode::OK, "{}", told_all.json());
    insta::assert_snapshot!(told(&told_all.json()), @r#"
    programme: "urgent-surgery"
    until: "2026-03-02T08:00:00Z"
    applications: {"approved":1,"rejected":2}
    queues: []
    decisions:
      -: {"decision":"approve","stage":"field","count":1}
      -: {"decision":"approve","stage":"final","count":1}
      -: {"decision":"approve","stage":"medical","count":1}
      -: {"decision":"reject","stage":"field","count":1}
      -: {"decision":"ineligible","count":1}
    vouchers:
      -: {"what":"issued","count":1,"amount":"2300","currency":"USD"}
      -: {"what":"redeemed","count":1,"amount":"300","currency":"USD"}
    "#);
    assert_eq!(office.get("ada", report).await.json(), told_all.json());
    let before = office.get("joseph", &format!("{report}?until=2026-03-02T06:30:00Z")).await.json();
    assert_eq!(before["applications"], json!({"approved": 1}));
    assert_eq!(before["decisions"].as_array().unwrap().len(), 3);
    let after = office.get("joseph", &format!("{report}?from=2026-03-02T06:30:00Z")).await.json();
    assert_eq!(after["vouchers"], json!([]));
    for (who, status, code) in [
        ("grace", 403, "not_your_role"),
        ("portal", 403, "not_your_role"),
        ("amina", 404, "not_found"),
        ("mulago", 404, "not_found"),
    ] {
        assert_eq!(refused(&office.get(who, report).await), (status, code.to_owned()), "{who}");
    }
    let unknown = office.get("joseph", "/v1/programmes/nothing/report").await;
    assert_eq!(refused(&unknown), (404, "not_found".to_owned()));
    let wrong = office.get("joseph", &format!("{report}?from=yesterday")).await;
    assert_eq!(refused(&wrong), (400, "bad_request".to_owned()));
}
