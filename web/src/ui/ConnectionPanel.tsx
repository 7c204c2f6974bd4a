import { useEffect, useState } from 'react'
import type { CallReport, Reporter } from '../call/report'
import type { TrackReport } from '../call/stats'

const INTERVAL_MS = 1_000

/** The numbers behind what is seen and heard, for somebody who wants to know why. */
export function ConnectionPanel({ reporter }: { reporter: Reporter }) {
  const report = useReport(reporter)
  const [copied, setCopied] = useState(false)
  if (!report) return <p className="hint">Measuring…</p>
  const copy = () => {
    navigator.clipboard.writeText(JSON.stringify(report, null, 2)).then(
      () => setCopied(true),
      () => setCopied(false),
    )
  }
  const { send, recv } = report.path
  return (
    <div className="connection">
      <dl className="facts">
        <Fact name="State" value={report.connection} />
        <Fact name="Round trip" value={measure(recv?.rtt_ms ?? send?.rtt_ms, 'ms')} />
        <Fact
          name="Path"
          value={[recv?.protocol?.toUpperCase(), recv?.remote_address].filter(Boolean).join(' to ') || '–'}
        />
        <Fact name="Room to send" value={bits(send?.available_outgoing_bps)} />
      </dl>
      {report.remote.map((person) => (
        <section key={person.participant_id}>
          <h3>{person.display_name}</h3>
          {person.tracks.length === 0 && <p className="hint">Sends nothing, or nothing that is shown here.</p>}
          {person.tracks.map((track) => (
            <TrackFacts key={track.consumer_id} track={track} />
          ))}
        </section>
      ))}
      <button type="button" className="button wide" onClick={copy}>
        {copied ? 'Copied' : 'Copy the report'}
      </button>
    </div>
  )
}

function TrackFacts({ track }: { track: TrackReport }) {
  const video = track.kind === 'video'
  return (
    <div className="track-facts">
      <h4>
        {track.source.replace('_', ' ')}
        {track.paused && ' (paused)'}
      </h4>
      <dl className="facts">
        <Fact name="Bit rate" value={bits(track.bitrate_bps)} />
        <Fact name="Lost" value={`${track.packets_lost} of ${track.packets_received + track.packets_lost}`} />
        <Fact name="Codec" value={track.codec ?? '–'} />
        {video ? (
          <>
            <Fact name="Size" value={track.frame_width ? `${track.frame_width} × ${track.frame_height}` : '–'} />
            <Fact name="Frames" value={`${track.frames_per_second ?? 0}/s, ${track.frames_decoded} decoded`} />
            <Fact name="Layer" value={track.spatial_layer === null ? '–' : String(track.spatial_layer)} />
          </>
        ) : (
          <>
            <Fact name="Level" value={track.audio_level === null ? '–' : track.audio_level.toFixed(3)} />
            <Fact name="Energy" value={track.total_audio_energy.toFixed(2)} />
          </>
        )}
      </dl>
    </div>
  )
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}

function measure(value: number | null | undefined, unit: string): string {
  return value === null || value === undefined ? '–' : `${Math.round(value)} ${unit}`
}

function bits(bps: number | null | undefined): string {
  return measure(bps === null || bps === undefined ? bps : bps / 1000, 'kbit/s')
}

function useReport(reporter: Reporter): CallReport | undefined {
  const [report, setReport] = useState<CallReport>()
  useEffect(() => {
    let current = true
    const read = () => {
      reporter.read().then(
        (next) => current && setReport(next),
        // A transport that closes between two samples has nothing to tell; the next sample is on another one.
        () => undefined,
      )
    }
    read()
    const timer = setInterval(read, INTERVAL_MS)
    return () => {
      current = false
      clearInterval(timer)
    }
  }, [reporter])
  return report
}
