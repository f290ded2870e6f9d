// My day: when a row is done the next ones slide up to their new places.
const SLIDE = 160 // milliseconds
const still = matchMedia("(prefers-reduced-motion: reduce)")

class DayList extends HTMLElement {
  #leaving = new AbortController()
  #places = new Map()

  connectedCallback() {
    const { signal } = this.#leaving
    document.addEventListener("htmx:beforeSwap", ({ detail }) => { if (detail.target === this) this.#places = this.#now() }, { signal })
    document.addEventListener("htmx:afterSwap", ({ detail }) => { if (detail.target?.id === this.id) this.#slide() }, { signal })
  }

  disconnectedCallback() {
    this.#leaving.abort()
  }

  #now() {
    return new Map([...this.querySelectorAll("li[id]")].map(row => [row.id, row.getBoundingClientRect().top]))
  }

  #slide() {
    if (still.matches || !this.#places.size) return
    for (const [id, top] of this.#now()) {
      const row = document.getElementById(id)
      const before = this.#places.get(id)
      const from = before === undefined ? [{ opacity: 0 }, {}] : [{ transform: `translateY(${before - top}px)` }, {}]
      if (before !== top) row.animate(from, { duration: SLIDE, easing: "ease-out" })
    }
    this.#places.clear()
  }
}
customElements.define("day-list", DayList)
