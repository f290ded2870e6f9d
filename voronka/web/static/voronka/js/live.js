// Changes by others, as they happen. One tab holds the stream (a Web Lock chooses it) and tells the others.
// Messages carry ids only: {v: verb, s: subject type, i: its id, p: pipeline, o: owner}. An element that shows
// such a thing says so and re-reads itself with its own rights:
//   <div data-live="item:55" hx-get="/items/55/head" hx-trigger="live" hx-swap="morph">
//   data-live="pipeline:3", "client:7", "owner:12", or a bare subject type such as "import"; several by spaces.
const CALM = 250 // milliseconds in which several changes become one re-reading
const FIRST_PAUSE = 5000 // milliseconds before a refused stream is tried again
const LAST_PAUSE = 120_000
const url = document.body.dataset.liveUrl
const channel = "BroadcastChannel" in window ? new BroadcastChannel("voronka-live") : null
const RECENT = 60_000 // milliseconds in which an answer of the server may still be on its way
const AGAIN = 1500 // milliseconds until what could not be re-read is tried once more
const waiting = new Set()
const told = [] // the last changes that were shown: {at, change}
let unshown = [] // changes that wait for `flush`
let timer
let missed = false

function matches(element, { s, i, p, o }) {
  return element.dataset.live.split(" ").some(wanted => {
    const [kind, id] = wanted.split(":")
    if (id === undefined) return kind === s
    return (kind === s && id === String(i)) || (kind === "pipeline" && id === String(p)) || (kind === "owner" && id === String(o))
  })
}

/** Whether a finger or a mouse button is down: nothing may change under it, or the click and the drag are lost. */
export const pressing = () => pressed
let pressed = false
document.addEventListener("pointerdown", () => { pressed = true }, true)
for (const name of ["pointerup", "pointercancel", "touchend", "touchcancel", "dragend"])
  document.addEventListener(name, () => setTimeout(() => { pressed = false }), true) // after its click
document.addEventListener("pointermove", ({ buttons, pointerType }) => { // let go outside of the window
  if (pointerType === "mouse" && !buttons) pressed = false
}, { capture: true, passive: true })
addEventListener("blur", () => { pressed = false })

function flush() {
  timer = undefined
  if (document.hidden) return
  if (pressed) return queue([])
  const elements = [...waiting].filter(element => element.isConnected)
  waiting.clear()
  const at = performance.now()
  told.push(...unshown.map(change => ({ at, change })))
  unshown = []
  while (told.length && told[0].at < at - RECENT) told.shift()
  for (const element of elements) {
    htmx.trigger(element, "live")
    // somebody types in it, or a menu is open: its trigger refused
    if (element.hasAttribute("hx-get") && !underway.has(element)) setTimeout(() => queue([element]), AGAIN)
  }
}

function queue(elements) {
  for (const element of elements) waiting.add(element)
  if (waiting.size) timer ??= setTimeout(flush, CALM) // not put off by what follows: a busy team would never see it
}

function changed(change) {
  document.dispatchEvent(new CustomEvent("live:change", { detail: change }))
  unshown.push(change)
  queue(concerned([change]))
}

const concerned = changes => [...document.querySelectorAll("[data-live]")].filter(element => changes.some(change => matches(element, change)))

/** Show the discreet sign; after an outage everything that is alive re-reads itself. */
function connected(on) {
  document.querySelector(".live-state")?.classList.toggle("offline", !on)
  if (!on) missed = true
  else if (missed) {
    missed = false
    queue(document.querySelectorAll("[data-live]"))
  }
}

function heard({ kind, data }) {
  if (kind === "change") changed(data)
  else if (kind === "resync") queue(document.querySelectorAll("[data-live]"))
  else connected(data)
}
const tell = message => { heard(message); channel?.postMessage(message) }

/** Hold the stream until the tab goes away. A refused one is tried again, ever more slowly. */
function listen() {
  let stream
  let doubt
  let pause = FIRST_PAUSE
  let before = false // it was open before: what was said since it broke nobody has heard
  const open = () => {
    stream?.close()
    // what was changed since the page was asked for is told again: nothing falls between the two
    stream = new EventSource(`${url}?age=${Math.ceil(performance.now())}`)
    stream.onopen = () => {
      clearTimeout(doubt)
      pause = FIRST_PAUSE
      tell({ kind: "state", data: true })
      if (before) tell({ kind: "resync" })
      before = true
    }
    stream.addEventListener("change", ({ data }) => tell({ kind: "change", data: JSON.parse(data) }))
    stream.addEventListener("resync", () => tell({ kind: "resync" }))
    stream.onerror = () => {
      clearTimeout(doubt)
      doubt = setTimeout(() => tell({ kind: "state", data: stream.readyState === EventSource.OPEN }), 3000)
      if (stream.readyState !== EventSource.CLOSED) return
      setTimeout(open, pause)
      pause = Math.min(pause * 2, LAST_PAUSE)
    }
  }
  open()
  addEventListener("pagehide", () => stream.close())
  addEventListener("pageshow", event => { if (event.persisted) open() })
  return new Promise(() => {}) // the lock stays with this tab
}

if (url) {
  if (channel) channel.onmessage = ({ data }) => heard(data)
  if (navigator.locks && channel) navigator.locks.request("voronka-live", listen)
  else listen()
  document.addEventListener("visibilitychange", flush)
  addEventListener("offline", () => connected(false))
  addEventListener("online", () => connected(true))
  addEventListener("pageshow", event => { if (event.persisted) queue(document.querySelectorAll("[data-live]")) })
}

// A re-reading that is asked for while another is under way follows it. htmx would queue it and then forget the
// queue when the first answer is morphed in: a thing switched in that moment would look as if the click was lost.
const underway = new WeakSet()
const sent = new WeakMap() // request -> when
const next = new WeakMap()
const alive = ({ detail: { elt } }) => elt.dataset?.live !== undefined
document.addEventListener("htmx:confirm", event => {
  const { elt, issueRequest } = event.detail
  if (!alive(event) || !underway.has(elt)) return
  event.preventDefault()
  next.set(elt, issueRequest)
})
document.addEventListener("htmx:beforeSwap", event => { // what comes while a button is down is read once more after it
  if (!alive(event) || !pressed || event.detail.target !== event.detail.elt) return
  event.detail.shouldSwap = false
  queue([event.detail.elt])
})
document.addEventListener("htmx:beforeSend", event => {
  sent.set(event.detail.xhr, performance.now())
  if (alive(event)) underway.add(event.detail.elt)
})
document.addEventListener("htmx:afterRequest", event => {
  const { elt, xhr } = event.detail
  // what was shown while an answer was on its way may be newer than the answer that has just replaced it
  if (!alive(event)) queue(concerned(told.filter(({ at }) => at > sent.get(xhr)).map(({ change }) => change)))
  const issue = next.get(elt)
  underway.delete(elt)
  next.delete(elt)
  if (issue) setTimeout(() => { if (elt.isConnected) issue(true) }) // after htmx has let go of the first
})
