import type { RoomLine, Worker } from '../protocol/overview'
import { countWords, rateWords, shareWords } from './figure-words'

export function WorkersTable({ workers }: { workers: readonly Worker[] }) {
  return (
    <section className="overview-table" aria-label="Media workers">
      <h2>Media workers</h2>
      <div className="table-scroll">
        <table className="history-table" data-testid="workers-table">
          <thead>
            <tr>
              {['Worker', 'Core', 'Packets', 'Rooms', 'Producers', 'Consumers', 'Dropped', 'Replaced'].map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {workers.map(({ index, state, load, rooms, restarts }) => (
              <tr key={index}>
                <th scope="row">
                  {index}
                  {state !== 'running' && ` (${state})`}
                </th>
                <td>
                  <LoadBar share={load?.cpu ?? 0} />
                </td>
                <td>{rateWords(load?.packet_rate ?? 0)}</td>
                <td>{countWords(rooms)}</td>
                <td>{countWords(load?.producers ?? 0)}</td>
                <td>{countWords(load?.consumers ?? 0)}</td>
                <td>{countWords(Object.values(load?.drops ?? {}).reduce((sum, count) => sum + count, 0))}</td>
                <td>{countWords(restarts)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function LoadBar({ share }: { share: number }) {
  const width = 100 * Math.min(1, share)
  return (
    <span className="load-bar">
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect className="load-all" width="100" height="8" />
        <rect className={share >= 0.85 ? 'load-high' : 'load-used'} width={width} height="8" />
      </svg>
      {shareWords(share)}
    </span>
  )
}

export function RoomsTable({ rooms, leftOut }: { rooms: readonly RoomLine[]; leftOut: number }) {
  return (
    <section className="overview-table" aria-label="Rooms">
      <h2>Rooms</h2>
      {rooms.length === 0 ? (
        <p className="hint" data-testid="no-rooms">
          Nobody is in a meeting on this node.
        </p>
      ) : (
        <div className="table-scroll">
          <table className="history-table" data-testid="rooms-table">
            <thead>
              <tr>
                {['Title', 'Meeting', 'People', 'Producers', 'Consumers'].map((title) => (
                  <th key={title} scope="col">
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rooms.map((room) => (
                <tr key={room.meeting_id}>
                  <th scope="row">{room.title}</th>
                  <td>{room.meeting_id}</td>
                  <td>{countWords(room.people)}</td>
                  <td>{countWords(room.producers)}</td>
                  <td>{countWords(room.consumers)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {leftOut > 0 && <p className="hint">and {countWords(leftOut)} rooms with fewer people</p>}
    </section>
  )
}
