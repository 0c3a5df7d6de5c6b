package theme

import (
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The colours in docs/design.md are those that are drawn.
func TestDesignTellsTheColours(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "design.md"))
	if err != nil {
		t.Fatal(err)
	}
	if want := colourTable(); !strings.Contains(strings.ReplaceAll(string(raw), "\r\n", "\n"), want) {
		t.Errorf("docs/design.md does not have this table:\n%s", want)
	}
}

// colourTable is a row for everything that is drawn on something else, with its
// colours and contrast in each look.
func colourTable() string {
	all := []Palette{Light(), Dark(), HighContrast()}
	row := func(p Palette) map[string]string {
		out := map[string]string{}
		for _, d := range p.Drawn() {
			out[d.Front+" on "+d.Back] = fmt.Sprintf("%s on %s, %.1f", hex(d.FrontColor), hex(d.BackColor), Contrast(d.FrontColor, d.BackColor))
		}
		return out
	}
	cells := []map[string]string{row(all[0]), row(all[1]), row(all[2])}
	var b strings.Builder
	b.WriteString("| drawn | least | light | dark | high contrast |\n|---|---|---|---|---|\n")
	seen := map[string]bool{}
	for _, d := range all[0].Drawn() {
		name := d.Front + " on " + d.Back
		if seen[name] {
			continue
		}
		seen[name] = true
		least := "–"
		if d.Least > 1 {
			least = fmt.Sprintf("%.1f", d.Least)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", name, least, cells[0][name], cells[1][name], cells[2][name])
	}
	return b.String()
}

func hex(c color.NRGBA) string { return fmt.Sprintf("`#%02x%02x%02x`", c.R, c.G, c.B) }
