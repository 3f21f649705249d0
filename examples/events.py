"""Prints what is published to a topic and resumes where it left off: python3 events.py http://localhost:8379 orders"""
import json, sys, time, urllib.parse, urllib.request


def events(server, topic, place=None):
    while True:
        try:
            target = f"{server}/v1/events?" + urllib.parse.urlencode({"topic": topic})
            fields = {"Last-Event-ID": place} if place else {}
            with urllib.request.urlopen(urllib.request.Request(target, headers=fields), timeout=40) as stream:
                for line in stream:
                    field, _, value = line.decode().rstrip("\n").partition(": ")
                    place = value if field == "id" else place
                    if field == "data":
                        yield json.loads(value)
        except OSError:
            pass
        time.sleep(2)


for event in events(*sys.argv[1:]):
    print(event["event"], event.get("data"), flush=True)
