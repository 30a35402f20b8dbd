package symtab

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strings"
)

// maxExamples is how many examples a result lists.
const maxExamples = 20

// A Consistency says how far the two tables of one binary agree.
type Consistency struct {
	Stripped bool        // there is no ELF table to compare with; nothing below but Text and counts of Go functions
	Text     []TextStart // all sources; they should name one address
	Sections []SectionCount
	Problems int           // disagreements in all
	Examples []Discrepancy // the first of them, by address
}

// A SectionCount counts the functions of one section by address.
type SectionCount struct {
	Section string
	Gosym   int // functions of the Go line table
	ELF     int // addresses that have an STT_FUNC symbol
	Both    int // the tables give this address the same name
	Renamed int // they give it different names
	OnlyGo  int // Go functions without a symbol
	OnlyELF int // symbols between Go functions that the line table does not know
	Foreign int // symbols outside of Go's text, such as those of C
}

// A Discrepancy is an address that the tables disagree about.
type Discrepancy struct {
	Address uint64
	Section string
	Gosym   string // "" when unknown
	ELF     string // "" when unknown
}

// Consistent reports whether nothing disagrees. It is true of a stripped binary
// whose sources of the text start agree.
func (c Consistency) Consistent() bool {
	for _, t := range c.Text {
		if t.Address != c.Text[0].Address {
			return false
		}
	}
	return c.Problems == 0
}

// Consistency compares the Go line table, as debug/gosym reads it, with the ELF
// symbol table, address by address.
func (t *Table) Consistency() Consistency {
	c := comparison{table: t, counts: make(map[string]*SectionCount)}
	c.Stripped, c.Text = t.stripped, t.text
	symbols := t.symbols
	for i, f := range t.Funcs {
		c.count(f.Entry).Gosym++
		if i > 0 && t.Funcs[i-1].Entry == f.Entry {
			continue // the symbols of this address are used up
		}
		for len(symbols) > 0 && symbols[0].addr < f.Entry {
			symbols = c.skip(symbols)
		}
		same := leading(symbols, f.Entry)
		symbols = symbols[len(same):]
		c.compare(f, same)
	}
	for len(symbols) > 0 {
		symbols = c.skip(symbols)
	}
	for _, n := range c.counts {
		c.Sections = append(c.Sections, *n)
	}
	slices.SortFunc(c.Sections, func(a, b SectionCount) int { return cmp.Compare(a.Section, b.Section) })
	return c.Consistency
}

type comparison struct {
	Consistency
	table  *Table
	counts map[string]*SectionCount
	within section       // the one that the last address was in
	last   *SectionCount // its count
}

func (c *comparison) count(addr uint64) *SectionCount {
	if c.last != nil && c.within.start <= addr && addr < c.within.end {
		return c.last
	}
	c.within = c.table.sectionOf(addr)
	name := c.within.name
	if c.counts[name] == nil {
		c.counts[name] = &SectionCount{Section: name}
	}
	c.last = c.counts[name]
	return c.last
}

// leading returns the symbols at the front that have this address.
func leading(symbols []symbol, addr uint64) []symbol {
	n := 0
	for n < len(symbols) && symbols[n].addr == addr {
		n++
	}
	return symbols[:n]
}

// compare judges a Go function by the symbols at its entry.
func (c *comparison) compare(f Func, same []symbol) {
	if c.Stripped {
		return
	}
	n := c.count(f.Entry)
	if len(same) == 0 {
		n.OnlyGo++
		c.problem(Discrepancy{f.Entry, n.Section, f.Name, ""})
		return
	}
	n.ELF++
	for _, s := range same {
		if s.name == f.Name || spells(s.name, f.Name) {
			n.Both++
			return
		}
	}
	n.Renamed++
	c.problem(Discrepancy{f.Entry, n.Section, f.Name, same[0].name})
}

// skip counts the symbols of an address at which no Go function begins.
func (c *comparison) skip(symbols []symbol) []symbol {
	addr := symbols[0].addr
	n := c.count(addr)
	n.ELF++
	if inside, ok := c.table.Lookup(addr); ok {
		n.OnlyELF++
		c.problem(Discrepancy{addr, n.Section, inside.Name, symbols[0].name})
	} else {
		n.Foreign++
	}
	return symbols[len(leading(symbols, addr)):]
}

func (c *comparison) problem(d Discrepancy) {
	c.Problems++
	if len(c.Examples) < maxExamples {
		c.Examples = append(c.Examples, d)
	}
}

// spells reports whether a symbol names a Go function, but for what the linker does
// to names in the ELF table (cmd/link/internal/ld/symtab.go and lib.go): a suffix
// tells an assembler function from its wrapper, a dot stands for the middle dot in
// the names of its own functions, and in a plugin a second, local symbol stands
// beside every function that others can call.
func spells(symbol, name string) bool {
	symbol = strings.TrimSuffix(strings.TrimSuffix(symbol, ".abi0"), ".abiinternal")
	name = strings.ReplaceAll(name, "·", ".")
	symbol = strings.ReplaceAll(symbol, "·", ".")
	own := strings.TrimPrefix(symbol, "local.")
	return symbol == name || own == name || shortened(own, name)
}

// shortened reports whether a symbol is what plugins, and programs that load them,
// have for a function that is named after a type: a hash of 6 bytes in base64 takes
// the type's place (typeSymbolMangle in cmd/link/internal/ld/lib.go). What is hashed,
// and how, differs between versions of Go, so that only its form is looked at.
func shortened(symbol, name string) bool {
	const hash = 8 // characters
	from, to := 0, len(name)
	switch {
	case strings.HasPrefix(name, "type:"), strings.HasPrefix(name, "type."): // the latter before Go 1.20
		from = len("type:")
		if strings.HasPrefix(name[from:], ".") {
			from++
		}
	case strings.Contains(name, "@"): // in the version of a module, or in a tag
		from = strings.IndexByte(name, '[') + 1
		if end := strings.LastIndexByte(name, ']'); end > from {
			to = end
		}
	default:
		return false
	}
	middle, ok := strings.CutPrefix(symbol, name[:from])
	if !ok {
		return false
	}
	middle, ok = strings.CutSuffix(middle, name[to:])
	if _, err := base64.StdEncoding.DecodeString(middle); err != nil {
		return false
	}
	return ok && len(middle) == hash
}
