"""Draws docs/src/reference/growth.svg from what `tests/bench/run growth --record` recorded: `python3 tests/bench/plots.py`."""

import json
import os
from xml.sax.saxutils import escape

HERE = os.path.dirname(os.path.abspath(__file__))
RECORDED = os.path.join(HERE, "recorded", "growth.jsonl")
DRAWN = os.path.join(HERE, "..", "..", "docs", "src", "reference", "growth.svg")
# What a panel shows: its column, its title, and what one of the column's units is of the title's.
PANELS = [
    ("decisions_per_s", "Decisions a second, 64 clients", 1),
    ("p99_ms", "p99 of a decision, ms, 64 clients", 1),
    ("submissions_per_s", "Submissions a second, 16 clients", 1),
    ("start_ms", "Start to ready, ms, files in memory", 1),
    ("start_cold_ms", "Start to ready, ms, files on the disk", 1),
    ("daemon_mb", "Memory of the daemon, MiB, 64 clients", 1),
    ("disk_bytes_per_application", "Disk for an application, KiB", 1 / 1024),
    ("verified_events_per_s", "Events verified a second", 1),
]
COLOURS = {"sqlite": "#1f6fb4", "postgres": "#c65a11"}
NAMES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
MARKS = {"sqlite": 4, "postgres": 3}
SIZES = [1000, 10_000, 100_000, 1_000_000]
WIDTH, HEIGHT, COLUMNS, TOP = 340, 190, 2, 40
LEFT, RIGHT, ABOVE, BELOW = 52, 22, 34, 30


def points(lines, store, column):
    """Returns the newest measurement of a column at each size."""
    found = {line["waiting"]: line[column] for line in lines if line["store"] == store and column in line}
    return sorted(found.items())


def nice(top):
    """Returns a round number at or above a value, and its step."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if top <= 4 * factor * step:
                return 4 * factor * step, factor * step
        step *= 10


def panel(lines, column, title, unit, x, y):
    """Draws one panel."""
    drawn = [f'<text x="{x + LEFT - 44}" y="{y + 18}" class="title">{escape(title)}</text>']
    series = {store: points(lines, store, column) for store in COLOURS}
    values = [value * unit for one in series.values() for _, value in one]
    if not values:
        return drawn
    top, step = nice(max(values))
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - ABOVE - BELOW
    place = lambda size, value: (
        x + LEFT + wide * SIZES.index(size) / (len(SIZES) - 1), y + ABOVE + high * (1 - value * unit / top))
    for tick in range(0, top + 1, step):
        at = y + ABOVE + high * (1 - tick / top)
        drawn.append(f'<line x1="{x + LEFT}" x2="{x + WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" class="grid"/>')
        drawn.append(f'<text x="{x + LEFT - 8}" y="{at + 4:.1f}" class="tick" text-anchor="end">{tick:,}</text>')
    for power, size in enumerate(SIZES, 3):
        at, _ = place(size, 0)
        drawn.append(f'<text x="{at:.1f}" y="{y + HEIGHT - 10}" class="tick" text-anchor="middle">10<tspan dy="-4" font-size="8">{power}</tspan></text>')
    for store, one in series.items():
        at = [place(size, value) for size, value in one if size in SIZES]
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in at)
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{COLOURS[store]}" stroke-width="2"/>')
        drawn += [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="{MARKS[store]}" fill="{COLOURS[store]}"/>' for px, py in at]
    return drawn


def main():
    """Reads the recorded lines and writes the picture."""
    with open(RECORDED, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    wide, high = WIDTH * COLUMNS, TOP + HEIGHT * -(-len(PANELS) // COLUMNS)
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" role="img" aria-label="Speed, memory and disk against the number of waiting applications">',
        "<style>text{font-family:sans-serif;fill:#333}.title{font-size:13px;font-weight:bold}.tick{font-size:11px;fill:#666}.grid{stroke:#ddd}</style>",
        f'<rect width="{wide}" height="{high}" fill="#fff"/>',
    ]
    for number, (store, name) in enumerate(NAMES.items()):
        at = 16 + 90 * number
        drawn.append(f'<circle cx="{at}" cy="20" r="{MARKS[store]}" fill="{COLOURS[store]}"/><text x="{at + 9}" y="24" font-size="12">{name}</text>')
    drawn.append(f'<text x="{wide - 16}" y="24" class="tick" text-anchor="end">against waiting applications, 10³ to 10⁶</text>')
    for number, (column, title, unit) in enumerate(PANELS):
        drawn += panel(lines, column, title, unit, WIDTH * (number % COLUMNS), TOP + HEIGHT * (number // COLUMNS))
    with open(DRAWN, "w", encoding="utf-8") as file:
        file.write("\n".join(drawn + ["</svg>", ""]))


main()
