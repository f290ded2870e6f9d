// A list whose rows are put in order: <sort-list data-url="…"><div data-code="a"><button class="drag-handle">….
// Drag a row by its handle, or move it by the arrows while the handle has focus; the order is posted as "order".
import Sortable from "sortablejs"

class SortList extends HTMLElement {
  #sortable
  #leaving = new AbortController()

  connectedCallback() {
    this.#leaving = new AbortController()
    this.#sortable = Sortable.create(this, { handle: ".drag-handle", animation: 140, ghostClass: "ghost", chosenClass: "lifted", dragClass: "dragging", onEnd: ({ oldIndex, newIndex }) => { if (oldIndex !== newIndex) this.#send() } })
    this.addEventListener("keydown", event => this.#pressed(event), { signal: this.#leaving.signal })
  }

  disconnectedCallback() {
    this.#leaving.abort()
    this.#sortable.destroy()
  }

  #pressed(event) {
    const step = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[event.key]
    const handle = event.target.closest(".drag-handle")
    const row = handle?.closest("[data-code]")
    if (!step || !row) return
    event.preventDefault()
    const other = row[step]
    if (!other) return
    if (event.key === "ArrowUp") other.before(row)
    else other.after(row)
    handle.focus()
    this.#send()
  }

  #send() {
    const order = [...this.querySelectorAll(":scope > [data-code]")].map(row => row.dataset.code)
    htmx.ajax("POST", this.dataset.url, { source: this, swap: "none", values: { order } })
  }
}
customElements.define("sort-list", SortList)
