package console_test

import (
	"bytes"
	"context"
	"fmt"
	"image/color"
	"image/png"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"beckmanconnect/cloud/console/consoletest"
)

// seeing is what the checks of forced colours share: how colours lie on each
// other, and what of the page is in sight.
const seeing = `
const rgba = c => {
  const n = (c.match(/-?[\d.]+(e-?\d+)?/g) ?? [0, 0, 0, 0]).map(Number), by = c.startsWith("color(") ? 255 : 1;
  return {r: n[0] * by, g: n[1] * by, b: n[2] * by, a: n[3] ?? 1};
};
const over = (f, b, a = f.a) => ({r: f.r * a + b.r * (1 - a), g: f.g * a + b.g * (1 - a), b: f.b * a + b.b * (1 - a), a: 1});
const light = c => { const f = v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; return .2126 * f(c.r) + .7152 * f(c.g) + .0722 * f(c.b); };
const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + .05) / (y + .05); };
const opacity = e => { let o = 1; for (; e; e = e.parentElement) o *= Number(getComputedStyle(e).opacity); return o; };
const behind = e => e ? over(rgba(getComputedStyle(e).backgroundColor), behind(e.parentElement)) : rgba("rgb(255, 255, 255)");
const inSight = e => e.checkVisibility({visibilityProperty: true, opacityProperty: true}) && !e.closest(".visually-hidden, .skip, [hidden]") && e.getBoundingClientRect().width > 0;
const name = e => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + [...e.classList].map(c => "." + c).join("");
const sides = ["Top", "Right", "Bottom", "Left"];
/* The most that what an element draws itself stands out from what is behind it. */
const drawn = e => {
  const s = getComputedStyle(e), back = behind(e.parentElement), o = opacity(e), found = [1];
  const see = c => { const v = rgba(c); found.push(contrast(over(v, back, v.a * o), back)); };
  if (e instanceof SVGElement) {
    if (s.fill !== "none") see(s.fill);
    if (s.stroke !== "none" && parseFloat(s.strokeWidth) > 0) see(s.stroke);
  } else {
    see(s.backgroundColor);
    for (const side of sides) if (s["border" + side + "Style"] !== "none" && parseFloat(s["border" + side + "Width"]) >= 1) see(s["border" + side + "Color"]);
  }
  return Math.max(...found);
};
/* Marks without a word: dots, bars, strokes of icons and charts. */
const marks = () => [...document.querySelectorAll("body *")].filter(e => !e.children.length && !e.textContent.trim() && inSight(e) &&
  !["IMG", "CANVAS", "INPUT", "TEXTAREA", "SELECT", "PROGRESS", "BR", "SVG", "HR"].includes(e.tagName.toUpperCase()) && !e.closest("button:disabled, [aria-disabled=true]"));
`

// markDrawn remembers which marks can be seen in the page's own colours.
const markDrawn = `(() => {` + seeing + `
  for (const e of document.querySelectorAll("[data-drawn]")) e.removeAttribute("data-drawn");
  for (const e of marks()) if (drawn(e) >= 1.25) e.dataset.drawn = "";
  return marks().length;
})()`

// unseen lists what cannot be seen or told apart in forced colours: marks that
// can be seen in the page's own, words, what is chosen, and where the focus is.
const unseen = `(() => {` + seeing + `
  const faults = new Set();
  for (const e of marks()) if ("drawn" in e.dataset && drawn(e) < 3) faults.add(name(e.closest("button, summary, li, section") ?? document.body) + " … " + name(e.parentElement) + " > " + name(e) + " is not drawn: " + drawn(e).toFixed(1));
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; (n = words.nextNode());) {
    const e = n.parentElement;
    if (!n.data.trim() || !inSight(e) || e.closest("option, button:disabled, [aria-disabled=true], .stage-scroll, script, style")) continue;
    const back = behind(e), c = rgba(getComputedStyle(e).color), got = contrast(over(c, back, c.a * opacity(e)), back);
    if (got < 4.5) faults.add(name(e) + " has contrast " + got.toFixed(1) + ": " + n.data.trim().slice(0, 30));
  }
  const told = e => { const s = getComputedStyle(e); return [s.backgroundColor, s.textDecorationLine, ...sides.flatMap(x => [s["border" + x + "Width"], s["border" + x + "Style"], s["border" + x + "Color"]])].join(); };
  const without = (e, off, on) => { const was = told(e); off(); const is = told(e); on(); return was !== is; };
  for (const state of ["aria-current", "aria-pressed", "aria-checked", "aria-selected"]) {
    for (const e of document.querySelectorAll("[" + state + "]")) {
      const value = e.getAttribute(state);
      if (value === "false" || !inSight(e) || e instanceof HTMLInputElement) continue;
      if (!without(e, () => e.setAttribute(state, "false"), () => e.setAttribute(state, value)) &&
          !without(e, () => e.removeAttribute(state), () => e.setAttribute(state, value))) faults.add(name(e) + "[" + state + "] looks as the others do");
    }
  }
  for (const e of document.querySelectorAll(".dot.on")) if (inSight(e) && !e.closest("[data-lost=true] .pill") && !without(e, () => e.classList.remove("on"), () => e.classList.add("on"))) faults.add(name(e.parentElement) + " > .dot.on looks as .dot does");
  const before = document.activeElement, seen = new Set();
  for (const e of document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")) {
    const kind = name(e).replace(/#[^.]*/, "") + name(e.parentElement).replace(/#[^.]*/, "") + (e.getAttribute("aria-current") ?? "") + (e.getAttribute("aria-pressed") ?? "") + (e.getAttribute("aria-checked") ?? "");
    if (seen.has(kind) || e.matches("#keyboard, #screen, h1, :disabled") || !inSight(e)) continue;
    seen.add(kind);
    e.blur();
    e.focus({preventScroll: true, focusVisible: true});
    if (document.activeElement !== e) continue;
    const s = getComputedStyle(e), back = behind(parseFloat(s.outlineOffset) < 0 ? e : e.parentElement);
    if (s.outlineStyle === "none" || parseFloat(s.outlineWidth) < 2) faults.add(name(e) + " shows no focus");
    else if (contrast(rgba(s.outlineColor), back) < 3) faults.add(name(e) + " shows its focus in " + s.outlineColor + " on the like");
    e.blur();
  }
  before?.focus?.({preventScroll: true});
  return [...faults].join("\n  ");
})()`

