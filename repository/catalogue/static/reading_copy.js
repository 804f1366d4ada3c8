// Buttons that copy what stands beside them. Where the browser has no clipboard (no https), the text is selected.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
    button.classList.add("done");
    setTimeout(() => button.classList.remove("done"), 2000);
  } catch {
    if (source.select) source.select();
    else getSelection().selectAllChildren(source);
  }
});
export const show = () => document.querySelectorAll("[data-copy]").forEach((button) => { button.hidden = false; });
show();
