import { Lifetime } from './lifetime'

/** How loud a microphone is right now. Reads the track it is given and never changes or ends it. */
export class MicrophoneMeter {
  readonly #lifetime = new Lifetime()
  readonly #analyser: AnalyserNode
  readonly #samples: Float32Array<ArrayBuffer>

  constructor(track: MediaStreamTrack) {
    const context = new AudioContext()
    this.#lifetime.own(() => void context.close().catch(() => undefined))
    const source = context.createMediaStreamSource(new MediaStream([track]))
    this.#analyser = context.createAnalyser()
    this.#analyser.fftSize = 1024
    this.#samples = new Float32Array(this.#analyser.fftSize)
    source.connect(this.#analyser)
    this.#lifetime.own(() => source.disconnect())
    this.#startOnGesture(context)
  }

  /** Root mean square on a perceptual scale: 0 is silence (-60 dB), 1 is full scale. */
  level(): number {
    this.#analyser.getFloatTimeDomainData(this.#samples)
    let sum = 0
    for (const sample of this.#samples) sum += sample * sample
    const decibels = 10 * Math.log10(sum / this.#samples.length + 1e-12)
    return Math.min(1, Math.max(0, (decibels + 60) / 60))
  }

  close(): void {
    this.#lifetime.end()
  }

  /** A page that nobody has touched yet gets a suspended context; the first touch or key wakes it. */
  #startOnGesture(context: AudioContext): void {
    if (context.state === 'running') return
    const wake = () => void context.resume().catch(() => undefined)
    wake()
    this.#lifetime.listen(document, 'pointerdown', wake)
    this.#lifetime.listen(document, 'keydown', wake)
  }
}
