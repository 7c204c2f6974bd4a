import { CodedError } from '../protocol/errors'
import type { Notification, RequestName, Requests, Resumed, RoomJoined, Source } from '../protocol/messages'
import type { Signaling } from '../protocol/socket'
import { beforeCall, type CallState, closingOf, departureOf, type Ending, endingOf } from '../state/call-state'
import { type LobbyState, lobbyOf, lobbyStep } from '../state/lobby'
import type { Notice, Subject } from '../state/notices'
import { reportId } from '../state/report-id'
import type { Roster } from '../state/roster'
import { isHost, personOfId } from '../state/rules'
import { type ReadableStore, Store } from '../state/store'
import { mediaWords } from '../state/words'
import { Announcer } from './announcer'
import { Chat } from './chat'
import { DataChannels } from './data-channels'
import { Entry } from './entry'
import { FirstFrames } from './first-frames'
import { Gestures } from './gestures'
import { heed } from './heeding'
import { HostWishes } from './host-wishes'
import { Hosting } from './hosting'
import { Lifetime } from './lifetime'
import type { LocalMedia } from './local-media'
import type { MediaConnection } from './path-keeper'
import { Pins } from './pins'
import { Playback } from './playback'
import { Polls } from './polls'
import { Presence } from './presence'
import { comeIn, enterAgain } from './reentry'
import { Relay } from './relay'
import { ScreenShare } from './screen-share'
import { Session } from './session'
import { Speakers } from './speaking'
import type { RemoteTrack } from './subscriber'
import type { Shown } from './subscription'
import type { Tokens } from './tokens'

const SPEAKING_INTERVAL_MS = 200

export interface JoinChoice {
  displayName: string
  password?: string
}

/**
 * One person's call in one meeting, from the green room to the end. It owns everything that lives in between and is the
 * one thing the views talk to; it knows nothing of views.
 */
export class Call {
  readonly meetingId: string
  readonly media: LocalMedia
  readonly screen = new ScreenShare()
  readonly playback: Playback
  readonly gestures: Gestures
  readonly chat: Chat
  readonly polls: Polls
  readonly presence: Presence
  readonly pins = new Pins()
  readonly hosting: Hosting
  readonly wishes: HostWishes
  readonly data = new DataChannels()
  readonly relay = new Relay()
  readonly #entry: Entry
  readonly #state = new Store<CallState>(beforeCall)
  readonly #tracks = new Store<ReadonlyMap<string, RemoteTrack>>(new Map())
  readonly #shown = new Map<string, Shown>()
  readonly #firstFrames = new FirstFrames()
  readonly #speakers = new Speakers()
  readonly #lifetime = new Lifetime()
  readonly #announcer = new Announcer(this.#lifetime)
  silenced: readonly Subject[] = []
  #session: Session | undefined
  #signaling: Signaling | undefined
  #early: Notification[] = []
  #choice: JoinChoice = { displayName: '' }
  #resumeToken: string | undefined

