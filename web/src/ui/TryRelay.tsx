import type { Call } from '../call/call'
import { useStore } from './useStore'

/** Where the server has a TURN server: the way round a network that lets media through no other way. */
export function TryRelay({ call, className }: { call: Call; className: string }) {
  const { there, only } = useStore(call.relay.state)
  if (!there || only) return null
  return (
    <button type="button" className={className} data-testid="try-relay" onClick={() => void call.tryRelay()}>
      Try the relay
    </button>
  )
}
