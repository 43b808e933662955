//! Over a network the server shows a certificate, which an authority of one's own may have signed.

use std::path::Path;
use std::process::Command;

use annona_tests::{Cluster, Office, given_to_server, scratch};

fn openssl(place: &Path, arguments: &str) {
    let mut command = Command::new("openssl");
    let made = command.args(arguments.split(' ')).current_dir(place).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// Makes an authority.
fn authority(place: &Path, name: &str) {
    openssl(
        place,
        &format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN={name} \
             -addext basicConstraints=critical,CA:TRUE -keyout {name}.key -out {name}.pem"
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_trusted_by_the_authority_that_the_address_names_and_by_no_other() {
    let place = scratch();
    authority(place.path(), "ours");
    authority(place.path(), "theirs");
    openssl(
        place.path(),
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=database -keyout server.key -out server.csr",
    );
    std::fs::write(place.path().join("names"), "subjectAltName=IP:127.0.0.1").unwrap();
    openssl(
        place.path(),
        "x509 -req -in server.csr -CA ours.pem -CAkey ours.key -days 2 -extfile names -out server.pem",
    );
    given_to_server(place.path());
    let file = |name: &str| place.path().join(name).display().to_string();
    let cluster = Cluster::with(&[
        "listen_addresses=127.0.0.1",
        "ssl=on",
        &format!("ssl_cert_file={}", file("server.pem")),
        &format!("ssl_key_file={}", file("server.key")),
    ]);
    let _ = cluster.create("aid");
    let address = |authority: &str| {
        let root = file(authority);
        let port = cluster.port();
        format!("postgres://annona@127.0.0.1:{port}/aid?sslmode=verify-full&sslrootcert={root}")
    };
    let office = Office::open(&address("ours.pem"), 1);
    let _ = office.admin(0).get("/v1/roster").await.is(200);
    let plain = "SELECT count(*) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid)
                  WHERE a.application_name = 'annona' AND NOT s.ssl";
    assert_eq!(cluster.query("aid", plain), "0");

    let (code, said) = office.refused(&address("theirs.pem"), "misled", "");
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("certificate"), "{said}");
}
