"""Counts page views by minute, hour and day, with visitors and pages: python3 page_views.py http://localhost:8379 site

Reads a log of "VISITOR PATH" lines from standard input, and prints what the counter says then.
"""
import json, sys, urllib.parse, urllib.request

WINDOWS = "1m*120,1h*72,1d*400,total"


def call(method, url):
    with urllib.request.urlopen(urllib.request.Request(url, method=method)) as answer:
        return json.load(answer)


class PageViews:
    def __init__(self, server, site, zone="Europe/Berlin"):
        self.counter = f"{server}/v1/counters/{urllib.parse.quote(site, safe='')}"
        self.zone = zone

    def note(self, visitor, path):
        """One call feeds every window, the visitors and the pages."""
        fields = {"windows": WINDOWS, "tz": self.zone, "unique": visitor, "item": path}
        return call("POST", f"{self.counter}?{urllib.parse.urlencode(fields)}")["value"]

    def ask(self, what, **fields):
        return call("GET", f"{self.counter}{what}?{urllib.parse.urlencode(fields)}")


def main(server, site):
    views = PageViews(server, site)
    for line in sys.stdin:
        views.note(*line.split())
    print("views in the last hour:", views.ask("", window="1h")["value"])
    print("visitors today:", views.ask("/uniques", window="24h")["estimate"])
    for page in views.ask("/top", k=3)["items"]:
        print(f"{page['count']:6} {page['item']}")
    for day in views.ask("/series", step="1d")["points"]:
        print(day["start"], day["value"])


if __name__ == "__main__":
    main(*sys.argv[1:])
