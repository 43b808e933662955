//! What a daemon asked of the file system, read from what `strace` wrote of it, in the order in which the calls ended.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The calls that change what a disk holds, or sync it.
const CALLS: &str = "open,openat,creat,write,pwrite64,writev,pwritev,pwritev2,truncate,ftruncate,fallocate,fsync,fdatasync,\
                     rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat";
/// The calls that sync.
const SYNCS: &str = "fsync,fdatasync";
/// Longest text that is recorded whole, in bytes: longer than any write.
const LONGEST: &str = "33554432";

/// What a call came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A file was opened for writing; made where it was not there, and emptied where that was asked.
    Opened {
        /// The file.
        path: PathBuf,
        /// Whether it may be made.
        makes: bool,
        /// Whether it is emptied.
        empties: bool,
    },
    /// Bytes were written at a place, or at the end.
    Written {
        /// The file.
        path: PathBuf,
        /// Where; at the end if nowhere.
        place: Option<u64>,
        /// What.
        bytes: Vec<u8>,
    },
    /// A file was given a length.
    Cut {
        /// The file.
        path: PathBuf,
        /// The length.
        length: u64,
    },
    /// A file or a folder was synced.
    Synced {
        /// Which.
        path: PathBuf,
        /// Where in the recording the call began: what had ended before is on the disk.
        began: u64,
    },
    /// A sync failed: what was to be synced is lost, and no later sync brings it back, although programs go on seeing it.
    NotSynced {
        /// Which file or folder.
        path: PathBuf,
    },
    /// A file got another name.
    Renamed {
        /// The old one.
        from: PathBuf,
        /// The new one.
        to: PathBuf,
    },
    /// A file got a second name.
    Linked {
        /// The old one.
        from: PathBuf,
        /// The new one.
        to: PathBuf,
    },
    /// A name was removed.
    Unlinked {
        /// The name.
        path: PathBuf,
    },
    /// A folder was made.
    Made {
        /// The folder.
        path: PathBuf,
    },
}

/// A call that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Where in the recording it ended, in bytes.
    pub ended: u64,
    /// What it came to.
    pub change: Change,
}

impl Change {
    /// Returns whether bytes of one of these files are changed.
    #[must_use]
    pub fn is_about(&self, names: &[&str]) -> bool {
        match self {
            Self::Written { path, .. } | Self::Cut { path, .. } => {
                names.iter().any(|name| path.ends_with(name))
            }
            _ => false,
        }
    }
}

/// Returns a command that runs another one and records its calls at the end of a file. The process is the other command's own.
///
/// `failing` says which of each thread's syncs fail with an error of the device, as strace counts: `9+7`.
#[must_use]
pub fn recorded(command: &Command, into: &Path, failing: Option<&str>) -> Command {
    let mut tracer = Command::new("strace");
    tracer.args(["-D", "-A", "-f", "-qqq", "-y", "-xx", "-s", LONGEST, "-e", "signal=none"]);
    tracer.args(["-e", &format!("trace={CALLS}")]).arg("-o").arg(into);
    if let Some(when) = failing {
        tracer.args(["-e", &format!("inject={SYNCS}:error=EIO:when={when}")]);
    }
    for (name, value) in command.get_envs() {
        // Preloaded libraries are the command's, not the tracer's.
        let value = value.map(std::ffi::OsStr::to_string_lossy).unwrap_or_default();
        tracer.args(["-E", &format!("{}={value}", name.to_string_lossy())]);
    }
    tracer.arg(command.get_program()).args(command.get_args());
    tracer
}

/// Reads a recording.
///
/// # Panics
///
/// Panics over a call within `folder` that is not understood.
#[must_use]
pub fn calls(recording: &Path, folder: &Path) -> Vec<Call> {
    let text = std::fs::read_to_string(recording).unwrap();
    let mut under_way: HashMap<&str, (u64, String)> = HashMap::new();
    let (mut calls, mut ended) = (Vec::new(), 0);
    for line in text.split_inclusive('\n') {
        let began = ended;
        ended += u64::try_from(line.len()).unwrap();
        let Some((thread, rest)) = line.trim_end().split_once(char::is_whitespace) else {
            continue;
        };
        let rest = rest.trim_start();
        if let Some(begun) = rest.strip_suffix("<unfinished ...>") {
            under_way.insert(thread, (began, begun.trim_end().to_owned()));
            continue;
        }
        let (began, whole) = match rest.strip_prefix("<... ") {
            None => (began, rest.to_owned()),
            Some(resumed) => {
                let (Some((began, mut whole)), Some((_, end))) =
                    (under_way.remove(thread), resumed.split_once(" resumed>"))
                else {
                    continue;
                };
                whole.push_str(end);
                (began, whole)
            }
        };
        if let Some(change) = change(&whole, began, folder) {
            calls.push(Call { ended, change });
        }
    }
    calls
}

