// Prints what is published to a topic and resumes where it left off: node events.mjs http://localhost:8379 orders
const [server, topic] = process.argv.slice(2)

async function* events(server, topic, place) {
  for (;; await new Promise(resume => setTimeout(resume, 2000))) {
    try {
      const headers = place ? { 'Last-Event-ID': place } : {}
      const { body } = await fetch(`${server}/v1/events?${new URLSearchParams({ topic })}`, { headers })
      let text = ''
      for await (const piece of body.pipeThrough(new TextDecoderStream())) {
        const lines = (text + piece).split('\n')
        text = lines.pop()
        for (const line of lines) {
          if (line.startsWith('id: ')) place = line.slice(4)
          if (line.startsWith('data: ')) yield JSON.parse(line.slice(6))
        }
      }
    } catch {}
  }
}

for await (const event of events(server, topic)) console.log(event.event, event.data)
