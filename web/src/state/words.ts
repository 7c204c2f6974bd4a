import type { MediaProblem } from '../call/devices'
import type { CodedError, ErrorCode } from '../protocol/errors'
import type { Source } from '../protocol/messages'
import { type Ending, isServerFull } from './call-state'

export interface Words {
  readonly title: string
  readonly text: string
}

/** How a refused join is met: shown in place, with a password to fill in, or as a screen of its own. */
export type RefusalKind = 'inline' | 'password' | 'screen'

const refusals: Readonly<Record<ErrorCode, Words & { kind: RefusalKind }>> = {
  NOT_FOUND: {
    kind: 'screen',
    title: 'There is no such meeting',
    text: 'Check the link or the code you were given. The meeting may also have been deleted.',
  },
  CAPACITY_EXCEEDED: {
    kind: 'screen',
    title: 'This meeting is full',
    text: 'Everybody it has room for is already here. Try again when somebody has left.',
  },
  ACCESS_DENIED: {
    kind: 'screen',
    title: 'You cannot enter this meeting',
    text: 'It is not open to guests, or your invitation is for another meeting. Ask the host for a link.',
  },
  UNAUTHORIZED: {
    kind: 'screen',
    title: 'Your sign-in has expired',
    text: 'Open the link you were invited with again to get a fresh one.',
  },
  CONFLICT: {
    kind: 'inline',
    title: 'You are already in this meeting',
    text: 'It is open in another tab or on another device. Leave there first, then join here.',
  },
  RATE_LIMITED: {
    kind: 'inline',
    title: 'One moment',
    text: 'There were too many attempts in a short time. Wait a little, then try again.',
  },
  UNAVAILABLE: {
    kind: 'inline',
    title: 'The server is busy',
    text: 'It cannot take anybody in right now. Try again in a moment.',
  },
  VALIDATION: {
    kind: 'inline',
    title: 'Something in the form is not right',
    text: 'Check your name; it may be too long or empty.',
  },
  WEBRTC_TRANSPORT_ERROR: {
    kind: 'inline',
    title: 'This browser could not start the call',
    text: 'Use a current version of Chrome, Edge, Firefox or Safari.',
  },
  INTERNAL: {
    kind: 'inline',
    title: 'Something went wrong on the server',
    text: 'It was not your fault. Try again; if it stays, tell whoever runs this server.',
  },
  TIMEOUT: {
    kind: 'inline',
    title: 'The server did not answer in time',
    text: 'Check your connection and try again.',
  },
  DISCONNECTED: {
    kind: 'inline',
    title: 'The connection was lost',
    text: 'Check your connection and try again.',
  },
  UNREACHABLE: {
    kind: 'inline',
    title: 'The server cannot be reached',
    text: 'Check that you are online. If other pages load, the server may be down for a moment.',
  },
}

export function refusalWords(error: CodedError): Words & { kind: RefusalKind } {
  if (asksForPassword(error)) {
    return {
      kind: 'password',
      title: 'This meeting has a password',
      text: 'Whoever invited you can tell it to you.',
    }
  }
  if (error.code === 'ACCESS_DENIED' && /\blocked\b/i.test(error.message)) return locked
  if (error.code === 'ACCESS_DENIED' && /\bblocked\b/i.test(error.message)) return blocked
  if (isServerFull(error)) return serverFull
  if (error.code === 'CAPACITY_EXCEEDED' && /wait/i.test(error.message)) return lobbyFull
  return refusals[error.code]
}

const locked: Words & { kind: RefusalKind } = {
  kind: 'inline',
  title: 'This meeting is locked',
  text: 'Its host lets nobody else in at the moment. Ask them to unlock it, then try again.',
}
const blocked: Words & { kind: RefusalKind } = {
  kind: 'screen',
  title: 'You cannot enter this meeting',
  text: 'A host has blocked you from it.',
}
const serverFull: Words & { kind: RefusalKind } = {
  kind: 'screen',
  title: 'This server is full',
  text: 'It holds as many meetings as it can. Try again when another one has ended.',
}
const lobbyFull: Words & { kind: RefusalKind } = {
  kind: 'inline',
  title: 'Too many people are waiting',
  text: 'As many as can be are waiting to be let in. Try again in a moment.',
}

/** A wrong and a missing password are refused with the same code as other access; the message tells them apart. */
function asksForPassword(error: CodedError): boolean {
  return error.code === 'ACCESS_DENIED' && /password/i.test(error.message)
}

