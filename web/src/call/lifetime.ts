/**
 * Everything that has to be undone when its owner ends, undone in the reverse of the order in which it was begun.
 * What is owned after the end is undone at once, so an await that outlives its owner leaks nothing.
 */
export class Lifetime {
  readonly #enders = new Set<() => void>()
  #ended = false

  get ended(): boolean {
    return this.#ended
  }

  own(end: () => void): void {
    if (this.#ended) end()
    else this.#enders.add(end)
  }

  every(ms: number, tick: () => void): void {
    const timer = setInterval(tick, ms)
    this.own(() => clearInterval(timer))
  }

  /** Once, unless the owner ends before; nothing is kept of it afterwards. */
  after(ms: number, action: () => void): void {
    if (this.#ended) return
    const cancel = () => clearTimeout(timer)
    const timer = setTimeout(() => {
      this.#enders.delete(cancel)
      action()
    }, ms)
    this.#enders.add(cancel)
  }

  listen(target: EventTarget, event: string, listener: (event: Event) => void): void {
    target.addEventListener(event, listener)
    this.own(() => target.removeEventListener(event, listener))
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    const enders = [...this.#enders].reverse()
    this.#enders.clear()
    for (const end of enders) {
      try {
        end()
      } catch (error) {
        // One that fails must not keep the others from ending; the browser reports it like any uncaught error.
        reportError(error)
      }
    }
  }
}
