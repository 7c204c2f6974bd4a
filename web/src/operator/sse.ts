/** One server-sent event (HTML Living Standard, 9.2.6). */
export interface SentEvent {
  readonly id: string
  readonly type: string
  readonly data: string
}

/** From the text of a stream, in whatever pieces it comes, to its events. Comments and what is unfinished are left out. */
export class SseParser {
  #rest = ''
  #id = ''
  #type = ''
  #data: string[] = []

  feed(text: string): SentEvent[] {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    return lines.flatMap((line) => this.#take(line.replace(/\r$/, '')))
  }

  #take(line: string): SentEvent[] {
    if (line === '') return this.#dispatch()
    const [, name, value = ''] = /^([^:]*)(?::\s?(.*))?$/.exec(line) ?? []
    if (name === 'id') this.#id = value
    else if (name === 'event') this.#type = value
    else if (name === 'data') this.#data.push(value)
    return []
  }

  #dispatch(): SentEvent[] {
    const data = this.#data
    const type = this.#type
    this.#data = []
    this.#type = ''
    return data.length === 0 ? [] : [{ id: this.#id, type: type || 'message', data: data.join('\n') }]
  }
}
