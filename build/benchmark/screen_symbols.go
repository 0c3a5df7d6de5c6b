package main

import (
	"debug/elf"
	"debug/gosym"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// symbols name addresses of a Go program. Those that ship are stripped; the
// table the runtime itself needs is still in them.
type symbols struct {
	table *gosym.Table
	// perf tells where in the file an address is that it has no name for; this
	// is what to add.
	base uint64
}

func openSymbols(program string) (symbols, error) {
	file, err := elf.Open(program)
	if err != nil {
		return symbols{}, err
	}
	defer file.Close()
	lines, text := file.Section(".gopclntab"), file.Section(".text")
	if lines == nil || text == nil {
		return symbols{}, fmt.Errorf("%s is no Go program", program)
	}
	data, err := lines.Data()
	if err != nil {
		return symbols{}, err
	}
	table, err := gosym.NewTable(nil, gosym.NewLineTable(data, text.Addr))
	return symbols{table: table, base: text.Addr - text.Offset}, err
}

func (s symbols) name(address uint64) string {
	if s.table != nil {
		if f := s.table.PCToFunc(address + s.base); f != nil {
			return f.Name
		}
	}
	return ""
}

// hottest counts the stacks that perf script prints: an address and what perf
// takes it for on each line, the innermost first, an empty line between stacks.
func hottest(text string, names symbols) string {
	alone, within := map[string]int{}, map[string]int{}
	stacks := 0
	for stack := range strings.SplitSeq(text, "\n\n") {
		met := map[string]bool{}
		for line := range strings.Lines(stack) {
			at, name, _ := strings.Cut(strings.TrimSpace(line), " ")
			address, err := strconv.ParseUint(at, 16, 64)
			if err != nil {
				continue
			}
			if name == "" || name == "[unknown]" {
				if name = names.name(address); name == "" {
					name = "(native)"
				}
			}
			if len(met) == 0 {
				alone[name]++
				stacks++
			}
			if !met[name] {
				met[name] = true
				within[name]++
			}
		}
	}
	var out strings.Builder
	list := func(title string, counts map[string]int) {
		fmt.Fprintf(&out, "%s (of %d samples)\n", title, stacks)
		order := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
			if d := counts[b] - counts[a]; d != 0 {
				return d
			}
			return strings.Compare(a, b)
		})
		for _, name := range order[:min(len(order), 45)] {
			fmt.Fprintf(&out, "%6.1f %%  %s\n", 100*float64(counts[name])/float64(stacks), name)
		}
	}
	list("alone", alone)
	out.WriteByte('\n')
	list("with what it called", within)
	return out.String()
}
