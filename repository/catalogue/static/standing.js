// Live progress: asks every few seconds how batches in work stand, and says what the server says.
const PAUSE = 3000;

async function look(part) {
  const answer = await fetch(part.dataset.progress, { headers: { accept: "application/json" } });
  if (!answer.ok) return answer.status !== 404 && answer.status !== 403;
  const told = await answer.json();
  part.querySelector("progress").value = told.percent;
  const said = part.querySelector("[data-said]");
  if (said.textContent !== told.said) said.textContent = told.said;
  if (!told.working) location.reload();
  return told.working;
}

async function follow(part) {
  let goes = true;
  while (goes) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    if (document.hidden) continue;
    try {
      goes = await look(part);
    } catch {
      goes = true; // the server is away for a moment
    }
  }
}

// Where nothing is in work, a batch that begins is noticed too.
async function wait(sign) {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 5 * PAUSE));
    if (document.hidden) continue;
    try {
      const answer = await fetch(location.href);
      if (!answer.ok) return;
      if ((await answer.text()).includes("data-progress=")) return location.reload();
    } catch {
      sign.hidden = false; // the server is away for a moment
    }
  }
}

for (const sign of document.querySelectorAll("[data-idle]")) wait(sign);
for (const part of document.querySelectorAll("[data-progress]")) follow(part);
