// Several cards of the board at once. Shift-click or x picks a card, a second Shift-click all between the two; while
// some are picked a plain click adds or drops one, Esc drops all. The bar does to them what the bar of the list does.
import { cardOf, cardsIn, idOf } from "app/board_cards"

export class Picks {
  #ids = new Set()
  #last // the card picked before, for a run with Shift
  #board
  #bar

  constructor(board, bar) {
    this.#board = board
    this.#bar = bar
    bar.querySelector("[data-pick-none]").addEventListener("click", () => this.clear())
  }

  get size() { return this.#ids.size }
  get ids() { return [...this.#ids] }
  has(card) { return this.#ids.has(idOf(card)) }

  /** Take a click on a card, if it is one that picks; true when it was. */
  clicked(event) {
    const card = event.target.closest(".board-card")
    if (!card || event.target.closest(".card-move") || event.ctrlKey || event.metaKey) return false
    if (!event.shiftKey && !this.size) return false
    event.preventDefault()
    getSelection().removeAllRanges() // Shift-click marks text as well
    const last = this.#last && cardOf(this.#last)
    if (event.shiftKey && last && last !== card && last.parentElement === card.parentElement) this.#run(last, card)
    else this.toggle(card)
    return true
  }

  toggle(card) {
    const id = idOf(card)
    if (!this.#ids.delete(id)) this.#ids.add(id)
    this.#last = id
    this.dress()
  }

  clear() {
    this.#ids.clear()
    this.#last = undefined
    this.dress()
  }

  /** Show what is picked; a card that is no longer on the board is no longer picked. */
  dress() {
    for (const id of this.#ids) if (!cardOf(id)) this.#ids.delete(id)
    for (const card of cardsIn(this.#board)) {
      const on = this.has(card)
      card.classList.toggle("selected", on)
      if (on) card.querySelector(".title").setAttribute("aria-description", this.#bar.dataset.picked)
      else card.querySelector(".title").removeAttribute("aria-description")
      if (on && this.size > 1) card.dataset.with = this.size
      else delete card.dataset.with
    }
    this.#bar.hidden = !this.size
    this.#bar.querySelector("[data-picked]").textContent = this.size
    this.#bar.elements.ids.value = this.ids.join(",")
  }

  /** Open the dialog of the move for all that are picked, with this stage chosen. */
  move(stage) {
    const url = this.#bar.querySelector("[data-kind=move]")?.getAttribute("hx-post")
    if (url) htmx.ajax("POST", url, { target: "#dialog", values: { ids: this.ids.join(","), stage } })
  }

  #run(from, to) {
    const cards = cardsIn(to.parentElement)
    const [first, last] = [cards.indexOf(from), cards.indexOf(to)].sort((a, b) => a - b)
    for (const card of cards.slice(first, last + 1)) this.#ids.add(idOf(card))
    this.#last = idOf(to)
    this.dress()
  }
}
