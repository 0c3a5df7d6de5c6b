// Runs before the page is drawn for the first time, so that no other look
// flashes up.

import { apply, remembered } from "./looks";

apply();
// Another window of the console chose anew.
window.addEventListener("storage", (e) => { if (e.key === remembered) apply(); });
