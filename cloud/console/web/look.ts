// Runs before the page is drawn for the first time, so that no other look
// flashes up.

import { apply, expect, remembered } from "./looks";

apply();
expect();
// Another window of the console chose anew.
window.addEventListener("storage", (e) => { if (e.key === remembered) apply(); });
