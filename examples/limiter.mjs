// An API limiter for any server whose handlers take (request, response): `fetch` and nothing else.
//
//     http.createServer(limited("http://localhost:8379", "api", handler)).listen(8080);
//
// When Nuthatch is away requests are let in; pass { openWhenAway: false } to turn them away instead.

const PASSED_ON = ["RateLimit", "RateLimit-Policy", "Retry-After"];

export function limited(address, policy, handler, { token, openWhenAway = true } = {}) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  return async (request, response) => {
    let answer;
    try {
      const id = encodeURIComponent(request.socket.remoteAddress);
      const url = `${address}/v1/limits/${encodeURIComponent(policy)}/${id}`;
      answer = await fetch(url, { method: "POST", headers, signal: AbortSignal.timeout(1000) });
    } catch {
      if (openWhenAway) return handler(request, response);
      response.writeHead(503).end("the limiter is away\n");
      return;
    }
    const body = await answer.text();
    for (const name of PASSED_ON) {
      if (answer.headers.has(name)) response.setHeader(name, answer.headers.get(name));
    }
    if (answer.status === 429) {
      response.writeHead(429, { "Content-Type": "application/problem+json" }).end(body);
      return;
    }
    return handler(request, response);
  };
}
