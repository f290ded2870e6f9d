// Words at hand: a button with data-insert puts its words into the form's text, where the cursor stands.
document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-insert]")
  const form = button?.closest("form")
  const box = form?.querySelector("[data-insert-here]")
  if (!box) return
  const { insert, insertSubject, insertTemplate } = button.dataset
  box.setRangeText(insert, box.selectionStart, box.selectionEnd, "end")
  const { subject, template } = form.elements
  if (insertSubject && subject && !subject.hidden) subject.value = insertSubject
  if (insertTemplate && template) template.value = insertTemplate
  button.closest("details.menu")?.removeAttribute("open")
  box.focus()
  box.dispatchEvent(new Event("input", { bubbles: true }))
})
