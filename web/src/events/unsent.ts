import type { ClientEvent } from './client-event'

/** More are not kept: the oldest go first. A night without network must not fill a phone. */
export const MAX_UNSENT = 1_000

/** What is older is of no use to anybody, and its token is long gone. */
export const MAX_AGE_MS = 24 * 60 * 60 * 1_000

/** Events the server has not answered for, oldest first. */
export interface Unsent {
  add(event: ClientEvent): Promise<void>
  all(): Promise<readonly ClientEvent[]>
  remove(eventIds: readonly string[]): Promise<void>
}

/** As long as the page lives: for browsers that keep nothing, as in some private windows. */
export class UnsentInMemory implements Unsent {
  readonly #events = new Map<string, ClientEvent>()

  async add(event: ClientEvent): Promise<void> {
    this.#events.set(event.event_id, event)
    for (const id of surplus([...this.#events.keys()])) this.#events.delete(id)
  }

  async all(): Promise<readonly ClientEvent[]> {
    return [...this.#events.values()]
  }

  async remove(eventIds: readonly string[]): Promise<void> {
    for (const id of eventIds) this.#events.delete(id)
  }
}

/** Of ids in the order of their times, those beyond what is kept. */
export function surplus(ids: readonly string[]): readonly string[] {
  return ids.slice(0, Math.max(0, ids.length - MAX_UNSENT))
}

const NAME = 'folkmoot-events'
const STORE = 'unsent'

/** Over reloads and crashes, shared by the tabs of one browser. */
export class UnsentInDatabase implements Unsent {
  readonly #database: IDBDatabase

  private constructor(database: IDBDatabase) {
    this.#database = database
  }

  /** Rejects where the browser keeps nothing. */
  static async open(factory: IDBFactory = indexedDB): Promise<UnsentInDatabase> {
    const opening = factory.open(NAME, 1)
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: 'event_id' })
    return new UnsentInDatabase(await answerOf(opening))
  }

  async add(event: ClientEvent): Promise<void> {
    const store = this.#store('readwrite')
    await answerOf(store.put(event))
    const ids = await answerOf(store.getAllKeys())
    await Promise.all(surplus(ids.map(String)).map((id) => answerOf(store.delete(id))))
  }

  async all(): Promise<readonly ClientEvent[]> {
    return (await answerOf(this.#store('readonly').getAll())) as ClientEvent[]
  }

  async remove(eventIds: readonly string[]): Promise<void> {
    const store = this.#store('readwrite')
    await Promise.all(eventIds.map((id) => answerOf(store.delete(id))))
  }

  #store(mode: IDBTransactionMode): IDBObjectStore {
    // Strict: an event that was kept is on the disk, and not only on its way there.
    return this.#database.transaction(STORE, mode, { durability: 'strict' }).objectStore(STORE)
  }
}

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

/** The best this browser offers. */
export async function openUnsent(): Promise<Unsent> {
  try {
    return await UnsentInDatabase.open()
  } catch {
    return new UnsentInMemory()
  }
}