/** For the home page, where the same codes speak of something else. */
export function creationWords(error: CodedError): string {
  if (error.code === 'ACCESS_DENIED' || error.code === 'UNAUTHORIZED') {
    return 'On this server only people with an account can start meetings. You can still join one.'
  }
  if (error.code === 'VALIDATION') return 'The server did not accept that name. Try a shorter one.'
  const { title, text } = refusals[error.code]
  return `${title}. ${text}`
}

const endings: Readonly<Record<Ending, Words>> = {
  left: { title: 'You left the meeting', text: 'It goes on without you, and you can come back any time.' },
  closed: { title: 'The meeting has ended', text: 'The host closed it for everybody.' },
  interrupted: {
    title: 'The call was interrupted',
    text: 'The server had to stop it. The meeting itself is still there: join again in a moment.',
  },
  removed: { title: 'You were removed from the meeting', text: 'A host asked you to leave.' },
  blocked: { title: 'You were removed from the meeting', text: 'A host asked you to leave, and not to come back.' },
  denied: { title: 'You were not let in', text: 'A host of this meeting said no for now.' },
  unanswered: { title: 'Nobody let you in', text: 'No host answered in time. You can ask again.' },
  elsewhere: {
    title: 'You joined from somewhere else',
    text: 'The call goes on in the other tab or device, and stopped here.',
  },
  expired: { title: 'Your sign-in has expired', text: 'Open the link you were invited with to join again.' },
  unreachable: {
    title: 'The connection is gone',
    text: 'We kept trying to reach the server for a while. Check that you are online, then join again.',
  },
  media: {
    title: 'Sound and picture could not get through',
    text: 'The server answers, but your network blocks media. A firewall or VPN is the usual reason; another network often works.',
  },
  gone: { title: 'The meeting is not there any more', text: 'It ended or was deleted while you were away.' },
  'server-full': {
    title: 'The server is full',
    text: 'It took other meetings in while you were away. Try again when one of them has ended.',
  },
  full: { title: 'The meeting filled up', text: 'Your place was taken while you were away.' },
  refused: { title: 'The server ended the call', text: 'You can try to join again.' },
}

export function endingWords(ending: Ending): Words {
  return endings[ending]
}

/** Endings after which going back makes no sense, or would repeat itself. */
export function canRejoin(ending: Ending): boolean {
  return ending !== 'closed' && ending !== 'gone' && ending !== 'removed' && ending !== 'blocked'
}

const devices: Readonly<Record<'microphone' | 'camera', Readonly<Record<MediaProblem, Words>>>> = {
  camera: {
    refused: {
      title: 'Your camera is blocked',
      text: 'Click the camera or lock icon beside the address, allow the camera for this page, then switch it on here.',
    },
    missing: { title: 'No camera found', text: 'Plug one in and it will appear here. You can join without a camera.' },
    'in-use': {
      title: 'Your camera is in use',
      text: 'Another program holds it. Close that program, then switch it on again.',
    },
    insecure: {
      title: 'No camera on this address',
      text: 'Browsers allow cameras only on https:// pages and on localhost. Open this meeting over https.',
    },
    failed: { title: 'Your camera did not start', text: 'Switch it on again, or choose another one.' },
  },
  microphone: {
    refused: {
      title: 'Your microphone is blocked',
      text: 'Click the microphone or lock icon beside the address, allow it for this page, then switch it on here.',
    },
    missing: { title: 'No microphone found', text: 'Plug one in and it will appear here. You can join and listen.' },
    'in-use': {
      title: 'Your microphone is in use',
      text: 'Another program holds it. Close that program, then switch it on again.',
    },
    insecure: {
      title: 'No microphone on this address',
      text: 'Browsers allow microphones only on https:// pages and on localhost. Open this meeting over https.',
    },
    failed: { title: 'Your microphone did not start', text: 'Switch it on again, or choose another one.' },
  },
}

export function deviceWords(device: 'microphone' | 'camera', problem: MediaProblem): Words {
  return devices[device][problem]
}

/** Why something of ours could not be sent, or something of others not be had. */
export function mediaWords(source: Source, code: ErrorCode): string {
  const denied = code === 'ACCESS_DENIED'
  if (source === 'camera') {
    return denied ? 'A host has to let you show yourself here.' : 'A picture could not be sent or shown.'
  }
  if (source === 'microphone') {
    return denied ? 'A host has to let you speak here.' : 'Sound could not be sent or heard.'
  }
  return denied ? 'You are not allowed to share your screen here.' : 'Your screen could not be shared.'
}
