//! Which daemon a command asks, and with whose token.
//!
//! The token in a data folder is for the daemon of that folder: it is never sent anywhere else.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::trouble::Trouble;
use crate::client::Client;
use crate::config::DEFAULT_DATA;
use crate::folder::{Layout, read_private};

/// The variable that holds a token.
const TOKEN_VARIABLE: &str = "ANNONA_TOKEN";

/// Which daemon is asked, and with whose token.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Asking the daemon")]
pub(super) struct Connection {
    /// Address of the daemon; without it, the daemon of the data folder.
    #[arg(long, global = true, env = "ANNONA_SERVER", hide_env_values = true, value_name = "URL")]
    server: Option<String>,
    /// Data folder whose daemon is asked, where no address is given; `annona-data` if not named.
    #[arg(long, global = true, env = "ANNONA_DATA", hide_env_values = true, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// File that holds your token, readable by you alone; without it, the variable `ANNONA_TOKEN`, and for the daemon
    /// of the data folder its `admin.token`.
    #[arg(long, global = true, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Print the daemon's answer as JSON.
    #[arg(long, global = true)]
    pub(super) json: bool,
}

/// A client, and what should be said before it asks.
#[derive(Debug)]
pub(super) struct Connected {
    pub(super) client: Client,
    pub(super) warning: Option<String>,
}

impl Connection {
    /// Returns a client of the daemon that the arguments and the environment name.
    pub(super) fn connect(&self) -> Result<Connected, Trouble> {
        let given = std::env::var(TOKEN_VARIABLE).ok().filter(|token| !token.trim().is_empty());
        self.connect_with(given.map(Zeroizing::new))
    }

    fn connect_with(&self, variable: Option<Zeroizing<String>>) -> Result<Connected, Trouble> {
        let token = match &self.token_file {
            Some(file) => Some(token_in(file)?),
            None => variable,
        };
        let (server, token) = match &self.server {
            Some(server) => (server.clone(), token.ok_or_else(|| no_token(server))?),
            None => self.of_the_folder(token)?,
        };
        let client = Client::new(&server, Some(token.trim()))
            .map_err(|error| Trouble::Usage(error.to_string()))?;
        let warning = client.is_in_the_clear().then(|| {
            format!("warning: your token goes to {server} unencrypted; use an address with https")
        });
        Ok(Connected { client, warning })
    }

    /// Returns the daemon of the data folder with a token for it.
    fn of_the_folder(
        &self,
        token: Option<Zeroizing<String>>,
    ) -> Result<(String, Zeroizing<String>), Trouble> {
        let folder = self.data.as_deref().unwrap_or(Path::new(DEFAULT_DATA));
        let layout = Layout::new(folder);
        let running = layout.running().ok_or_else(|| {
            Trouble::CannotReach(format!(
                "no daemon runs on the data folder {}: start one with `annona serve`, or name another with --data or --server",
                folder.display()
            ))
        })?;
        let token = match token {
            Some(token) => token,
            None => token_in(&layout.admin_token())?,
        };
        Ok((running.address, token))
    }
}

fn token_in(file: &Path) -> Result<Zeroizing<String>, Trouble> {
    let bytes = read_private(file)
        .map_err(|error| Trouble::CannotReach(format!("cannot read the token: {error}")))?;
    let text = std::str::from_utf8(&bytes).unwrap_or_default().trim();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Trouble::CannotReach(format!("{} holds no token", file.display())));
    }
    Ok(Zeroizing::new(text.to_owned()))
}

fn no_token(server: &str) -> Trouble {
    Trouble::Usage(format!(
        "{server} wants to know who asks: put your token into {TOKEN_VARIABLE}, or name its file with --token-file"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::create_private;

    fn connect(connection: &Connection, variable: Option<&str>) -> Result<String, String> {
        let variable = variable.map(|token| Zeroizing::new(token.to_owned()));
        connection
            .connect_with(variable)
            .map(|connected| connected.client.server().to_owned())
            .map_err(|trouble| format!("{}: {trouble}", trouble.answer().number()))
    }

    #[test]
    fn the_daemon_of_the_data_folder_is_asked_with_its_own_token() {
        let place = tempfile::tempdir().unwrap();
        let connection =
            Connection { data: Some(place.path().to_owned()), ..Connection::default() };
        let nobody = connect(&connection, None).unwrap_err();
        assert!(nobody.starts_with("3: no daemon runs on the data folder"), "{nobody}");
        std::fs::write(
            place.path().join("daemon.json"),
            r#"{"address": "http://127.0.0.1:7667", "pid": 1}"#,
        )
        .unwrap();
        assert!(connect(&connection, None).unwrap_err().starts_with("3: cannot read the token"));
        create_private(&place.path().join("admin.token"), b"annona_x\n").unwrap();
        assert_eq!(connect(&connection, None).unwrap(), "http://127.0.0.1:7667");
    }

    #[test]
    fn another_daemon_never_gets_the_token_of_the_folder() {
        let place = tempfile::tempdir().unwrap();
        create_private(&place.path().join("admin.token"), b"annona_x\n").unwrap();
        let connection = Connection {
            server: Some("https://annona.example.org".into()),
            data: Some(place.path().to_owned()),
            ..Connection::default()
        };
        assert!(connect(&connection, None).unwrap_err().starts_with("2: "));
        assert_eq!(connect(&connection, Some("t")).unwrap(), "https://annona.example.org");
    }

    #[test]
    fn a_token_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("token");
        std::fs::write(&file, "annona_x").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let connection = Connection {
            server: Some("https://annona.example.org".into()),
            token_file: Some(file),
            ..Connection::default()
        };
        assert!(connect(&connection, None).unwrap_err().contains("can be read by others"));
    }

    #[test]
    fn a_token_in_the_clear_over_a_network_is_warned_of() {
        let to = |server: &str| {
            let connection =
                Connection { server: Some(server.to_owned()), ..Connection::default() };
            connection.connect_with(Some(Zeroizing::new("t".to_owned()))).unwrap().warning
        };
        assert!(to("http://annona.example.org").unwrap().contains("unencrypted"));
        assert_eq!(to("http://127.0.0.1:7667"), None);
        assert_eq!(to("https://annona.example.org"), None);
    }
}
