// The funnel editor: stages change places by drag, touch or arrow keys; a chip points at the stages it means.
import Sortable from "sortablejs"
import { step } from "app/rows"

class FunnelTable extends HTMLElement {
  #leaving = new AbortController()
  #sortable

  connectedCallback() {
    const { signal } = this.#leaving
    this.addEventListener("keydown", event => this.#pressed(event), { signal })
    this.addEventListener("click", event => this.#clicked(event), { signal })
    this.addEventListener("htmx:responseError", ({ target }) => { if (target.matches(".stage-name")) target.value = target.defaultValue }, { signal })
    this.#sortable = Sortable.create(this.querySelector(".stages"), {
      draggable: "[data-stage]", handle: ".column-head", filter: "input, summary, a, .menu-list, .btn", preventOnFilter: false,
      animation: 140, ghostClass: "ghost", chosenClass: "lifted", dragClass: "dragging",
      delay: 180, delayOnTouchOnly: true, touchStartThreshold: 5, scrollSensitivity: 80, scrollSpeed: 16,
      onMove: ({ dragged, related }) => related.dataset.kind === dragged.dataset.kind,
      onStart: () => document.body.classList.add("is-arranging"),
      onEnd: ({ item, oldDraggableIndex, newDraggableIndex }) => {
        document.body.classList.remove("is-arranging")
        if (oldDraggableIndex !== newDraggableIndex) this.#send(item)
      },
    })
  }

  disconnectedCallback() {
    this.#leaving.abort()
    this.#sortable?.destroy()
  }

  #pressed(event) {
    const column = event.target.closest("[data-stage]")
    if (event.target.matches(".stage-name") && event.key === "Enter") return event.target.blur()
    if (event.target.matches(".stage-name") && event.key === "Escape") {
      event.target.value = event.target.defaultValue
      return event.target.blur()
    }
    if (!event.target.closest(".grip") || !column) return
    const same = [...this.querySelectorAll(`[data-stage][data-kind="${column.dataset.kind}"]`)]
    if (step(event, column, same)) {
      column.scrollIntoView({ block: "nearest", inline: "nearest" })
      this.#send(column)
    }
  }

  #send(column) {
    let before = column.previousElementSibling
    while (before && before.dataset.kind !== column.dataset.kind) before = before.previousElementSibling
    htmx.ajax("POST", column.dataset.move, { source: column, target: this, swap: "morph", values: { after: before?.dataset.stage ?? "" } })
  }

  #clicked(event) {
    const pointer = event.target.closest("[data-point]")
    if (!pointer) return
    event.preventDefault()
    const column = document.getElementById(`stage-${pointer.dataset.point}`)
    column?.scrollIntoView({ block: "nearest", inline: "center", behavior: "smooth" })
    column?.classList.add("pointed")
    setTimeout(() => column?.classList.remove("pointed"), 1600)
  }
}
customElements.define("funnel-table", FunnelTable)
