"""Measurements beside the decisions of `tests/bench/run`: each prints JSON lines, and fails if anything is lost or done twice."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

from installation import Installation, fail, fdatasync

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
# A task is due after 3 days and its officer reminded 2 days later; an hour more, so that all are due.
LATE = 5 * 24 * 3600 + 3600
LOOK_EVERY = 0.1
SAMPLE_EVERY = 10


def programs(options):
    """Builds what is measured and what measures it."""
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
    dist, release = os.path.join(target, "dist"), os.path.join(target, "release")
    build = ["cargo", "build", "--locked", "--quiet"]
    # The daemon and what fills its folder in one go: apart, most of it would be built twice.
    for package in (
        ["--profile", "dist", "-p", "annona", "--bins", "--example", "annona-fill"],
        ["--release", "-p", "annona-tests", "--bin", "annona-load"],
    ):
        if not options.no_build and subprocess.run(build + package, cwd=ROOT, check=False).returncode:
            fail("it does not build")
    return {"annona": options.binary or os.path.join(dist, "annona"), "fill": os.path.join(dist, "examples", "annona-fill"),
            "load": os.path.join(release, "annona-load"), "programme": os.path.join(HERE, "programme.yaml")}


def growth(options, installation, say):
    """Start-up, memory, disk, decisions, submissions and the log's verification as applications grow in number."""
    for size in options.sizes:
        filled = installation.fill(size)
        waiting = {"waiting": size}
        if filled["sent"]:
            say({**waiting, "filled_per_s": filled["submissions_per_s"], "filled": filled["sent"]})
        applications = filled["applications"]
        say({**waiting, "applications": applications, "disk_bytes_per_application": round(installation.disk() / applications)})
        warm = installation.start()
        installation.stop()
        installation.forget_files()
        cold = installation.start()
        idle = installation.memory()
        loaded = installation.load("decisions", "--clients", "64", "--applications", str(options.applications))
        for line in loaded:
            say({**waiting, "start_ms": round(warm), "start_cold_ms": round(cold), "idle_mb": idle, "daemon_mb": installation.memory(), **line})
        installation.stop()
        if size <= options.verify_up_to:
            verified, seconds = installation.verify_log()
            say({**waiting, **verified, "verified_events_per_s": round(verified["events"] / seconds)})


