package symtab

import (
	"cmp"
	"slices"
	"sort"
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
}

func (c *comparison) count(addr uint64) *SectionCount {
	name := c.table.sectionOf(addr)
	if c.counts[name] == nil {
		c.counts[name] = &SectionCount{Section: name}
	}
	return c.counts[name]
}

// leading returns the symbols at the front that have this address.
func leading(symbols []symbol, addr uint64) []symbol {
	n := sort.Search(len(symbols), func(i int) bool { return symbols[i].addr > addr })
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
		if plain(s.name) == plain(f.Name) {
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

// plain drops the two differences in spelling between the tables: the suffix that
// tells an assembler function from its wrapper, and the middle dot in the names of
// the linker's own functions (cmd/link/internal/ld/symtab.go).
func plain(name string) string {
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".abi0"), ".abiinternal")
	return strings.ReplaceAll(name, "·", ".")
}