// forced holds a state of the page to forced colours, over a light and a dark
// system, as a high contrast theme of Windows brings them.
func forced(t *testing.T, b *consoletest.Browser, state string) {
	t.Helper()
	b.Do("have the focus", emulation.SetFocusEmulationEnabled(true)) // as the window in front
	for _, scheme := range []string{"light", "dark"} {
		b.Media(map[string]string{"prefers-color-scheme": scheme})
		if b.Text(markDrawn) == "0" {
			t.Errorf("%s: nothing is drawn at all", state)
		}
		b.Media(map[string]string{"prefers-color-scheme": scheme, "forced-colors": "active", "prefers-contrast": "custom"})
		if b.Text(`matchMedia("(forced-colors: active)").matches`) != "true" {
			t.Fatal("this browser does not force colours")
		}
		if got := b.Text(unseen); got != "" {
			t.Errorf("%s, %s:\n  %s", state, scheme, got)
		}
		b.Shot("forced-" + state + "-" + scheme)
	}
	b.Media(map[string]string{"prefers-color-scheme": "dark"})
}

// Where the system forces its few colours on the page (Windows' high contrast),
// the focus, what is chosen, every word and every mark stay in sight (B12).
func TestForcedColoursPages(t *testing.T) {
	b, other, url := pages(t, "en-US")
	b.Look(1366, 768, 1, true)
	walk(b, other, url, func(state string) { forced(t, b, state) })
	progressIsSeen(t, b)
	waitingIsSeen(t, b)
	b.Clean()
}

func TestForcedColoursAdministration(t *testing.T) {
	b, other, url := administrators(t, "en-US")
	walkAdministration(b, other, url, func(state string) { forced(t, b, "admin-"+state) })
	b.Clean()
}

func TestForcedColoursSession(t *testing.T) {
	l := enterLab(t, "en-US")
	tour(l, func(state string) { forced(t, l.Browser, state) })
	l.Clean()
}

// progressIsSeen looks at the pixels of a bar that is half full: no computed
// style tells how its parts are painted.
func progressIsSeen(t *testing.T, b *consoletest.Browser) {
	t.Helper()
	b.Media(map[string]string{"forced-colors": "active"})
	b.Eval(`(() => {
    const bar = Object.assign(document.createElement("progress"), {id: "tried", max: 2, value: 1});
    Object.assign(bar.style, {position: "fixed", zIndex: 99, top: "100px", left: "100px", width: "200px"});
    document.body.append(bar);
  })()`)
	var raw []byte
	b.Do("picture", chromedp.ActionFunc(func(ctx context.Context) error { return chromedp.Screenshot("#tried", &raw, chromedp.ByQuery).Do(ctx) }))
	b.Eval(`document.querySelector("#tried").remove()`)
	m, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	at := func(part int) color.NRGBA {
		r := m.Bounds()
		return color.NRGBAModel.Convert(m.At(r.Min.X+r.Dx()*part/4, r.Min.Y+r.Dy()/2)).(color.NRGBA)
	}
	full, empty := at(1), at(3)
	if b.Text(fmt.Sprintf(`(() => {%s return contrast({r: %d, g: %d, b: %d}, {r: %d, g: %d, b: %d}) >= 3; })()`, seeing, full.R, full.G, full.B, empty.R, empty.G, empty.B)) != "true" {
		t.Errorf("a bar that is half full is %v and %v", full, empty)
	}
}

// waitingIsSeen looks at the rings that turn: one that is whole does not seem to.
func waitingIsSeen(t *testing.T, b *consoletest.Browser) {
	t.Helper()
	b.Media(map[string]string{"forced-colors": "active"})
	for tag, class := range map[string]string{"span": "spinner", "button": "busy"} {
		b.Eval(`document.body.append(Object.assign(document.createElement("` + tag + `"), {id: "tried", className: "` + class + `"}))`)
		if got := b.Text(`(() => { const e = document.querySelector("#tried"), s = getComputedStyle(e, e.matches(".busy") ? "::before" : null); return s.borderRightColor === s.borderLeftColor ? s.borderRightColor : ""; })()`); got != "" {
			t.Errorf(".%s is a whole ring in %s", class, got)
		}
		b.Eval(`document.querySelector("#tried").remove()`)
	}
}
