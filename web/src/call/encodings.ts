/**
 * Sends the layers somebody watches and no others (dynacast). A sender with one encoding sends it as long as any layer of it
 * is wanted. Does nothing when it is so already.
 */
export async function sendOnly(sender: RTCRtpSender, wanted: readonly boolean[]): Promise<void> {
  const parameters = sender.getParameters()
  const single = parameters.encodings.length === 1
  const changed = parameters.encodings.filter((encoding, layer) => {
    const active = single ? wanted.includes(true) : (wanted[layer] ?? true)
    const before = encoding.active
    encoding.active = active
    return before !== active
  })
  if (changed.length > 0) await sender.setParameters(parameters)
}
