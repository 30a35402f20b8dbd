package symplot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"
)

// WriteJSON writes {"symtab": report} on one line.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(map[string]*Report{"symtab": r})
}

// textWriter lays out tables. Errors come when it is flushed.
type textWriter struct {
	*tabwriter.Writer
}

// row writes the cells of one row.
func (t textWriter) row(cells ...any) {
	words := make([]string, len(cells))
	for i, c := range cells {
		words[i] = printable(fmt.Sprint(c))
	}
	fmt.Fprintln(t, strings.TrimRight(strings.Join(words, "\t"), "\t"))
}

// title begins a part.
func (t textWriter) title(format string, args ...any) {
	t.Flush() // columns are aligned within a part
	fmt.Fprintf(t, "\n%s\n", printable(fmt.Sprintf(format, args...)))
	t.Flush()
}

// printable keeps what a binary or a record calls its functions from controlling a
// terminal or the layout.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// WriteText writes the report for people, with the first top packages.
func (r *Report) WriteText(w io.Writer, top int) error {
	var buf bytes.Buffer
	t := textWriter{tabwriter.NewWriter(&buf, 0, 8, 2, ' ', 0)}
	for _, row := range r.Rows {
		t.row(row.Check, row.Result, row.Reason)
	}
	if r.Old != nil {
		t.binary("OLD", r.Old, false)
		t.binary("NEW", r.New, false)
		t.moves(r, top)
		t.addresses(r.Addresses)
	} else {
		t.binary("binary", r.New, true)
	}
	t.Flush()
	_, err := w.Write(buf.Bytes())
	return err
}

// binary tells of one file. A comparison does not need what is as it should be.
func (t textWriter) binary(title string, b *Binary, all bool) {
	t.title("%s: %s", title, b.line())
	for _, c := range b.Tables {
		if !all && c.State == Present {
			continue
		}
		state := c.State
		verb := "serves"
		if c.State != Present {
			state, verb = c.State+" by "+c.By, "lost"
		}
		t.row("  "+c.Name, state)
		for _, k := range c.Keeps {
			t.row("    " + verb + ": " + k)
		}
	}
	if all {
		t.title("functions by address, section by section")
		t.row("  section", "gosym", "ELF", "both", "renamed", "only gosym", "only ELF", "outside Go")
		for _, s := range b.Sections {
			t.row("  "+s.Name, s.Gosym, s.ELF, s.Both, s.Renamed, s.OnlyGo, s.OnlyELF, s.Foreign)
		}
	}
	if len(b.Examples) > 0 {
		t.title("%s of %s where the tables disagree", plural(len(b.Examples), "example"), b.Path)
		t.row("  address", "section", "gosym", "ELF")
		for _, d := range b.Examples {
			t.row("  "+d.Address.String(), d.Section, named(d.Gosym), named(d.ELF))
		}
	}
}

// line says in a few words what a file is.
func (b *Binary) line() string {
	words := []string{b.Path, b.Machine, plural(b.Functions, "function")}
	if b.PIE {
		words = append(words, "position-independent")
	}
	if b.Cgo {
		words = append(words, "cgo")
	}
	return strings.Join(words, ", ")
}

// moves lists the packages whose addresses mislead most, and examples.
func (t textWriter) moves(r *Report, top int) {
	m := r.Moves
	t.title("what NEW says of OLD's code addresses, %d bytes", m.Code.Bytes)
	right := m.Code.Bytes - m.Code.Shifted - m.Code.Other - m.Code.Nowhere
	for _, p := range []struct {
		n    uint64
		what string
	}{
		{right, "the same function at the same place"},
		{m.Code.Shifted, "the same function, another instruction of it"},
		{m.Code.Other, "another function"},
		{m.Code.Nowhere, "no function"},
	} {
		t.row("  "+percent(share(p.n, m.Code.Bytes)), p.what)
	}
	list := changed(r.Packages)
	if len(list) == 0 {
		return
	}
	t.title("packages with most addresses that mislead, %d of %d that changed", min(top, len(list)), len(list))
	t.row("  wrong", "moved", "went", "new", "of", "package")
	for _, p := range list[:min(top, len(list))] {
		t.row("  "+percent(p.Code.Wrong), p.Moved, p.Removed, p.Added, p.Old, p.title())
	}
	if len(m.Examples) > 0 {
		t.title("the first functions that moved or went")
		t.row("  OLD", "NEW", "function", "what NEW calls the old address")
		for _, e := range m.Examples {
			to := "gone"
			if e.New != 0 {
				to = e.New.String()
			}
			t.row("  "+e.Old.String(), to, e.Name, named(e.Then))
		}
	}
}

// addresses lists a record, whole: it was asked for.
func (t textWriter) addresses(a *Addresses) {
	if a == nil {
		return
	}
	t.title("addresses of %s (%s)", a.Source, a.Kind)
	t.row("  address", "", "OLD", "NEW")
	for _, one := range a.List {
		switch one.Result {
		case Unknown:
			t.row("  "+one.PC.String(), one.Result, one.Problem)
		default:
			t.row("  "+one.PC.String(), one.Result, one.Old, "-> "+named(one.New))
		}
	}
}

func changed(list []Package) []Package {
	var out []Package
	for _, p := range list {
		if p.changed() {
			out = append(out, p)
		}
	}
	return out
}

func (p *Package) title() string {
	if p.Name == "" {
		return "(made by the compiler or linker)"
	}
	return shown(p.Name)
}

func share(n, of uint64) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}
