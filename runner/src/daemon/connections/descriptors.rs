//! How many connections the system's limit of open files has room for.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Files that are open beside connections: the store's, documents that are sent or received, and the log.
const OTHER_FILES: u64 = 1_280;

/// Raises the limit of open files as far as the daemon may, and returns how many connections it has room for, `most` at most.
pub(super) fn room(most: usize) -> usize {
    let mut limit = getrlimit(Resource::Nofile);
    let given = limit.current;
    limit.current = limit.maximum;
    // Where the system refuses, the daemon goes on with what it was given.
    let files = if setrlimit(Resource::Nofile, limit).is_ok() { limit.maximum } else { given };
    let room = files.map_or(most, |files| within(files, most));
    if room < most {
        tracing::warn!(
            files,
            connections = room,
            "open files are limited, and connections with them"
        );
    }
    room
}

/// Returns how many connections so many files have room for.
fn within(files: u64, most: usize) -> usize {
    let room = files.saturating_sub(OTHER_FILES).max(files / 2).max(1);
    usize::try_from(room).map_or(most, |room| room.min(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_room_for_other_files() {
        assert_eq!(within(1 << 20, 12_000), 12_000);
        assert_eq!(within(10_000, 12_000), 8_720);
        assert_eq!(within(1_024, 12_000), 512);
        assert_eq!(within(0, 12_000), 1);
    }

    #[test]
    fn the_limit_of_open_files_is_raised_to_what_may_be() {
        assert_eq!(room(1), 1);
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
    }
}
