import { NOTIFICATION_NAMES, type Notifications, type ProducerView, type Requests } from './messages.gen'

export type {
  BlockView,
  ChatMessageView,
  ChatPage,
  ConsumerCreated,
  DataConsumerClosed,
  DataProducerView,
  Features,
  LobbyWaiting,
  MeetingReminder,
  MeetingView,
  ParticipantView,
  PollAnswersListed,
  PollAnswerView,
  PollUpdated,
  PollView,
  ProducerView,
  Requests,
  Resumed,
  RoomJoined,
  WaitingView,
} from './messages.gen'

export type MediaKind = ProducerView['kind']
export type Source = ProducerView['source']

export type RequestName = keyof Requests
export type NotificationName = keyof Notifications

/** One notification as a value: a union closed by its `type`, so that a reducer that forgets one does not compile. */
export type Notification = { [N in NotificationName]: { type: N; data: Notifications[N] } }[NotificationName]

const names: ReadonlySet<string> = new Set(NOTIFICATION_NAMES)

export function isNotificationName(name: string): name is NotificationName {
  return names.has(name)
}

export function assertNever(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`)
}
