/** How long after pressing Join each producer's first picture was on the page. */
export class FirstFrames {
  readonly #after = new Map<string, number>()
  #joinedAtMs = 0

  begin(): void {
    this.#joinedAtMs = performance.now()
  }

  note(producerId: string): void {
    if (!this.#after.has(producerId)) this.#after.set(producerId, performance.now() - this.#joinedAtMs)
  }

  /** Forgets all but those that are received still. */
  keep(received: ReadonlyMap<string, unknown>): void {
    for (const id of this.#after.keys()) if (!received.has(id)) this.#after.delete(id)
  }

  /** When Join was pressed, and how long after that each first picture came, in milliseconds. */
  get timings(): { joinedAtMs: number; firstFrames: ReadonlyMap<string, number> } {
    return { joinedAtMs: this.#joinedAtMs, firstFrames: this.#after }
  }
}
