// The board: cards go to another stage by mouse, touch and keyboard; a drop asks the gate, and what others do
// arrives by itself. <app-board> wraps the switcher of stages, #board with its columns, and the drop zones.
import Sortable from "sortablejs"
import { arrive, bringBack, cardOf, cardsIn, idOf, insert, neighbour, placeOf, stageOf } from "app/board_cards"
import { Picks } from "app/board_picks"
import { restore } from "app/keep"
import { pressing } from "app/live"
import { chooseStage } from "app/stage_chooser"
import { toast } from "app/toasts"

const PAUSE = 1000 // milliseconds between two re-readings of what others changed
const CALM = 250 // milliseconds in which several changes become one re-reading
const AGED = 600_000 // milliseconds after which clocks and figures are read anew though nobody changed a thing
const MOST = 100 // changed cards; more are read as a whole board
const OTHER = "other" // instead of a stage: into another funnel
const FIRST = 25 // cards of a column at the first opening
const still = matchMedia("(prefers-reduced-motion: reduce)")

const dialog = () => document.getElementById("dialog-frame")

class AppBoard extends HTMLElement {
  #board = this.querySelector("#board")
  #leaving = new AbortController()
  #sortables = []
  #changed = new Set() // ids that somebody changed
  #held = new Set() // ids on their way through the gate: not to be touched
  #moved = new Set() // ids that the server has moved
  #whole = false // read the whole board anew
  #timer
  #readAt = 0
  #current // the card that keys act on
  #home // where the dragged card came from
  #picks = this.querySelector(".bulk-bar") && new Picks(this.#board, this.querySelector(".bulk-bar"))