def timers(options, installation, say):
    """Timers of many applications, all due at one instant before the daemon starts: how fast they fire, and each once."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - LATE))
    installation.fill(options.applications, "--at", at)
    instants = installation.query("SELECT due, count(*) FROM timer GROUP BY due")
    if [count for _, count in instants] != [options.applications]:
        fail(f"the timers are not due at one instant: {instants[:3]}")
    events = installation.query("SELECT count(*) FROM event")[0][0]
    installation.start(ready="/healthz")
    began, left = time.monotonic(), options.applications
    while left:
        time.sleep(LOOK_EVERY)
        left = installation.query("SELECT count(*) FROM timer")[0][0]
    seconds = time.monotonic() - began
    say({"timers": options.applications, "seconds": round(seconds, 2), "timers_per_s": round(options.applications / seconds),
         "daemon_mb": installation.memory()})
    installation.stop()
    once = installation.query("SELECT count(*), min(events), max(events) FROM (SELECT count(*) AS events FROM event GROUP BY application) e")[0]
    each = events // options.applications + 1
    if once != (options.applications, each, each):
        fail(f"not every timer fired once: {once}, where each application should have {each} events")
    verified, _ = installation.verify_log()
    if verified["events"] != events + options.applications:
        fail(f"{verified['events']} events verify of {events + options.applications}")


def memory(options, installation, say):
    """Memory under load for as long as is asked, with many applications waiting."""
    installation.fill(options.applications)
    installation.start()
    idle, began = installation.memory(), time.monotonic()
    while (passed := time.monotonic() - began) < options.seconds:
        for line in installation.load("decisions", "--clients", "64", "--applications", "2000"):
            say({"waiting": options.applications, "idle_mb": idle, "after_s": round(passed), "daemon_mb": installation.memory(), **line})


def intake(options, installation, say):
    """A bulk intake while officers decide: how long a decision takes meanwhile, and how many applications are taken a second."""
    installation.fill(1)
    before = installation.query("SELECT count(*) FROM application")[0][0]
    installation.start()
    lines = installation.load("intake", "--clients", options.clients, "--applications", str(options.applications))
    for line in lines:
        say(line)
    installation.stop()
    there = installation.query("SELECT count(*) FROM application")[0][0] - before
    if there < options.applications * len(lines):
        fail(f"{there} applications are there of {options.applications * len(lines)}")


def documents(options, installation, say):
    """Applications with two documents of 100 KiB each, uploaded and sent one after the other."""
    installation.begin()
    installation.start()
    installation.programs["programme"] = os.path.join(HERE, "documents.yaml")
    lines = installation.load("documents", "--clients", options.clients, "--applications", str(options.applications))
    for line in lines:
        say(line)
    installation.stop()
    sent = sum(line["documents"] for line in lines)
    referred = installation.query("SELECT count(*) FROM document WHERE application IS NOT NULL")[0][0]
    # Daemons that share a folder mark it with a file of this name.
    files = sum(name != "installation" for name in os.listdir(os.path.join(installation.data, "documents")))
    if (referred, files) != (sent, sent):
        fail(f"of {sent} documents {referred} are recorded and {files} are on the disk")


def verify(options, installation, say):
    """Vouchers verified over HTTP, and everything recorded by `annona verify log`."""
    installation.begin()
    installation.start(config="[limits]\npublic_checks = 1_000_000\n")
    for line in installation.load("verify", "--clients", options.clients, "--applications", str(options.applications)):
        say(line)
    installation.stop()
    verified, seconds = installation.verify_log()
    say({**verified, "verified_events_per_s": round(verified["events"] / seconds)})


JOBS = {"growth": growth, "timers": timers, "intake": intake, "memory": memory, "documents": documents, "verify": verify}


def numbers(text):
    """Reads numbers with commas between them."""
    return [int(part) for part in text.split(",")]


def arguments():
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="tests/bench/run", description="Measures what its name says; docs/src/reference/performance.md tells what the numbers are.")
    jobs = parser.add_subparsers(dest="job", required=True)
    for name, job in JOBS.items():
        one = jobs.add_parser(name, help=job.__doc__, description=job.__doc__)
        one.add_argument("--stores", default="sqlite,postgres", help="sqlite, postgres, or both (%(default)s)")
        one.add_argument("--folder", help="keep the installations in this folder and go on with those that are there (a temporary folder)")
        one.add_argument("--binary", help="measure this annona instead of building one")
        one.add_argument("--no-build", action="store_true", help="build nothing: all programs are there")
        one.add_argument("--record", help="append the lines to this file as well")
    jobs.choices["growth"].add_argument("--sizes", type=numbers, default=[1000, 10_000, 100_000], help="how many applications wait (1000,10000,100000)")
    jobs.choices["growth"].add_argument("--applications", type=int, default=2000, help="how many are decided (%(default)s)")
    jobs.choices["growth"].add_argument("--verify-up-to", type=int, default=100_000, help="verify the log up to this size (%(default)s)")
    jobs.choices["timers"].add_argument("--applications", type=int, default=100_000, help="how many timers (%(default)s)")
    for name, clients, applications in [("intake", "16", 100_000), ("documents", "1,16,64", 2000), ("verify", "1,16,64", 20_000)]:
        jobs.choices[name].add_argument("--clients", default=clients, help="numbers of clients, one after the other (%(default)s)")
        jobs.choices[name].add_argument("--applications", type=int, default=applications, help="how many for each of them (%(default)s)")
    jobs.choices["memory"].add_argument("--applications", type=int, default=1_000_000, help="how many wait (%(default)s)")
    jobs.choices["memory"].add_argument("--seconds", type=int, default=600, help="how long it is loaded (%(default)s)")
    return parser.parse_args()


def main():
    """Measures one thing, store by store."""
    options = arguments()
    built = programs(options)
    work = options.folder or tempfile.mkdtemp(prefix="annona-bench.")
    os.makedirs(work, exist_ok=True)
    os.chmod(work, 0o755)
    try:
        for store in options.stores.split(","):
            # Those that wait are shared by what measures them; the others begin with nothing.
            folder = os.path.join(work, store if options.job in ("growth", "memory") else f"{options.job}-{store}")
            with Installation(dict(built), folder, store) as installation:
                disk = fdatasync(folder)

                def say(line):
                    text = json.dumps({"what": options.job, "store": store, **line, "fdatasync_us": disk})
                    print(text, flush=True)
                    if options.record:
                        with open(options.record, "a", encoding="utf-8") as file:
                            file.write(text + "\n")

                JOBS[options.job](options, installation, say)
    finally:
        if not options.folder:
            shutil.rmtree(work)


if __name__ == "__main__":
    sys.exit(main())
