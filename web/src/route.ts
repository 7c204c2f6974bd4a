import { Store } from './state/store'

export type Route =
  | { page: 'home' }
  | { page: 'meeting'; id: string }
  | { page: 'history' }
  | { page: 'past'; id: string }
  | { page: 'operator' }
  | { page: 'operator-events' }
  | { page: 'unknown' }

export function routeOf(path: string): Route {
  if (path === '/') return { page: 'home' }
  if (/^\/history\/?$/.test(path)) return { page: 'history' }
  if (/^\/operator\/?$/.test(path)) return { page: 'operator' }
  if (/^\/operator\/events\/?$/.test(path)) return { page: 'operator-events' }
  const [, where, segment] = /^\/(m|history)\/([^/]+)\/?$/.exec(path) ?? []
  if (segment === undefined) return { page: 'unknown' }
  try {
    return { page: where === 'm' ? 'meeting' : 'past', id: decodeURIComponent(segment) }
  } catch {
    return { page: 'unknown' }
  }
}

/** Where one looks back at a meeting. */
export function pastPath(id: string): string {
  return `/history/${encodeURIComponent(id)}`
}

export function meetingPath(id: string): string {
  return `/m/${encodeURIComponent(id)}`
}

/** The address bar as a store. Created once, by `main`. */
export class Navigation extends Store<Route> {
  constructor() {
    super(routeOf(location.pathname))
    addEventListener('popstate', () => this.set(routeOf(location.pathname)))
  }

  readonly go = (path: string): void => {
    history.pushState(null, '', path)
    this.set(routeOf(path))
  }
}
