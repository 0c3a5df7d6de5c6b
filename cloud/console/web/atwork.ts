// Tells the cloud that a person is at the page: who only reads is not signed
// out as if they had left.

const path = "/api/v1/staff/active";
const atMostEvery = 60_000;

export function tellPresence(): void {
  let told = 0;
  const tell = () => {
    const now = Date.now();
    if (now - told < atMostEvery) return;
    told = now;
    void fetch(path, { method: "POST" }).catch(() => { told = 0; }); // offline: the next touch tells it
  };
  for (const what of ["keydown", "pointerdown", "pointermove", "wheel"]) window.addEventListener(what, tell, { capture: true, passive: true });
}