/// Returns what a call came to; nothing if it failed, or is about something else.
fn change(whole: &str, began: u64, folder: &Path) -> Option<Change> {
    let (call, rest) = whole.split_once('(')?;
    // Texts are in hexadecimal: nothing in them looks like this.
    let (arguments, result) = rest.rsplit_once(')').and_then(|_| {
        let place = rest.rfind(") = ").or_else(|| rest.rfind(")  "))?;
        let (arguments, result) = rest.split_at_checked(place)?;
        Some((arguments, result.trim_start_matches([')', ' ', '='])))
    })?;
    let arguments: Vec<&str> = split(arguments);
    let about = |place: usize| {
        let path = named(arguments.get(place)?)?;
        path.starts_with(folder).then_some(path)
    };
    if result.starts_with('-') || result.starts_with('?') {
        let is_sync = SYNCS.split(',').any(|sync| sync == call);
        return if is_sync { Some(Change::NotSynced { path: about(0)? }) } else { None };
    }
    let number = |place: usize| arguments.get(place)?.trim().parse::<u64>().ok();
    match call {
        "open" | "creat" => {
            opened(about(0)?, arguments.get(1).copied().unwrap_or("O_CREAT|O_TRUNC|O_WRONLY"))
        }
        "openat" => opened(about(1)?, arguments.get(2)?),
        "write" => {
            Some(Change::Written { path: about(0)?, place: None, bytes: bytes(arguments.get(1)?) })
        }
        "pwrite64" => {
            let (path, place) = (about(0)?, number(3));
            Some(Change::Written { path, place, bytes: bytes(arguments.get(1)?) })
        }
        "ftruncate" | "truncate" => Some(Change::Cut { path: about(0)?, length: number(1)? }),
        "fsync" | "fdatasync" => Some(Change::Synced { path: about(0)?, began }),
        "rename" => Some(Change::Renamed { from: about(0)?, to: about(1)? }),
        "renameat" | "renameat2" => Some(Change::Renamed { from: about(1)?, to: about(3)? }),
        "link" => Some(Change::Linked { from: about(0)?, to: about(1)? }),
        "linkat" => Some(Change::Linked { from: about(1)?, to: about(3)? }),
        "unlink" => Some(Change::Unlinked { path: about(0)? }),
        "unlinkat" => Some(Change::Unlinked { path: about(1)? }),
        "mkdir" => Some(Change::Made { path: about(0)? }),
        "mkdirat" => Some(Change::Made { path: about(1)? }),
        _ => {
            assert!(about(0).is_none(), "a call that is not understood: {call}");
            None
        }
    }
}

fn opened(path: PathBuf, flags: &str) -> Option<Change> {
    let has = |flag| flags.split('|').any(|it| it.trim() == flag);
    let (makes, empties) = (has("O_CREAT"), has("O_TRUNC"));
    (makes || empties).then_some(Change::Opened { path, makes, empties })
}

/// Splits arguments at commas that stand in no text and in no name of a file.
fn split(arguments: &str) -> Vec<&str> {
    let (mut quoted, mut named, mut begin) = (false, 0_u32, 0);
    let mut found = Vec::new();
    for (place, character) in arguments.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '<' if !quoted => named += 1,
            '>' if !quoted => named = named.saturating_sub(1),
            ',' if !quoted && named == 0 => {
                found.extend(arguments.get(begin..place));
                begin = place + 1;
            }
            _ => {}
        }
    }
    found.extend(arguments.get(begin..));
    found.into_iter().map(str::trim).collect()
}

/// Returns the path of an argument: a text, or a descriptor with its file's name.
fn named(argument: &str) -> Option<PathBuf> {
    let path = match argument.split_once('<') {
        Some((_, path)) => unescaped(path.strip_suffix('>')?),
        None => bytes(argument),
    };
    Some(PathBuf::from(String::from_utf8(path).ok()?))
}

/// Returns the bytes of a text in quotes.
fn bytes(argument: &str) -> Vec<u8> {
    unescaped(argument.trim_matches('"'))
}

/// Returns what stands for `\x41\x42`; anything else stands for itself.
fn unescaped(text: &str) -> Vec<u8> {
    let mut parts = text.split("\\x");
    let mut found = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (byte, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        found.push(u8::from_str_radix(byte, 16).unwrap());
        found.extend_from_slice(rest.as_bytes());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_another_thread_interrupts_is_read_whole() {
        let place = tempfile::tempdir().unwrap();
        let recording = place.path().join("recording");
        let text = "11 pwrite64(3</d/a>, \"\\x41\\x42\", 2, 7 <unfinished ...>\n\
                    12 fsync(4</d>) = 0\n\
                    11 <... pwrite64 resumed>) = 2\n\
                    12 rename(\"\\x2f\\x64\\x2f\\x61\", \"\\x2f\\x64\\x2f\\x62\") = 0\n\
                    12 unlink(\"\\x2f\\x64\\x2f\\x63\") = -1 ENOENT (No such file or directory)\n";
        std::fs::write(&recording, text).unwrap();
        let changes: Vec<Change> =
            calls(&recording, Path::new("/d")).into_iter().map(|call| call.change).collect();
        let began = u64::try_from(text.find("12 fsync").unwrap()).unwrap();
        assert_eq!(
            changes,
            [
                Change::Synced { path: "/d".into(), began },
                Change::Written { path: "/d/a".into(), place: Some(7), bytes: b"AB".to_vec() },
                Change::Renamed { from: "/d/a".into(), to: "/d/b".into() },
            ]
        );
    }
}
