/// What --help says.
enum Usage {
    static let text = """
        nuthatch-replay: load for a cache server, over real connections

        replay a trace, cache-aside (GET each key, PUT what is missing):
          nuthatch-replay --trace FILE --url http://127.0.0.1:8379 [--connections 8]
          nuthatch-replay --synthetic zipf:KEYS:REQUESTS:ALPHA --url URL
        write a made-up trace:
          nuthatch-replay --synthetic zipf:KEYS:REQUESTS:ALPHA --output FILE
        one operation on many keys (fill: PUT all in turn; get, put: random keys):
          nuthatch-replay --load fill|get|put --keys 100000 --value-size 64 --url URL
        idle connections (needs --pid for the server's memory):
          nuthatch-replay --idle 10000 --url URL --pid PID
        streams of events, and what is delivered to them (--window 1: how long an event takes to all):
          nuthatch-replay --subscribers 1000 --events 1000 --window 4 --value-size 64 --url URL --pid PID
            [--subscribe-path PATH --publish-path PATH]

        the server
          --url URL              HTTP; the keys are at /v1/keys/ unless URL has a path
          --resp HOST:PORT       Redis protocol, GET and SET
          --memcached HOST:PORT  memcached text protocol, get and set
          --pid PID[,PID]        its processes, to report CPU per request and memory
          --header 'NAME: VALUE' sent with each HTTP request

        the load
          --connections N        default 8, one thread drives them all
          --pipeline N           requests in flight a connection, default 1
          --requests N           of a trace: the first N; of a load: how many (default: --keys)
          --keys N               of a load, default 100000
          --value-size BYTES     default: log-normal by key, mean 300
          --rate N               requests a second at most
          --max-seconds S        stop early
          --warm-up N            requests of a load before the measurement
          --probe MS             also ask for a key every MS on a connection of its own
          --board                one leaderboard instead of keys: get is a rank, put a score
          --session              sessions instead of keys, under ids of the client's own
          --count PATH           counting instead of values: a put is POST PATH and the key; in Redis INCR
          --post PATH            a put is POST PATH and the key, with the value
          --script SHA1          with --count: in Redis a script that was loaded, with the key
          --patch                with --session: a put changes one member instead of all data
          --seed N               of random keys and made-up traces, default 1
          --verify               compare every value read with the one written

        the output
          --json                 one JSON object on standard output

        It exits with 1 when an answer was neither a value, a miss nor a success.

        """
}
