package symplot

import (
	"fmt"
	"strings"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/symtab"
)

// A Hex is an address. JSON has it as a string: numbers above 2^53 lose digits in
// many readers.
type Hex uint64

// MarshalText implements [encoding.TextMarshaler].
func (h Hex) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

func (h Hex) String() string { return fmt.Sprintf("%#x", uint64(h)) }

// A Binary is one file by itself.
type Binary struct {
	Path       string          `json:"path"`
	Machine    string          `json:"machine"`
	PIE        bool            `json:"pie"`
	Cgo        bool            `json:"cgo"`
	BuildID    string          `json:"build_id,omitempty"` // the GNU one
	Functions  int             `json:"functions"`          // in the Go line table
	Consistent bool            `json:"consistent"`         // also of a file that has one table only
	Text       []TextStart     `json:"text_start"`
	Sections   []Section       `json:"sections"`
	Problems   int             `json:"problems"` // addresses at which the tables disagree
	Examples   []Disagreement  `json:"examples,omitempty"`
	Tables     []TableContents `json:"tables"`
}

// A TextStart is one source's word for the start of the Go code.
type TextStart struct {
	Source  string `json:"source"`
	Address Hex    `json:"address"`
}

// A Section counts functions by address; see symtab.SectionCount.
type Section struct {
	Name    string `json:"name"`
	Gosym   int    `json:"gosym"`
	ELF     int    `json:"elf"`
	Both    int    `json:"both"`
	Renamed int    `json:"renamed"`
	OnlyGo  int    `json:"only_gosym"`
	OnlyELF int    `json:"only_elf"`
	Foreign int    `json:"foreign"`
}

// A Disagreement is an address that the tables name differently.
type Disagreement struct {
	Address Hex    `json:"address"`
	Section string `json:"section"`
	Gosym   string `json:"gosym"` // "" when unknown
	ELF     string `json:"elf"`
}

// What a table of a binary can be.
const (
	Present   = "present"
	Removed   = "removed"
	Elsewhere = "in another file"
)

// TableContents says whether a table is there and what depends on it.
type TableContents struct {
	Name  string   `json:"name"`
	State string   `json:"state"`        // Present, Removed or Elsewhere
	By    string   `json:"by,omitempty"` // what removes it
	Keeps []string `json:"keeps"`        // what works because of it, or does not without it
}

// describe says what a file is and how far its tables agree.
func describe(t *symtab.Table) *Binary {
	c, has := t.Consistency(), t.Contents()
	b := &Binary{
		Path:       t.Path,
		Machine:    strings.TrimPrefix(t.Machine.String(), "EM_"),
		PIE:        has.PIE,
		Cgo:        has.Cgo,
		BuildID:    has.BuildID,
		Functions:  len(t.Funcs),
		Consistent: c.Consistent(),
		Problems:   c.Problems,
		Tables:     tables(has),
	}
	for _, s := range c.Text {
		b.Text = append(b.Text, TextStart{s.Source, Hex(s.Address)})
	}
	for _, s := range c.Sections {
		b.Sections = append(b.Sections, Section{s.Section, s.Gosym, s.ELF, s.Both, s.Renamed, s.OnlyGo, s.OnlyELF, s.Foreign})
	}
	for _, d := range c.Examples {
		b.Examples = append(b.Examples, Disagreement{Hex(d.Address), d.Section, d.Gosym, d.ELF})
	}
	return b
}

// tables lists what strip and the linker's flags take away, and what is lost with
// it. The file does not tell which of them did it. Checked with Go 1.26, binutils
// 2.40, gdb 13 and perf 6.
func tables(has symtab.Contents) []TableContents {
	symbols := TableContents{Name: "ELF symbols (.symtab)", State: Present, Keeps: []string{
		"go tool nm and go tool objdump",
		"perf, gdb and uprobes by the name of a function",
		"hotvet symtab and gate: a second table to hold the Go line table against",
	}}
	if has.Cgo {
		symbols.Keeps = append(symbols.Keeps, "names of C functions, which the Go line table does not have")
	}
	if !has.Symbols {
		symbols.State, symbols.By = Removed, "strip or -ldflags=-s"
	}
	debug := TableContents{Name: "DWARF (.debug_*)", State: Present, Keeps: []string{
		"lines, variables and types in gdb and Delve",
		"hotvet gate: the layout of structs that outside bytes are cast to",
	}}
	if has.Cgo {
		debug.Keeps = append(debug.Keeps, "hotvet gate: the types of exported C callbacks")
	}
	switch {
	case has.DWARF:
	case has.DebugLink:
		debug.State, debug.By = Elsewhere, "strip, with .gnu_debuglink naming the file; hotvet does not follow it"
	case has.Symbols:
		debug.State, debug.By = Removed, "strip -g or -ldflags=-w"
	default:
		debug.State, debug.By = Removed, "strip or -ldflags=-s, which implies -w"
	}
	return []TableContents{
		{Name: "Go line table (.gopclntab)", State: Present, Keeps: []string{
			"stack traces, runtime.FuncForPC, the names in pprof files, go tool addr2line",
			"hotvet symtab and gate: what moved",
		}},
		symbols, debug,
	}
}

// rows judge one file by itself.
func (b *Binary) rows(side string) []finding.Row {
	start := finding.Row{Check: "text/" + side, Result: finding.Pass}
	var sources []string
	for _, t := range b.Text {
		sources = append(sources, fmt.Sprintf("%s by %s", t.Address, t.Source))
		if t.Address != b.Text[0].Address {
			start.Result = finding.Fail
		}
	}
	start.Reason = "Go code starts at " + strings.Join(sources, ", ")
	tables := finding.Row{Check: "symbols/" + side, Result: finding.Pass}
	foreign, has := 0, false
	for _, s := range b.Sections {
		foreign += s.Foreign
		has = has || s.ELF > 0
	}
	switch {
	case b.Problems > 0:
		d := b.Examples[0]
		tables.Result = finding.Fail
		tables.Reason = fmt.Sprintf("the Go line table and the ELF symbols disagree at %s, such as %s in %s: %s and %s",
			plural(b.Problems, "address"), d.Address, d.Section, named(d.Gosym), named(d.ELF))
	case !has:
		tables.Result = finding.Unknown
		tables.Reason = fmt.Sprintf("%s in the Go line table; there are no ELF symbols to compare with", plural(b.Functions, "function"))
	default:
		tables.Reason = fmt.Sprintf("%s in the Go line table, each with an ELF symbol of its name at its address", plural(b.Functions, "function"))
		if foreign > 0 {
			tables.Reason += fmt.Sprintf("; %d more ELF symbols are outside of the Go code", foreign)
		}
	}
	return []finding.Row{start, tables}
}

func named(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}
