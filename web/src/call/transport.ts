import type { types } from 'mediasoup-client'
import type { Source } from '../protocol/messages'
import type { Signaling } from '../protocol/socket'
import { type MediaConnection, PathKeeper } from './path-keeper'
import type { Relay } from './relay'

export type Direction = 'send' | 'recv'

/** Asks the server for a transport and opens our end of it. It restarts ICE by itself and reports `failed` when that does not help. */
export async function openTransport(
  signaling: Signaling,
  loading: Promise<types.Device>,
  direction: Direction,
  relay: Relay,
  onConnection: (connection: MediaConnection) => void,
): Promise<types.Transport> {
  const [created, device] = await Promise.all([
    signaling.request('transport:create', { direction, sctp: true }),
    loading,
  ])
  const { id, iceParameters, dtlsParameters } = created
  const lists = { iceCandidates: [...created.iceCandidates], iceServers: [...created.iceServers] }
  relay.note(lists.iceServers)
  const { sctpParameters } = created
  const iceTransportPolicy = relay.policy
  const options = {
    id,
    iceParameters,
    dtlsParameters,
    iceTransportPolicy,
    ...lists,
    ...(sctpParameters && { sctpParameters }),
  }
  const transport = direction === 'send' ? device.createSendTransport(options) : device.createRecvTransport(options)
  transport.on('connect', ({ dtlsParameters }, done, failed) => {
    signaling.request('transport:connect', { transport_id: transport.id, dtlsParameters }).then(done, (error) => {
      failed(error)
      // It is asked only once. Closed, it says to whoever resumes that it does not live.
      transport.close()
      onConnection('failed')
    })
  })
  transport.on('produce', ({ kind, rtpParameters, appData }, done, failed) => {
    const source = appData['source'] as Source
    signaling.request('produce', { transport_id: transport.id, kind, rtpParameters, source }).then(done, failed)
  })
  transport.on('producedata', ({ sctpStreamParameters, label, protocol }, done, failed) => {
    const wish = { transport_id: transport.id, sctpStreamParameters, label: label ?? '', protocol: protocol ?? '' }
    signaling.request('produce_data', wish).then(done, failed)
  })
  new PathKeeper(signaling, transport, onConnection)
  return transport
}
