/** A value that can be watched. Views read it, its one owner writes it; a write of the same value wakes nobody. */
export interface ReadableStore<T> {
  get(): T
  subscribe(watcher: () => void): () => void
}

export class Store<T> implements ReadableStore<T> {
  #value: T
  readonly #watchers = new Set<() => void>()

  constructor(value: T) {
    this.#value = value
  }

  // Bound, because React's useSyncExternalStore takes both apart from their object.
  readonly get = (): T => this.#value

  readonly subscribe = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return
    this.#value = value
    for (const watcher of [...this.#watchers]) watcher()
  }

  update(change: (value: T) => T): void {
    this.set(change(this.#value))
  }

  patch(part: Partial<T>): void {
    this.set({ ...this.#value, ...part })
  }
}
