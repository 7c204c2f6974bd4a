import { Store } from './state/store'

export type Route = { page: 'home' } | { page: 'meeting'; id: string } | { page: 'unknown' }

export function routeOf(path: string): Route {
  if (path === '/') return { page: 'home' }
  const segment = /^\/m\/([^/]+)\/?$/.exec(path)?.[1]
  if (segment === undefined) return { page: 'unknown' }
  try {
    return { page: 'meeting', id: decodeURIComponent(segment) }
  } catch {
    return { page: 'unknown' }
  }
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