  constructor(meetingId: string, media: LocalMedia, tokens: Tokens) {
    this.meetingId = meetingId
    this.media = media
    this.#entry = new Entry(meetingId, tokens)
    this.playback = new Playback(media.speakerId)
    this.wishes = new HostWishes(media, this.screen)
    const context = {
      request: <N extends RequestName>(name: N, payload: Requests[N]['payload']) => this.#request(name, payload),
      change: (step: (roster: Roster) => Roster) => this.#session?.change(step),
      me: () => this.#state.get().me,
      userId: () => personOfId(this.#state.get().roster, this.#state.get().me)?.userId,
      say: (text: string) => this.say(text),
      warn: (text: string) => this.warn(text),
      renamed: (displayName: string) => {
        this.#choice = { ...this.#choice, displayName }
      },
      joined: () => this.#state.get().phase === 'joined',
      now: () => performance.now(),
    }
    this.hosting = new Hosting(context)
    this.gestures = new Gestures(context)
    this.chat = new Chat(context)
    this.polls = new Polls(context)
    this.presence = new Presence(context)
    this.presence.watch(window)
    // Undone from the last to the first: the session leaves while its connection still stands.
    this.#lifetime.own(() => this.media.close())
    this.#lifetime.own(() => this.#entry.close())
    this.#lifetime.own(() => this.playback.close())
    this.#lifetime.own(() => this.gestures.close())
    this.#lifetime.own(() => this.presence.close())
    this.#lifetime.own(() => this.screen.stop())
    this.#lifetime.own(() => this.#session?.close())
    this.#lifetime.every(SPEAKING_INTERVAL_MS, () => this.#listenWhoSpeaks())
    this.#lifetime.listen(window, 'offline', () => this.#signaling?.doubt(Date.now()))
    this.#lifetime.listen(window, 'online', () => this.tryNow())
  }

  get state(): ReadableStore<CallState> {
    return this.#state
  }
  /** What is received, by producer id. */
  get tracks(): ReadableStore<ReadonlyMap<string, RemoteTrack>> {
    return this.#tracks
  }
  get speaking(): ReadableStore<ReadonlySet<string>> {
    return this.#speakers.speaking
  }
  get notices(): ReadableStore<readonly Notice[]> {
    return this.#announcer.notices
  }
  get session(): Session | undefined {
    return this.#session
  }
  get timings(): FirstFrames['timings'] {
    return this.#firstFrames.timings
  }

  /** Begins connecting ahead of Join. What fails here is tried again, and told, when Join is pressed. */
  prepare(displayName: string): void {
    this.#entry.open(displayName).catch(() => undefined)
  }

  /** Joins. A refusal is left in `state.refusal`; this never rejects. */
  async join(choice: JoinChoice): Promise<void> {
    if (this.#state.get().phase !== 'green-room') return
    this.#choice = choice
    this.#firstFrames.begin()
    this.#state.patch({ phase: 'joining', refusal: undefined })
    try {
      const signaling = await this.#entry.open(choice.displayName)
      if (this.#lifetime.ended) return
      this.#signaling = signaling
      this.#listenTo(signaling)
      await this.#tryEnter(signaling)
    } catch (error) {
      this.#refused(error)
    }
  }

  /** From the banner that media cannot get through: ends the call with the words that say what helps. */
  giveUpOnMedia(): void {
    this.#finish('media')
  }

  leave(): void {
    void this.#signaling?.request('room:leave', {}).catch(() => undefined)
    this.#finish('left')
  }

  /** Ends the meeting for everybody. */
  async end(): Promise<void> {
    try {
      await this.#request('room:close', {})
      this.#finish('closed')
    } catch {
      this.warn('The meeting could not be ended.')
    }
  }

  /** While the connection is away: tries at once instead of when it is due. */
  tryNow(): void {
    this.#signaling?.tryNow()
  }

  /** Sound and picture begin anew through a TURN server; while the connection is away, as soon as it is back. */
  async tryRelay(): Promise<void> {
    const signaling = this.#signaling
    if (!this.relay.take() || !signaling) return
    if (this.#state.get().phase !== 'joined') {
      this.tryNow()
      return
    }
    this.#state.patch({ restoring: true, media: 'new' })
    try {
      await this.#enterAnew(signaling)
    } catch (error) {
      // Lost on the way, it is entered again when it is back.
      if (CodedError.of(error).code !== 'DISCONNECTED') this.#finish(endingOf(CodedError.of(error)))
    }
  }

  /** Gives up waiting, back to where one can ask again. */
  leaveLobby(): void {
    if (this.#state.get().phase !== 'waiting') return
    this.#signaling?.request('lobby:leave', {}).catch(() => undefined)
    this.#state.patch({ phase: 'green-room', lobby: undefined, refusal: undefined })
  }

  toggleScreen(): Promise<void> {
    return this.screen.toggle((text) => this.warn(text))
  }

  /** A picture is on the page, at this size and of this importance. */
  show(producerId: string, shown: Shown): void {
    this.#shown.set(producerId, shown)
    this.#session?.subscriber.show(producerId, shown)
  }

  hide(producerId: string): void {
    this.#shown.delete(producerId)
    this.#session?.subscriber.hide(producerId)
  }

  noteFrame(producerId: string): void {
    this.#firstFrames.note(producerId)
  }

  say(text: string, tone: Notice['tone'] = 'plain'): void {
    this.#announcer.say(text, tone)
  }

  warn(text: string): void {
    this.say(text, 'warning')
  }

  close(): void {
    this.#lifetime.end()
  }

  #listenTo(signaling: Signaling): void {
    signaling.listen({
      onNotification: (notification) => this.#hear(notification),
      onLost: (lostAt) => {
        if (this.#state.get().phase === 'joined') this.#state.patch({ phase: 'reconnecting', lostAt })
      },
      onReconnected: () =>
        void (this.#state.get().phase === 'waiting' ? this.#tryEnter(signaling) : this.#enterAgain(signaling)),
      onClosed: (error) => {
        if (this.#state.get().phase !== 'green-room') this.#finish(endingOf(error))
      },
    })
  }

  async #enter(signaling: Signaling): Promise<void> {
    this.#early = []
    const { displayName, password } = this.#choice
    const joined = await signaling.request('room:join', {
      meeting_id: this.meetingId,
      display_name: displayName,
      ...(password === undefined ? {} : { password }),
      ...(this.#resumeToken === undefined ? {} : { resume_token: this.#resumeToken }),
      ...(this.chat.seen === undefined ? {} : { chat_seen: this.chat.seen }),
    })
    if (this.#lifetime.ended) return
    if ('waiting' in joined) {
      this.#state.patch({ phase: 'waiting', lobby: lobbyOf(joined) })
      for (const notification of this.#early.splice(0)) this.#hear(notification)
      return
    }
    this.#resumeToken = joined.resume_token
    const { meeting, participant_id: me, your_role: role } = joined
    const state = { phase: 'joined', meeting, me, role, restoring: false, lobby: undefined } as const
    // A server that was started anew kept our place and none of our media: that begins as for anybody who comes.
    if (joined.resumed && joined.resumed.transports.length > 0) {
      await this.#goOn(signaling, joined, joined.resumed, state)
      return
    }
    this.#session?.close()
    this.#follow(
      state,
      Session.begin(
        {
          signaling,
          media: this.media,
          screen: this.screen,
          data: this.data,
          relay: this.relay,
          shown: this.#shown,
          onConnection: (media) => this.#onMedia(media),
          onError: (source, error) => this.#onMediaError(source, error),
        },
        joined,
      ),
    )
    this.#catchUp(joined)
    for (const notification of this.#early.splice(0)) this.#hear(notification)
    this.gestures.repeat()
    if (isHost(role)) void this.hosting.listWaiting()
  }

  /** The server has waited for us. Where our media has not lived through it, the clean way is out and in again. */
  async #goOn(signaling: Signaling, joined: RoomJoined, alive: Resumed, state: Partial<CallState>): Promise<void> {
    const off = this.#session?.resume(joined, alive)
    if (off) {
      this.#state.patch(state)
      for (const kind of off) {
        const text = this.wishes.paused(kind, this.#state.get().roster)
        if (text) this.say(text)
      }
      this.#catchUp(joined)
      for (const notification of this.#early.splice(0)) this.#hear(notification)
    } else await this.#enterAnew(signaling)
  }

  async #enterAnew(signaling: Signaling): Promise<void> {
    this.#resumeToken = undefined
    await signaling.request('room:leave', {})
    await this.#enter(signaling)
  }

  #catchUp({ chat, polls }: RoomJoined): void {
    this.chat.enter(chat)
    this.polls.enter(polls)
  }

  async #tryEnter(signaling: Signaling): Promise<void> {
    try {
      await comeIn(
        () => this.#enter(signaling),
        () => !this.#lifetime.ended && !signaling.closed,
      )
    } catch (error) {
      this.#refused(error)
    }
  }

  #refused(error: unknown): void {
    if (!this.#lifetime.ended)
      this.#state.patch({ phase: 'green-room', lobby: undefined, refusal: CodedError.of(error) })
  }

  #request<N extends RequestName>(name: N, payload: Requests[N]['payload']): Promise<Requests[N]['reply']> {
    if (this.#signaling) return this.#signaling.request(name, payload)
    return Promise.reject(new CodedError('DISCONNECTED', 'There is no connection to the server.', name))
  }

  #hearInLobby(lobby: LobbyState, notification: Notification): void {
    const step = lobbyStep(lobby, notification)
    if (step === 'admitted') {
      if (this.#signaling) void this.#tryEnter(this.#signaling)
    } else if ('ending' in step) this.#finish(step.ending)
    else this.#state.patch({ lobby: step })
  }

  /** From here on this is the session that the views see. */
  #follow(state: Partial<CallState>, session: Session): void {
    this.#session = session
    session.roster.subscribe(() => {
      if (this.#session === session) this.#state.patch({ roster: session.roster.get() })
    })
    session.subscriber.tracks.subscribe(() => this.#onTracks(session))
    this.#state.patch({ ...state, roster: session.roster.get(), media: 'new' })
  }

  /** The worker that carried our media died; the server answers for new transports as soon as another has the room. */
  #renewMedia(before: Session): void {
    const session = before.renew()
    this.#follow({ restoring: true }, session)
    this.#onTracks(session)
    const done = () => {
      if (this.#session === session) this.#state.patch({ restoring: false })
    }
    session.opened.then(done, done)
  }

  async #enterAgain(signaling: Signaling): Promise<void> {
    const wanted = () => !this.#lifetime.ended && this.#state.get().phase === 'reconnecting'
    const outcome = await enterAgain(() => this.#enter(signaling), wanted)
    if (outcome === 'entered') this.say('Reconnected')
    else if (outcome) this.#finish(outcome)
  }

  #hear(notification: Notification): void {
    const session = this.#session
    const { me, phase, lobby } = this.#state.get()
    if (notification.type === 'token:expiring') this.#entry.renewToken(this.#choice.displayName)
    else if (notification.type === 'token:ended') this.#finish('expired')
    else if (notification.type === 'session:replaced') this.#finish('elsewhere')
    else if (phase === 'waiting' && lobby) this.#hearInLobby(lobby, notification)
    else if (!session || me === undefined) {
      this.#early.push(notification)
    } else this.#hearInRoom(notification, session, me)
  }

  #hearInRoom(notification: Notification, session: Session, me: string): void {
    if (notification.type === 'room:closed') this.#finish(closingOf(notification.data.reason))
    else if (notification.type === 'participant:left' && notification.data.participant_id === me) {
      this.#finish(departureOf(notification.data.reason))
    } else {
      const text = heed(notification, session, me, this)
      if (notification.type === 'reaction:sent') {
        this.gestures.reactions.add(notification.data.participant_id, notification.data.reaction)
      }
      session.apply(notification)
      this.chat.hear(notification)
      this.polls.hear(notification)
      if (notification.type === 'media:reset') this.#renewMedia(session)
      if (text) this.say(text)
    }
  }

  #onTracks(session: Session): void {
    if (this.#session !== session) return
    const tracks = session.subscriber.tracks.get()
    this.#tracks.set(tracks)
    this.playback.follow(tracks)
    this.#firstFrames.keep(tracks)
  }

  #onMedia(media: MediaConnection): void {
    const failed = media === 'failed' && this.#state.get().reportId === undefined
    this.#state.patch(failed ? { media, reportId: reportId() } : { media })
  }

  #onMediaError(source: Source, error: unknown): void {
    const { code } = CodedError.of(error)
    // While the connection or the server's worker is away everything fails, and the banner already says so.
    if (code === 'DISCONNECTED' || code === 'UNAVAILABLE') return
    if (source === 'screen' || source === 'screen_audio') {
      if (!this.screen.stream.get()) return
      this.screen.stop()
    } else if (code === 'ACCESS_DENIED') void this.media[source].set(false)
    this.warn(mediaWords(source, code))
  }

  #listenWhoSpeaks(): void {
    const { me, phase } = this.#state.get()
    if (me === undefined || phase !== 'joined') return
    if (this.media.camera.state.get().track || this.speaking.get().has(me)) this.presence.keep()
    this.#speakers.look(me, this.media, this.#tracks.get().values())
    this.gestures.noteSpeech(this.speaking.get().has(me), performance.now())
  }

  #finish(ending: Ending): void {
    if (this.#state.get().phase === 'ended') return
    this.#state.patch({ phase: 'ended', ending })
    this.#lifetime.end()
  }
}
