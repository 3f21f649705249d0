"""The table, as Markdown for the README and as JSON for programs."""

import json

SERVERS = ("nuthatch", "nginx", "redis", "memcached", "nchan")


def markdown(machine, lines):
    head = (f"Measured on {machine['date']}: {machine['cpu']}, {machine['cores']} cores, "
            f"{machine['memory_gib']} GiB, Linux {machine['kernel']}.")
    rows = [["what", "unit", *SERVERS, "goal", "met"]]
    for line in lines:
        rows.append([line.what, line.unit, *(line.cells.get(name, "–") for name in SERVERS), line.goal or "–",
                     {True: "yes", False: "no", None: "–"}[line.met]])
    return "\n".join([head, "", *aligned(rows), *replays(lines)])


def replays(lines):
    """The replays in full: they are the main job, and a hit ratio alone says little about it."""
    seen = set()
    rows = [["replay", "server", "hit ratio", "requests/s", "p50", "p99", "p99.9", "max", "CPU a request", "memory"]]
    for line in lines:
        for server, figures in line.data.items():
            if "hit_ratio" in figures and id(figures) not in seen:
                seen.add(id(figures))
                rows.append([line.what.removeprefix("hit ratio, ").split(" beside")[0], server, f"{figures['hit_ratio'] * 100:.2f} %",
                             f"{figures['requests_per_second']:,.0f}",
                             *(f"{figures[point] / 1000:.2f} ms" for point in ("p50_us", "p99_us", "p999_us", "max_us")),
                             f"{figures['server_cpu_us_per_request']:.1f} µs",
                             f"{figures['server_rss'] / 2**20:.1f} MiB"])
    return ["", *aligned(rows)] if len(rows) > 1 else []


def aligned(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    texts = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return [texts[0], rule, *texts[1:]]


def save(path, machine, options, lines, failures):
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "machine": machine,
        "options": options,
        "rows": [{"row": line.row, "what": line.what, "unit": line.unit, "cells": line.cells, "goal": line.goal,
                  "met": line.met, "data": line.data} for line in lines],
        "failures": failures,
    }
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
