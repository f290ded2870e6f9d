// Menus: <details class="menu"><summary class="btn">…</summary><div class="menu-list">…</div></details>.
// The list goes to the top layer, so no scrolling column cuts it; arrows walk, Esc and a click elsewhere close.
const GAP = 4 // pixels between the button and its list

function place(menu) {
  const list = menu.querySelector(":scope > .menu-list")
  const button = menu.querySelector(":scope > summary").getBoundingClientRect()
  list.popover = "manual"
  if (!list.matches(":popover-open")) list.showPopover()
  const { width, height } = list.getBoundingClientRect()
  const left = menu.classList.contains("menu-end") ? button.right - width : button.left
  const below = innerHeight - button.bottom - GAP
  const up = menu.classList.contains("menu-up") || (below < height && button.top > below)
  Object.assign(list.style, {
    position: "fixed", margin: 0, inset: "auto",
    left: `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`,
    top: `${up ? Math.max(8, button.top - height - GAP) : button.bottom + GAP}px`,
  })
}

document.addEventListener("toggle", ({ target: menu }) => {
  if (!menu.matches?.("details.menu")) return
  if (!menu.open) return menu.querySelector(":scope > .menu-list:popover-open")?.hidePopover()
  for (const other of document.querySelectorAll("details.menu[open]")) if (!other.contains(menu)) other.open = false
  place(menu)
  menu.querySelector(".menu-list [autofocus]")?.focus()
}, true)

// A list that is fetched when it opens has another height by then.
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  const menu = detail.target.closest?.("details.menu[open]")
  if (menu && detail.target.matches(".menu-list")) place(menu)
})

document.addEventListener("click", event => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    const chosen = event.target.closest(".menu-list") && menu.contains(event.target)
      && event.target.closest("a, button") && !event.target.closest("[data-stay]")
    if (!menu.contains(event.target) || chosen) menu.open = false
  }
})

document.addEventListener("keydown", event => {
  const menu = event.target.closest?.("details.menu[open]")
  if (!menu) return
  if (event.key === "Escape") {
    event.preventDefault()
    event.stopPropagation()
    menu.open = false
    menu.querySelector("summary").focus()
    return
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (!step || event.target.matches("select, textarea")) return
  event.preventDefault()
  const entries = [...menu.querySelectorAll(".menu-list :is(a, button, input):not(:disabled)")]
  const next = entries.indexOf(document.activeElement) + step
  entries.at(next < 0 ? -1 : next % entries.length)?.focus()
}, true)

addEventListener("scroll", event => {
  for (const menu of document.querySelectorAll("details.menu[open]"))
    if (event.target.contains?.(menu)) menu.open = false
}, { capture: true, passive: true })
