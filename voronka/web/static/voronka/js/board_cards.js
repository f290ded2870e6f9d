// Cards in the columns of the board: which is which, what stands above what, and where a card belongs.

export const idOf = card => card.id.slice("item-".length)
export const cardOf = id => document.getElementById(`item-${id}`)
export const stageOf = card => card.dataset.at.split("/")[0]
export const cardsIn = element => [...element.querySelectorAll(".board-card")]

/** Whether card `a` stands above card `b`: grade, then the latest arrival; of closed ones the latest. */
function above(a, b) {
  const [x, y] = [a, b].map(card => card.dataset.at.split("/")[1].split(".").map(Number))
  if (x.length === 3 && x[0] !== y[0]) return x[0] < y[0]
  const [p, q] = [x, y].map(parts => parts.slice(-2))
  return p[0] === q[0] ? p[1] > q[1] : p[0] > q[0]
}

/** Say of a card that it stands in a column from now on, at the grade it has. */
export function arrive(card, column) {
  const { stage, kind } = column.dataset
  const [grade, , pk] = card.dataset.at.split("/")[1].split(".")
  const now = Date.now() * 1000
  card.dataset.at = kind === "open" ? `${stage}/${grade}.${now}.${pk}` : `${stage}/${now}.${pk}`
}

/** Put a card where its grade and its arrival place it; false when that lies below what is loaded. */
export function insert(card, column) {
  const list = column.querySelector(".column-body")
  const below = [...list.querySelectorAll(":scope > .board-card")].find(other => other !== card && above(card, other))
  const more = list.querySelector(":scope > .column-more")
  if (!below && more) return false
  list.insertBefore(card, below ?? null)
  return true
}

/** Remember where a card stands, to bring it back there. */
export const placeOf = card => ({ list: card.parentElement, before: card.nextElementSibling })

/** Bring a card back to where it stood. */
export function bringBack(card, { list, before }) {
  if (!card.isConnected || !list.isConnected) return
  list.insertBefore(card, before?.parentElement === list ? before : list.querySelector(":scope > .column-more"))
}

/** The card above or below; below the last one the next page is asked for. */
export function neighbour(card, step) {
  const cards = cardsIn(card.parentElement)
  const found = cards[cards.indexOf(card) + step]
  if (!found && step > 0) card.parentElement.querySelector(".column-more")?.click()
  return found
}
