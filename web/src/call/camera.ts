import type { types } from 'mediasoup-client'

/** Temporal layers let the server leave frames out for a narrow path before it has to leave out the picture. */
const scalabilityMode = 'L1T3'
const SIMULCAST: types.RtpEncodingParameters[] = [
  { scaleResolutionDownBy: 4, maxBitrate: 100_000, scalabilityMode },
  { scaleResolutionDownBy: 2, maxBitrate: 300_000, scalabilityMode },
  { scaleResolutionDownBy: 1, maxBitrate: 900_000, scalabilityMode },
]
/** One stream with all its layers inside, for the codecs that do this well. */
const LAYERED = { maxBitrate: 1_500_000 }
const USUAL_LAYERS = 'L3T3_KEY'
const LAYERED_CODECS = new Set(['video/vp9', 'video/av1'])

/** What an address may ask for: `?codec=av1&layers=L3T3`. For trying codecs out; nobody has to know of it. */
export interface CameraWish {
  readonly codec?: string | undefined
  readonly layers?: string | undefined
}

export function wishOf(search: string): CameraWish {
  const asked = new URLSearchParams(search)
  return { codec: asked.get('codec') ?? undefined, layers: asked.get('layers') ?? undefined }
}

/** How to send the camera: VP8 in three encodings, unless another codec is wished for that this browser has. */
export function cameraOptions(
  codecs: readonly types.RtpCodecCapability[],
  wish: CameraWish,
): Pick<types.ProducerOptions, 'codec' | 'encodings' | 'codecOptions'> {
  const find = (name: string) => codecs.find((codec) => codec.mimeType.toLowerCase() === `video/${name}`)
  const codec = (wish.codec && find(wish.codec.toLowerCase())) || find('vp8')
  const layered = codec !== undefined && LAYERED_CODECS.has(codec.mimeType.toLowerCase())
  return {
    encodings: layered ? [{ ...LAYERED, scalabilityMode: wish.layers ?? USUAL_LAYERS }] : SIMULCAST,
    // A start near the sum of the layers gets the top one going within the first second.
    codecOptions: { videoGoogleStartBitrate: 1_000 },
    ...(codec ? { codec } : {}),
  }
}