  connectedCallback() {
    const { signal } = this.#leaving
    const hear = (name, act) => document.addEventListener(name, event => act(event.detail, event), { signal })
    hear("live:change", change => this.#heard(change))
    hear("item:moved", ({ id }) => { this.#moved.add(String(id)); this.#read([id]) })
    hear("item:created", ({ id }) => this.#read([id]))
    hear("item:deleted", ({ id }) => this.#read([id]))
    hear("list:changed", () => this.#acted()) // a bulk action, or its way back
    hear("keydown", (_, event) => this.#key(event))
    hear("visibilitychange", () => this.#soon())
    this.addEventListener("live", () => { this.#whole = true; this.#soon() }, { signal }) // after an outage
    this.addEventListener("click", event => this.#click(event), { signal })
    this.addEventListener("focusin", ({ target }) => { this.#current = target.closest(".board-card") ?? this.#current }, { signal })
    this.#board.addEventListener("scroll", () => requestAnimationFrame(() => this.#where()), { signal, passive: true })
    addEventListener("pagehide", () => this.#keep(), { signal })
    this.#head(this.querySelector("template[data-critical]").content.firstElementChild.cloneNode(true))
    this.#prepare()
    this.#resume()
    this.#where()
    const ageing = setInterval(() => { this.#whole = true; this.#soon() }, AGED)
    signal.addEventListener("abort", () => clearInterval(ageing))
  }

  disconnectedCallback() {
    this.#leaving.abort()
    clearTimeout(this.#timer)
    for (const sortable of this.#sortables) sortable.destroy()
  }

  // -- dragging -------------------------------------------------------------------------------

  #prepare() {
    for (const sortable of this.#sortables) sortable.destroy()
    const common = {
      group: "board",
      sort: false,
      draggable: ".board-card:not(.fixed)",
      filter: ".fixed, .card-move",
      preventOnFilter: false,
      delay: 180,
      delayOnTouchOnly: true,
      touchStartThreshold: 6,
      forceFallback: true,
      fallbackOnBody: true,
      fallbackTolerance: 5,
      scrollSensitivity: 70,
      scrollSpeed: 16,
      animation: still.matches ? 0 : 140,
      ghostClass: "ghost",
      chosenClass: "lifted",
      dragClass: "dragging",
      onStart: event => this.#lift(event.item),
      onMove: event => this.#over(event.to),
      onEnd: event => this.#drop(event.item, event.to),
    }
    const lists = [...this.#board.querySelectorAll(".column-body"), ...this.querySelectorAll(".drop-zone")]
    this.#sortables = lists.map(list => Sortable.create(list, common))
  }

  #lift(card) {
    this.#home = placeOf(card)
    document.body.classList.add("is-dragging")
    const next = this.#next(card)
    for (const zone of this.querySelectorAll(".drop-zone.next")) {
      zone.hidden = !next || next.dataset.kind !== "open"
      if (next) zone.dataset.stage = next.dataset.stage
      if (next) zone.querySelector("span").textContent = next.getAttribute("aria-label")
    }
    for (const zone of this.querySelectorAll(".drop-zone.other")) zone.hidden = this.#picks?.size > 1 && this.#picks.has(card)
    for (const column of this.#columns()) column.classList.toggle("refuses", this.#refuses(card, column))
  }

  #over(list) {
    for (const column of this.#board.querySelectorAll(".column.over")) column.classList.remove("over")
    const column = list.closest(".column")
    if (column?.classList.contains("refuses")) return false
    if (column !== this.#home.list.closest(".column")) column?.classList.add("over")
    return true
  }

  #drop(card, list) {
    document.body.classList.remove("is-dragging")
    for (const column of this.#columns()) column.classList.remove("over", "refuses")
    const home = this.#home
    const { stage } = list.dataset
    if (list === home.list || stage === stageOf(card)) return bringBack(card, home)
    if (this.#picks?.size > 1 && this.#picks.has(card) && stage !== OTHER) {
      bringBack(card, home)
      return this.#picks.move(stage)
    }
    this.#send(card, stage, home)
  }

  /** A way back, where the funnel goes forward only and the person may not correct. */
  #refuses(card, column) {
    if (!("forwardOnly" in this.dataset)) return false
    const columns = this.#columns()
    return column.dataset.kind === "open" && columns.indexOf(column) < columns.indexOf(this.#column(stageOf(card)))
  }

  // -- moving ---------------------------------------------------------------------------------

  /** Move a card as keys and the chooser do. */
  #move(card, stage) {
    if (!card || stage === stageOf(card)) return
    if (card.classList.contains("fixed")) return toast({ kind: "warning", text: this.#word("fixed") })
    this.#send(card, stage, placeOf(card))
  }

  /** Show the card at its new place at once and ask the gate; put it back when the gate stays closed. */
  async #send(card, stage, home) {
    const id = idOf(card)
    const seen = stageOf(card)
    const focused = card.contains(document.activeElement)
    this.#held.add(id)
    this.#moved.delete(id)
    const was = card.dataset.at
    const column = this.#column(stage)
    if (column && !column.classList.contains("column-folded")) {
      arrive(card, column)
      insert(card, column)
      if (focused) this.#focus(card)
    }
    card.classList.add("sending")
    const [verb, url] = stage === OTHER ? ["GET", this.dataset.sendUrl] : ["POST", this.dataset.moveUrl]
    await htmx.ajax(verb, url.replace(/0$/, id), { source: card, target: card, swap: "none", values: { stage, seen } })
      .catch(() => {})
    if (!this.#moved.has(id)) await this.#answered()
    card.classList.remove("sending")
    this.#held.delete(id)
    if (!this.#moved.delete(id)) {
      card.dataset.at = was
      bringBack(card, home)
      if (focused) this.#focus(card)
    }
    this.#soon()
  }

  /** Wait until the dialog that asks for what is missing is closed. */
  async #answered() {
    await new Promise(done => setTimeout(done))
    if (dialog().open) await new Promise(done => dialog().addEventListener("close", done, { once: true }))
  }

  #choose(card) {
    const here = stageOf(card)
    const stages = this.#columns().map(column => ({
      id: column.dataset.stage, name: column.getAttribute("aria-label"),
      color: [...column.classList].find(name => name.startsWith("c-")),
      here: column.dataset.stage === here, closed: this.#refuses(card, column),
    }))
    chooseStage(card.querySelector(".title").textContent, stages, {
      word: name => this.#word(name),
      other: this.querySelector(".drop-zone.other") && OTHER,
      chosen: stage => this.#chosen(idOf(card), stage),
      several: this.#picks && (() => this.#picks.toggle(cardOf(idOf(card)))),
    })
  }

  /** The card may have been read anew under the chooser: the one that is there now is moved and keeps the focus. */
  #chosen(id, stage) {
    dialog().close()
    this.#focus(cardOf(id))
    this.#move(cardOf(id), stage)
  }

  // -- keys and clicks ------------------------------------------------------------------------

  #key(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return
    const side = { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key] ?? 0
    const active = document.activeElement
    const form = event.key === "Escape" && active.closest(".quick-form")
    if (form) return this.#quick(form.parentElement, false)
    if (event.key === "Escape" && this.#picks?.size) return this.#picks.clear()
    if (!side && !step) return
    if (active !== document.body && !this.#board.contains(active)) return
    if (active.matches("input, textarea, select")) return
    const card = active.closest(".board-card") ?? (this.#current?.isConnected ? this.#current : null)
    event.preventDefault()
    if (!card) return this.#focus(this.#board.querySelector(".board-card"))
    if (event.shiftKey && side) return this.#move(card, this.#next(card, side)?.dataset.stage ?? stageOf(card))
    if (step) return this.#focus(neighbour(card, step))
    const columns = this.#columns().filter(column => column.querySelector(".board-card"))
    const column = columns[columns.indexOf(card.closest(".column")) + side]
    const row = cardsIn(card.parentElement).indexOf(card)
    const cards = column ? cardsIn(column) : []
    this.#focus(cards[Math.min(row, cards.length - 1)])
  }

  #focus(card) {
    card?.querySelector(".title").focus({ preventScroll: true })
    card?.scrollIntoView({ block: "nearest", inline: "nearest" })
  }

  #click(event) {
    if (this.#picks?.clicked(event)) return
    const quick = event.target.closest("[data-quick]")
    if (quick) return this.#quick(quick.closest(".quick"), quick.dataset.quick === "open")
    const mover = event.target.closest(".card-move")
    if (mover) return this.#choose(mover.closest(".board-card"))
    const fold = event.target.closest("[data-fold]")
    if (fold) return this.#unfold(fold.closest(".column"))
    const chip = event.target.closest(".stage-switcher [data-to]")
    if (chip) return this.#show(this.#column(chip.dataset.to))
    const wanted = event.target.closest("[data-do]")?.dataset.do
    if (!wanted) return
    const card = this.#current?.isConnected ? cardOf(idOf(this.#current)) : null
    if (!card) return toast({ kind: "info", text: this.#word("choose") })
    if (wanted === "pick") return this.#picks.toggle(card)
    if (card.classList.contains("fixed")) return toast({ kind: "warning", text: this.#word("fixed") })
    this.#choose(card)
  }

  /** After a bulk action its cards are read anew, and none is picked. */
  #acted() {
    for (const id of this.#picks?.ids ?? []) this.#changed.add(id)
    this.#picks?.clear()
    this.#whole = true
    this.#soon()
  }

  /** Open or close the short form of a new card; at once, so that no letter typed after the click is lost. */
  #quick(box, open) {
    const [button, form] = box.children
    button.hidden = open
    form.hidden = !open
    if (open) form.querySelector("[name=f-title]").focus()
    else button.focus()
  }

  #unfold(column, open = column.classList.contains("column-folded")) {
    column.classList.toggle("column-folded", !open)
    column.querySelector("[data-fold]").setAttribute("aria-expanded", open)
    const list = column.querySelector(".column-body")
    if (open && !list.childElementCount) htmx.trigger(list, "unfold")
  }

  #show(column) {
    if (column.classList.contains("column-folded")) this.#unfold(column)
    column.scrollIntoView({ inline: "start", block: "nearest", behavior: still.matches ? "instant" : "smooth" })
  }

  /** Mark the stage that a phone shows. */
  #where() {
    const switcher = this.querySelector(".stage-switcher")
    if (!switcher.checkVisibility()) return
    const edge = this.#board.getBoundingClientRect().left
    const distance = column => Math.abs(column.getBoundingClientRect().left - edge)
    const shown = this.#columns().reduce((a, b) => (distance(b) < distance(a) ? b : a))
    for (const chip of switcher.children) {
      const current = chip.dataset.to === shown.dataset.stage
      if (current === chip.hasAttribute("aria-current")) continue
      chip.toggleAttribute("aria-current", current)
      if (current) switcher.scrollTo({ left: chip.offsetLeft - 12 })
    }
  }

  // -- what others do -------------------------------------------------------------------------

  #heard({ v: verb, s: subject, i: id, p: pipeline }) {
    const here = this.dataset.pipeline
    if (subject === "item" && (String(pipeline) === here || cardOf(id))) this.#changed.add(String(id))
    else if ((subject === "pipeline" && String(id) === here) || (subject === "stage" && String(pipeline ?? here) === here)) this.#whole = true
    else return
    if (verb !== "item.watched") this.#soon()
  }

  #soon() {
    clearTimeout(this.#timer)
    if (document.hidden || !(this.#changed.size || this.#whole)) return
    this.#timer = setTimeout(() => this.#flush(), Math.max(CALM, this.#readAt + PAUSE - Date.now()))
  }

  #flush() {
    if (document.body.classList.contains("is-dragging") || pressing()) return this.#soon()
    const typing = this.#board.querySelector("input:focus, .quick-form:not([hidden])")
    const ids = [...this.#changed].filter(id => !this.#held.has(id))
    if (!typing && (this.#whole || ids.length > MOST)) return this.#refresh()
    const now = ids.slice(0, MOST)
    for (const id of now) this.#changed.delete(id)
    if (now.length) this.#read(now, { arrived: true })
    if (this.#whole || ids.length > MOST) this.#soon() // the rest, when nobody types
  }

  /** Read cards and all heads as they are now; a card that does not come back has left this board. */
  async #read(ids, { arrived = false } = {}) {
    this.#readAt = Date.now()
    const address = new URL(this.dataset.changesUrl, location.href)
    for (const id of ids) address.searchParams.append("id", id)
    const box = document.createElement("template")
    try {
      const answer = await fetch(address, { headers: { "HX-Request": "true" } })
      if (!answer.ok) return
      box.innerHTML = await answer.text()
    } catch {
      return
    }
    if (arrived && pressing()) { // under a finger nothing is put elsewhere
      for (const id of ids) this.#changed.add(String(id))
      return this.#soon()
    }
    for (const head of box.content.querySelectorAll("[id^='head-'], #board-critical")) this.#head(head)
    for (const id of ids) this.#put(String(id), box.content.getElementById(`item-${id}`), arrived)
    this.#picks?.dress()
  }

  #head(head) {
    const old = document.getElementById(head.id)
    if (!old) return
    if (old.hasAttribute("aria-expanded")) head.setAttribute("aria-expanded", old.getAttribute("aria-expanded"))
    const focused = old === document.activeElement
    old.replaceWith(head)
    if (focused) head.focus()
    const count = this.querySelector(`[data-count-of="${head.id.slice("head-".length)}"]`)
    if (count) count.textContent = head.dataset.count
  }

  #put(id, card, arrived) {
    const old = cardOf(id)
    const column = card && this.#column(stageOf(card))
    if (this.#held.has(id)) return
    if (!column || column.classList.contains("column-folded")) return old?.remove()
    const focused = old?.contains(document.activeElement)
    const moved = old?.closest(".column") !== column
    if (old && !moved && old.dataset.at === card.dataset.at) old.replaceWith(card)
    else {
      old?.remove()
      if (!insert(card, column)) return
    }
    if (this.#current === old) this.#current = card
    if (focused) this.#focus(card)
    if (arrived && moved) card.classList.add("arrived")
    htmx.process(card)
  }

  /** Read the whole board anew: after an outage, a change of the funnel, or very many changes. */
  async #refresh() {
    this.#readAt = Date.now()
    this.#whole = false
    this.#changed.clear()
    const address = new URL(location.href)
    const loaded = this.#columns().map(column => cardsIn(column).length)
    address.searchParams.set("size", Math.max(FIRST, ...loaded))
    const open = this.#open()
    await htmx.ajax("GET", address.pathname + address.search, { source: this.#board, target: this.#board, swap: "morph:innerHTML" }).catch(() => {})
    for (const stage of open) this.#unfold(this.#column(stage), true)
    this.#prepare()
    this.#picks?.dress()
  }

  // -- going away and coming back -------------------------------------------------------------

  #keep() {
    const loaded = {}
    for (const column of this.#columns()) {
      const count = cardsIn(column).length
      if (count > FIRST) loaded[column.dataset.stage] = count
    }
    sessionStorage.setItem(`board:${location.pathname}`, JSON.stringify({ loaded, open: this.#open() }))
  }

  /** Load as much of the columns as was loaded before, then scroll to where the person was. */
  async #resume() {
    const { loaded = {}, open = [] } = JSON.parse(sessionStorage.getItem(`board:${location.pathname}`) ?? "{}")
    for (const stage of open) {
      const column = this.#column(stage)
      if (column) this.#unfold(column, true)
    }
    await Promise.all(Object.entries(loaded).map(async ([stage, count]) => {
      const list = this.#column(stage)?.querySelector(".column-body")
      const more = list?.querySelector(".column-more")
      if (!more) return
      const address = new URL(more.getAttribute("hx-get"), location.href)
      address.searchParams.set("size", Math.max(1, count - FIRST))
      await htmx.ajax("GET", address.pathname + address.search, { source: more, target: more, swap: "outerHTML" }).catch(() => {})
      restore(list.parentElement)
    }))
  }

  #open() {
    return this.#columns().filter(c => c.dataset.kind !== "open" && !c.classList.contains("column-folded")).map(c => c.dataset.stage)
  }

  // -- small things ---------------------------------------------------------------------------

  #columns() {
    return [...this.#board.querySelectorAll(":scope > .column")]
  }

  #column(stage) {
    return document.getElementById(`column-${stage}`)
  }

  /** The column before or after a card's; after the last one of work comes success. */
  #next(card, side = 1) {
    const columns = this.#columns().filter(column => column.dataset.kind !== "lost")
    return columns[columns.indexOf(this.#column(stageOf(card))) + side]
  }

  #word(name) {
    return this.querySelector("template[data-words]").content.querySelector(`[data-word="${name}"]`).textContent
  }
}
customElements.define("app-board", AppBoard)
