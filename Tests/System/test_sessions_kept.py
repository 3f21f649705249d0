"""What is kept of sessions on disk and told in passing: never an id; and ends outlast the process."""

import time

from event_stream import wait_for
from http_client import Client
from nuthatch_process import run_nuthatch
from sessions import JSON, begin, gone, handles_of, merge, own
from test_snapshots import make_snapshot


def test_no_id_is_written_anywhere(data, tmp_path):
    process = data.start("--access-log", "--fsync", "always")
    ids = []
    answers = []
    with data.client() as client:
        for number in range(20):
            session = begin(client, user="u", data={"n": number}, index={"t": "x"}, idle="1h")
            fresh = own(client, session, "POST", "/rotate?grace=1m").json()
            ids += [session["id"], fresh["id"]]
            answers += [own(client, fresh), merge(client, fresh, {"data": {"a": 1}}), merge(client, fresh, b"{")]
            answers += [own(client, session, "DELETE"), own(client, fresh, "DELETE"), own(client, fresh)]
        made_up = "an-id-that-nobody-ever-gave-out-0000000000"
        answers.append(own(client, made_up))
        answers.append(own(client, made_up, "PUT", "/data", {}, JSON))
        make_snapshot(data)
        answers.append(client.request("GET", "/metrics"))
        answers.append(client.request("GET", "/v1/users/u/sessions"))
        answers.append(client.request("GET", "/v1/sessions?where=t:x"))
    process.stop()
    written = b"".join(file.read_bytes() for file in data.files("**/*") if file.is_file())
    told = b"".join(bytes(answer.body) + repr(answer.fields).encode() for answer in answers)
    said = process.output + process.errors_text().encode()
    assert b'"route"' in said or b"/v1/sessions/self" in said, "the access log is empty"
    for session in [*ids, made_up]:
        for place, content in (("disk", written), ("answers", told), ("output", said)):
            assert session.encode() not in content, f"an id in the {place}"


def test_ends_outlast_a_kill_and_a_restore(data, make_data, tmp_path):
    data.start("--fsync", "always")
    with data.client() as client:
        live = begin(client, user="u", data={"a": 1}, idle="1h", meta={"ip": "x"}, index={"t": "1"})
        merge(client, live, {"data": {"b": 2}})
        before = own(client, live, rest="?touch=false").json()
        ended = begin(client, user="u")
        own(client, ended, "DELETE")
        revoked = begin(client, user="u")
        client.request("DELETE", f"/v1/sessions/{revoked['handle']}")
        rotated = begin(client, user="u")
        fresh = own(client, rotated, "POST", "/rotate?grace=1ms").json()
        short = begin(client, user="u", max="200ms")
    data.process.kill()
    time.sleep(0.3)

    def check(client):
        after = own(client, live, rest="?touch=false").json()
        assert {name: after[name] for name in after if name != "ttl_ms"} == {
            name: before[name] for name in before if name != "ttl_ms"}  # fmt: skip
        assert gone(own(client, ended)) == "destroyed" and gone(merge(client, ended, {"data": {}})) == "destroyed"
        assert gone(own(client, revoked)) == "revoked"
        assert gone(own(client, rotated)) == "rotated" and own(client, fresh, "HEAD").status == 200
        assert gone(own(client, short)) == "expired"
        assert handles_of(client, "u") == {live["handle"], fresh["handle"]}
        items = client.request("GET", "/v1/sessions?where=t:1").json()["items"]
        assert [item["handle"] for item in items] == [live["handle"]]

    data.start("--fsync", "always")
    with data.client() as client:
        check(client)
    make_snapshot(data)
    data.process.kill()
    data.start()
    with data.client() as client:
        check(client)
    data.process.stop()
    into = tmp_path / "restored"
    ended_well = run_nuthatch("restore", "--from", data.directory, "--into", into, within=60)
    assert ended_well.returncode == 0, ended_well.stderr
    restored = make_data("restored")
    restored.start()
    with Client(restored.process.address) as client:
        check(client)


def test_sessions_are_never_evicted(start_server):
    process = start_server("--max-memory", "24mb")
    with Client(process.address) as client:
        session = begin(client, user="u", data={"a": "x" * 1000})
        for number in range(30_000):
            client.put(f"filler-{number}", b"x" * 1000) if number % 10 == 0 else None
        begun = 0
        while True:
            answer = client.request(
                "POST", "/v1/sessions", b'{"data":{"a":"%s"}}' % (b"x" * 60_000), content_type=JSON)
            if answer.status != 201:
                break
            begun += 1
            assert begun < 1000
        assert answer.status == 507 and answer.json()["type"].endswith("memory-full")
        assert own(client, session).json()["data"] == {"a": "x" * 1000}
        assert own(client, session, "DELETE").status == 204, "an end always has room"
        assert gone(own(client, session)) == "destroyed"


def test_metrics_count_live_and_ended_sessions(start_server):
    process = start_server()
    with Client(process.address) as client:
        begun = [begin(client, user="u") for _ in range(10)]
        for session in begun[:3]:
            own(client, session, "DELETE")
        own(client, begun[3], "POST", "/rotate?grace=1ms")
        wait_for(lambda: b'nuthatch_sessions{state="ended"} 4\n' in client.request("GET", "/metrics").body)
        text = client.request("GET", "/metrics").body.decode()
        assert 'nuthatch_sessions{state="live"} 7\n' in text
        assert 'nuthatch_sessions{state="ended"} 4\n' in text
        assert 'route="GET /v1/sessions/self"' not in text or begun[0]["handle"] not in text
        assert begun[0]["id"] not in text
