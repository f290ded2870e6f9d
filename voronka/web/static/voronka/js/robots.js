// Robots under the stages: dragged within a column and to another one; with Ctrl or Alt the robot is copied.
// Arrow keys on the grip put it up and down, and left and right to the next column; with Ctrl it is copied there.
import Sortable from "sortablejs"
import { step } from "app/rows"

class RobotBoard extends HTMLElement {
  #leaving = new AbortController()
  #bound = new Map()

  connectedCallback() {
    const { signal } = this.#leaving
    this.addEventListener("keydown", event => this.#pressed(event), { signal })
    this.addEventListener("click", event => this.#clicked(event), { signal })
    document.addEventListener("htmx:afterSettle", () => this.#bind(), { signal })
    this.#bind()
  }

  disconnectedCallback() {
    this.#leaving.abort()
    for (const sorted of this.#bound.values()) sorted.destroy()
  }

  #bind() {
    for (const [list, sorted] of this.#bound) if (!this.contains(list)) { sorted.destroy(); this.#bound.delete(list) }
    for (const list of this.querySelectorAll("[data-robots]")) {
      if (this.#bound.has(list)) continue
      this.#bound.set(list, Sortable.create(list, {
        group: "robots", draggable: "[data-robot]", filter: "summary, .menu-list, input, .form-check", preventOnFilter: false,
        animation: 140, ghostClass: "ghost", chosenClass: "lifted", dragClass: "dragging",
        delay: 180, delayOnTouchOnly: true, touchStartThreshold: 5, scrollSensitivity: 80, scrollSpeed: 16, emptyInsertThreshold: 40,
        onEnd: drop => this.#dropped(drop),
      }))
    }
  }

  #dropped({ item, from, to, oldDraggableIndex, newDraggableIndex, originalEvent }) {
    const copy = from !== to && (originalEvent?.ctrlKey || originalEvent?.altKey || originalEvent?.metaKey)
    if (from !== to || oldDraggableIndex !== newDraggableIndex) this.#send(item, to, copy)
  }

  #pressed(event) {
    const card = event.target.closest("[data-grip]")?.closest("[data-robot]")
    if (!card) return
    const side = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (side) this.#aside(event, card, side)
    else if (step(event, card)) this.#send(card, card.parentElement)
  }

  /** Put a robot at the end of the next column, or a copy of it; the grip stays under the hand. */
  #aside(event, card, side) {
    event.preventDefault()
    const lists = [...this.querySelectorAll("[data-robots]")]
    const list = lists[lists.indexOf(card.parentElement) + side]
    if (!list) return
    const copy = event.ctrlKey || event.metaKey
    const grip = `[data-robots="${list.dataset.robots}"] > [data-robot]:last-of-type [data-grip]`
    list.append(card)
    this.addEventListener("htmx:afterSettle", () => this.querySelector(grip)?.focus(), { once: true })
    this.#send(card, list, copy)
  }

  /** Save the order; a refused move is drawn back as it was. */
  #send(card, list, copy = false) {
    const order = [...list.querySelectorAll(":scope > [data-robot]")].map(other => other.dataset.robot)
    const values = { moved: card.dataset.robot, column: list.dataset.robots, order, ...(copy && { copy: "1" }) }
    this.addEventListener("htmx:afterRequest", ({ detail }) => {
      if (!detail.successful) htmx.ajax("GET", this.getAttribute("hx-get"), { source: this, target: this, swap: "morph" })
    }, { once: true })
    htmx.ajax("POST", this.dataset.arrange, { source: this, target: this, swap: "morph", values })
  }

  #clicked(event) {
    const pointer = event.target.closest("[data-point]")
    if (!pointer) return
    event.preventDefault()
    document.querySelector(pointer.getAttribute("href"))?.scrollIntoView({ block: "nearest", inline: "start", behavior: "smooth" })
  }
}
customElements.define("robot-board", RobotBoard)
