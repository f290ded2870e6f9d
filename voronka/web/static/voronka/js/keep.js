// Scroll places inside a page survive going away and back: <div data-keep-scroll="board-3">.
const key = element => `scroll:${location.pathname}:${element.dataset.keepScroll}`

/** Scroll everything inside `root` to where it was. */
export function restore(root) {
  for (const element of root.querySelectorAll("[data-keep-scroll]")) {
    const [left, top] = JSON.parse(sessionStorage.getItem(key(element)) ?? "[0,0]")
    if (left || top) element.scrollTo({ left, top, behavior: "instant" })
  }
}
restore(document)
addEventListener("pagehide", () => {
  for (const element of document.querySelectorAll("[data-keep-scroll]"))
    sessionStorage.setItem(key(element), JSON.stringify([element.scrollLeft, element.scrollTop]))
})
