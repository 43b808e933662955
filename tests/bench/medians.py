"""Prints the median of every measurement over its repetitions, and how each engine compares with the best peer."""

import json
import statistics
import sys

COLUMNS = ("decisions_per_s", "p50_ms", "p99_ms", "submissions_per_s", "own_cores", "foreign_cores", "fdatasync_us", "rss_mb")
PEER_NAMES = {"submissions_per_s": "starts_per_s"}


def name(line):
    """Returns who was measured, over which store."""
    return f"{line['engine']} {line['store']}" if "engine" in line else line["peer"]


def value(line, column):
    """Returns a measurement by our name for it or a peer's."""
    return line.get(column, line.get(PEER_NAMES.get(column)))


def medians(lines):
    """Returns the medians by who and how many clients."""
    groups = {}
    for line in lines:
        if "decisions_per_s" in line:
            groups.setdefault((name(line), line["clients"]), []).append(line)
    found = {}
    for key, group in groups.items():
        columns = {column: [value(line, column) for line in group] for column in COLUMNS}
        found[key] = {column: statistics.median(values) for column, values in columns.items() if None not in values}
    return found


def main():
    """Reads lines of JSON and prints lines of JSON."""
    with open(sys.argv[1], encoding="utf-8") as file:
        lines = [json.loads(line) for line in file if line.startswith("{")]
    found = medians(lines)
    best = {}
    for (who, clients), columns in found.items():
        if not who.startswith("annona"):
            best[clients] = max(best.get(clients, 0), columns["decisions_per_s"])
    for (who, clients), columns in found.items():
        line = {"median": who, "clients": clients, **columns}
        if who.startswith("annona") and best.get(clients):
            line["times_the_best_peer"] = round(columns["decisions_per_s"] / best[clients], 2)
        print(json.dumps(line))


main()
