package console_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// beyond lists what reaches beyond the window's right edge, but for what stands
// in a box that scrolls by itself.
const beyond = `(() => {
  const width = document.documentElement.clientWidth, view = document.querySelector("#view");
  const out = [...document.querySelectorAll("body *")].filter(e => {
    if (!e.checkVisibility({visibilityProperty: true, opacityProperty: true}) || e.closest(".visually-hidden, .skip, .logs-text, .stage-area, .quality-details, svg")) return false;
    const r = e.getBoundingClientRect();
    return r.width > 0 && (r.right > width + 1 || r.left < -1);
  }).map(e => e.tagName + "." + e.className + "#" + e.id + " " + Math.round(e.getBoundingClientRect().right));
  if (document.documentElement.scrollWidth > width) out.unshift("the page scrolls sideways");
  if (view.scrollWidth > view.clientWidth) out.unshift("the view scrolls sideways");
  return out.slice(0, 6).join(" | ");
})()`

// clipped lists texts that are cut off without a sign that there is more.
const clipped = `[...document.querySelectorAll("h1, h2, h3, p, button, .button, .chip, dd, dt, label, summary strong, option, .state")].filter(e =>
  e.checkVisibility() && !e.closest(".visually-hidden") && e.scrollWidth > e.clientWidth + 1 && !["inline", "contents"].includes(getComputedStyle(e).display) &&
  getComputedStyle(e).overflowX !== "visible" && getComputedStyle(e).textOverflow !== "ellipsis").map(e => e.tagName + "." + e.className + ": " + e.textContent.trim().slice(0, 60)).join(" | ")`

// Every page in every state has room from a wide screen down to 320 CSS pixels,
// which is 1280 at 400 %, in both languages, and needs no scrolling sideways
// (WCAG 1.4.10). Whoever changes the page keeps the pictures by
// BECKMANCONNECT_SHOTS and looks at them.
func TestPagesReflow(t *testing.T) {
	sizes := [][2]int64{{1366, 768}, {1024, 768}, {683, 384}, {320, 640}}
	for _, lang := range []string{"en-US", "de-DE"} {
		t.Run(lang, func(t *testing.T) {
			b, other, url := pages(t, lang)
			b.Look(1366, 768, 1, true)
			walk(b, other, url, func(state string) {
				for _, s := range sizes {
					b.Size(s[0], s[1], 1)
					for what, script := range map[string]string{"beyond the edge": beyond, "cut off": clipped} {
						if got := b.Text(script); got != "" {
							t.Errorf("%s at %d×%d: %s: %s", state, s[0], s[1], what, got)
						}
					}
					b.Shot(fmt.Sprintf("page-%s-%s-%d-dark", lang[:2], state, s[0]))
				}
				b.Size(1366, 768, 1)
				if os.Getenv("BECKMANCONNECT_SHOTS") != "" {
					for _, look := range []string{"light", "contrast"} {
						b.Choose(look)
						b.Shot(fmt.Sprintf("page-%s-%s-1366-%s", lang[:2], state, look))
					}
					b.Choose("dark")
					b.Size(1366, 768, 2)
					b.Shot(fmt.Sprintf("page-%s-%s-1366-2x", lang[:2], state))
					b.Size(1366, 768, 1)
				}
			})
			b.Clean()
		})
	}
}

// A session has room as well: at 200 % of a laptop's screen and at 320 CSS
// pixels only the picture scrolls sideways.
func TestSessionReflow(t *testing.T) {
	for _, lang := range []string{"en-US", "de-DE"} {
		t.Run(lang, func(t *testing.T) {
			l := enterLab(t, lang)
			tour(l, func(state string) {
				if strings.HasPrefix(state, "black-") && state != "black-masked" {
					return // one cover is as large as the other
				}
				for _, s := range [][2]int64{{683, 384}, {320, 640}} {
					l.Size(s[0], s[1], 1)
					if got := l.Text(beyond); got != "" {
						t.Errorf("%s at %d×%d: beyond the edge: %s", state, s[0], s[1], got)
					}
					l.Shot(fmt.Sprintf("session-%s-%s-%d", lang[:2], state, s[0]))
				}
				l.Size(1366, 768, 1)
			})
			l.Clean()
		})
	}
}
