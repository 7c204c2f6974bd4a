import { useEffect, useMemo, useState } from 'react'
import type { Services } from '../app'
import type { Call } from '../call/call'
import { REACTION_KEYS } from '../call/reactions'
import type { Reporter } from '../call/report'
import type { Layout } from '../state/preferences'
import { ACTIONS, keysOf } from '../state/shortcuts'
import { featuredOf, floorOf, screensOf, type Tile, tilesOf } from '../state/tiles'
import { CallBanners } from '../ui/CallBanners'
import { type CallActions, ControlBar } from '../ui/ControlBar'
import { toggleFullScreen } from '../ui/MoreMenu'
import { Notices } from '../ui/Notices'
import { ReconnectCard } from '../ui/ReconnectCard'
import { type PanelName, SidePanel } from '../ui/SidePanel'
import { Stage } from '../ui/Stage'
import { useDoorChime } from '../ui/useDoorChime'
import { usePushToTalk } from '../ui/usePushToTalk'
import { useShortcuts } from '../ui/useShortcuts'
import { useStore } from '../ui/useStore'

export function CallPage({ call, reporter, services }: { call: Call; reporter: Reporter; services: Services }) {
  const { roster, me, meeting } = useStore(call.state)
  const microphone = useStore(call.media.microphone.state)
  const camera = useStore(call.media.camera.state)
  const [panel, setPanel] = useState<PanelName>()
  const actions = useActions(call, services, setPanel)
  const own = useMemo(
    () => ({
      microphone: microphone.on && microphone.track !== undefined,
      camera: camera.on && camera.track !== undefined,
    }),
    [microphone, camera],
  )
  const pinned = useStore(call.pins.pinned)
  const tiles = useMemo(() => tilesOf(roster, me, own, pinned), [roster, me, own, pinned])
  const featured = useFeatured(tiles, pinned, roster.spotlight, useStore(services.preferences).layout)
  const screens = useMemo(() => screensOf(roster, me).filter((screen) => !screen.isMe), [roster, me])
  useEffect(() => {
    document.title = `${meeting?.title ?? 'Meeting'} · Folkmoot`
  }, [meeting])
  const { silenced } = useStore(services.preferences)
  useEffect(() => {
    call.silenced = silenced
  }, [call, silenced])
  useCallShortcuts(actions)
  usePinKeys(call, tiles)
  usePushToTalk(call)
  useDoorChime(roster.waiting.length, useStore(services.preferences).doorChime)
  return (
    <div className="call" data-testid="call">
      <h1 className="visually-hidden">{meeting?.title ?? 'Meeting'}</h1>
      <CallBanners call={call} onShowPeople={actions.showPeople} />
      <div className="call-body">
        <Stage call={call} tiles={tiles} featured={featured} screens={screens} onCopyLink={actions.copyLink} />
        {panel && (
          <SidePanel
            name={panel}
            call={call}
            reporter={reporter}
            services={services}
            tiles={tiles}
            onShow={setPanel}
            onClose={() => setPanel(undefined)}
          />
        )}
      </div>
      <ReconnectCard call={call} />
      <Notices notices={call.notices} />
      <ControlBar call={call} services={services} actions={actions} panel={panel} people={tiles.length} own={own} />
    </div>
  )
}

/** Whom hosts and oneself put there, else in the speaker's layout who has the floor; a floor that is free stays with the last. */
function useFeatured(
  tiles: readonly Tile[],
  pinned: readonly string[],
  spotlight: readonly string[],
  layout: Layout,
): readonly Tile[] {
  const [before, setBefore] = useState<string>()
  const floor = layout === 'speaker' ? floorOf(tiles, before) : undefined
  if (floor !== before) setBefore(floor)
  return useMemo(() => {
    const chosen = featuredOf(tiles, pinned, spotlight)
    return chosen.length > 0 || floor === undefined ? chosen : featuredOf(tiles, [floor], [])
  }, [tiles, pinned, spotlight, floor])
}

function useActions(
  call: Call,
  services: Services,
  setPanel: (change: (panel: PanelName | undefined) => PanelName | undefined) => void,
): CallActions {
  return useMemo(() => {
    const { microphone, camera } = call.media
    return {
      // What is remembered for the next meeting is chosen in the green room, not by a mute in the middle of a call.
      toggleMicrophone: () => void microphone.set(!microphone.state.get().on),
      toggleCamera: () => void camera.set(!camera.state.get().on),
      toggleScreen: () => void call.toggleScreen(),
      toggleHand: () => {
        const { roster, me } = call.state.get()
        call.gestures.raiseHand(!roster.people.some((person) => person.id === me && person.hand))
      },
      react: (reaction) => call.gestures.react(reaction),
      togglePanel: (name) => setPanel((open) => (open === name ? undefined : name)),
      showPeople: () => setPanel(() => 'people'),
      closePanel: () => setPanel(() => undefined),
      copyLink: () => {
        navigator.clipboard.writeText(location.href).then(
          () => call.say('Link copied: anybody who has it can join'),
          () => call.warn(`Copy it from here: ${location.href}`),
        )
      },
      toggleLayout: () =>
        services.preferences.update((p) => ({ ...p, layout: p.layout === 'grid' ? 'speaker' : 'grid' })),
      stepAway: () => {
        call.presence.stepAway()
        call.say('The others see that you are away')
      },
      leave: () => call.leave(),
      preferences: services.preferences,
    }
  }, [call, services, setPanel])
}

function useCallShortcuts(actions: CallActions): void {
  const { shortcuts: chosen } = useStore(actions.preferences)
  const acts: Readonly<Record<string, () => void>> = {
    microphone: actions.toggleMicrophone,
    camera: actions.toggleCamera,
    share: actions.toggleScreen,
    hand: actions.toggleHand,
    people: () => actions.togglePanel('people'),
    chat: () => actions.togglePanel('chat'),
    'full-screen': toggleFullScreen,
    layout: actions.toggleLayout,
    ...Object.fromEntries(REACTION_KEYS.map(([, reaction]) => [`react ${reaction}`, () => actions.react(reaction)])),
  }
  useShortcuts([
    ...ACTIONS.map((action) => ({ keys: keysOf(action, chosen), action: () => acts[action.name]?.() })),
    { keys: ['?'], action: () => actions.togglePanel('shortcuts') },
    { keys: ['escape'], action: actions.closePanel },
  ])
}

/** 1 to 9 pin a tile, as they stand, or let it go; 0 lets all go. */
function usePinKeys(call: Call, tiles: readonly Tile[]): void {
  const pins = tiles.slice(0, 9).map((tile, index) => ({
    keys: [String(index + 1)],
    action: () => call.pins.toggle(tile.id),
  }))
  useShortcuts([...pins, { keys: ['0'], action: () => call.pins.clear() }])
}
