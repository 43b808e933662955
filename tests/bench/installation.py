"""An installation of its own for a measurement: a data folder, its daemon on loopback, and a PostgreSQL server where one is asked for."""

import glob
import http.client
import json
import os
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
import urllib.parse

APPENDS = 101
LONGEST_START = 120.0
LOOK_EVERY = 0.001


def fail(problem):
    """Ends the run with a sentence."""
    sys.exit(f"tests/bench/run: {problem}")


class Installation:
    """A data folder with its store. Whatever it starts ends with it."""

    def __init__(self, programs, folder, store):
        self.programs, self.folder, self.store = programs, folder, store
        self.data = os.path.join(folder, "data")
        self.address = "sqlite"
        self.daemon = self.server = self.host = None
        os.makedirs(folder, exist_ok=True)

    def __enter__(self):
        if self.store == "postgres":
            self.start_postgres()
        return self

    def __exit__(self, *_):
        self.stop()
        if self.server:
            os.kill(self.server, signal.SIGINT)
            while os.path.exists(f"/proc/{self.server}"):
                time.sleep(0.1)

    def start_postgres(self):
        """Starts a server with its settings as shipped, on a socket in its folder, and makes the database where it is not there."""
        binaries = max(glob.glob("/usr/lib/postgresql/*/bin"), default=None) or fail("missing: a PostgreSQL server")
        self.place = place = os.path.join(self.folder, "postgres")
        data = os.path.join(place, "data")
        user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        is_new = not os.path.isdir(data)
        if is_new:
            os.makedirs(place)
            if user:
                subprocess.run(["chown", "postgres", place], check=True)
            made = [f"{binaries}/initdb", "--username=annona", "--auth=trust", "--encoding=UTF8", "--locale=C", f"--pgdata={data}"]
            subprocess.run(user + made, cwd=place, check=True, stdout=subprocess.DEVNULL)
        options = f"-k {place} -c listen_addresses="
        start = [f"{binaries}/pg_ctl", "-D", data, "-w", "-l", f"{place}/log", "-o", options, "start"]
        subprocess.run(user + start, cwd=place, check=True, stdout=subprocess.DEVNULL)
        with open(f"{data}/postmaster.pid", encoding="ascii") as file:
            self.server = int(file.readline())
        if is_new:
            subprocess.run(user + [f"{binaries}/createdb", "-h", place, "-U", "annona", "annona"], cwd=place, check=True)
        self.psql = [f"{binaries}/psql", "-h", place, "-U", "annona", "-At", "-F", "|", "-c"]
        self.address = f"postgres://annona@{urllib.parse.quote(place, safe='')}/annona"

    def start(self, ready="/readyz", config=""):
        """Starts the daemon and returns the milliseconds until it answers `ready`."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.host = f"127.0.0.1:{free.getsockname()[1]}"
        command = [self.programs["annona"], "serve", "--data", self.data, "--listen", self.host, "--store", self.address]
        if config:
            path = os.path.join(self.folder, "annona.toml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(config)
            command += ["--config", path]
        with open(os.path.join(self.folder, "log"), "ab") as log:
            began = time.monotonic()
            self.daemon = subprocess.Popen(command, stdout=log, stderr=log, env={"PATH": os.environ["PATH"]})
        while not self.answers(ready):
            if self.daemon.poll() is not None or time.monotonic() - began > LONGEST_START:
                fail(f"annona does not start; see {self.folder}/log")
            time.sleep(LOOK_EVERY)
        return (time.monotonic() - began) * 1e3

    def answers(self, path):
        """Returns whether the daemon answers a path with 200."""
        connection = http.client.HTTPConnection(self.host, timeout=30)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self):
        """Ends the daemon as an operator does."""
        if self.daemon:
            self.daemon.terminate()
            self.daemon.wait()
            self.daemon = None

    def begin(self):
        """Has a daemon make its keys and its first administrator."""
        if not os.path.exists(os.path.join(self.data, "admin.token")):
            self.start()
            self.stop()

    def fill(self, applications, *more):
        """Fills the stopped installation until so many applications wait, and returns what that came to."""
        self.begin()
        command = [self.programs["fill"], "--data", self.data, "--store", self.address, "--programme", self.programs["programme"]]
        filled = subprocess.run(command + ["--applications", str(applications), *more], check=True, stdout=subprocess.PIPE)
        return json.loads(filled.stdout)

    def load(self, job, *more):
        """Loads the running daemon and returns the lines of what was measured."""
        command = [self.programs["load"], "--host", self.host, "--token", os.path.join(self.data, "admin.token"), "--job", job,
                   "--programme", self.programs["programme"], "--label", self.store, "--folder", self.folder,
                   "--pids", ",".join(str(pid) for pid in self.pids())]
        loaded = subprocess.run(command + list(more), check=False, stdout=subprocess.PIPE)
        if loaded.returncode:
            fail(f"the load ended; see {self.folder}/log")
        return [json.loads(line) for line in loaded.stdout.splitlines()]

    def pids(self):
        """Returns the processes that are measured."""
        return [self.daemon.pid] + ([self.server] if self.server else [])

    def memory(self):
        """Returns the proportional memory of the daemon alone, in MiB."""
        with open(f"/proc/{self.daemon.pid}/smaps_rollup", encoding="ascii") as file:
            pss = next(line for line in file if line.startswith("Pss:"))
        return round(int(pss.split()[1]) / 1024, 1)

    def disk(self):
        """Returns the bytes of the store and its documents; of a database, as its server counts them."""
        folders = [self.data] if self.store == "sqlite" else [os.path.join(self.data, "documents")]
        files = (os.path.join(place, name) for folder in folders for place, _, names in os.walk(folder) for name in names)
        used = sum(os.stat(file).st_blocks * 512 for file in files)
        return used + (0 if self.store == "sqlite" else self.query("SELECT pg_database_size('annona')")[0][0])

    def query(self, sql):
        """Asks the store itself, beside the daemon; columns are whole numbers."""
        if self.store == "sqlite":
            database = sqlite3.connect(f"file:{self.data}/annona.db?mode=ro", uri=True)
            try:
                return database.execute(sql).fetchall()
            finally:
                database.close()
        asked = subprocess.run(self.psql + [sql], check=True, stdout=subprocess.PIPE, text=True)
        return [tuple(int(column) for column in row.split("|")) for row in asked.stdout.split()]

    def forget_files(self):
        """Has the system drop what it keeps of the store's files in memory, as after a start of the machine."""
        for place, _, names in os.walk(self.folder):
            for name in names:
                try:
                    file = os.open(os.path.join(place, name), os.O_RDONLY)
                except OSError:
                    continue
                os.fsync(file)
                os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(file)

    def verify_log(self):
        """Has `annona verify log` recompute everything, and returns what it counted and the seconds it took."""
        command = [self.programs["annona"], "verify", "log", "--json", "--data", self.data, "--store", self.address]
        began = time.monotonic()
        verified = subprocess.run(command, check=False, stdout=subprocess.PIPE)
        if verified.returncode:
            fail(f"the log does not verify: {verified.stdout.decode()}")
        return json.loads(verified.stdout), time.monotonic() - began


def fdatasync(folder):
    """Returns the median of an append of 4 KiB with fdatasync in a folder, in microseconds."""
    path, times = os.path.join(folder, f"fdatasync-{os.getpid()}"), []
    with open(path, "wb", buffering=0) as file:
        for _ in range(APPENDS):
            began = time.perf_counter()
            file.write(b"\7" * 4096)
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - began) * 1e6)
    os.remove(path)
    return round(statistics.median(times))
