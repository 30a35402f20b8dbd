package symtab

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// An Answer is what a running image says of one address: the results of
// runtime.FuncForPC(pc).Name and Entry. Both are zero where FuncForPC is nil.
type Answer struct {
	Name  string
	Entry uint64
}

// An Agreement compares answers with the table.
type Agreement struct {
	Asked    int
	Same     int // entry and name agree, or both know no function
	Inlined  int // the entry agrees; the name is that of a function inlined at this address
	Problems int
	Examples []Disagreement // the first, by address
}

// A Disagreement is an address that the run-time and the table see differently.
type Disagreement struct {
	PC     uint64 // as in the file
	Table  Func   // zero when the table knows no function
	Answer Answer
}

// Agree compares the table of a file with what runtime.FuncForPC answered in an
// image of it. The keys are addresses as the process sees them; bias is what the
// loader added to those of the file (see Bias; 0 unless the binary is
// position-independent).
//
// FuncForPC names the innermost function where another was inlined, but gives the
// entry of the outermost (runtime/symtab.go), and it shortens type arguments to
// [...]. So the entry decides, and a different name at the right entry is counted
// apart. It has no name for the function whose name stands first in the table:
// offset 0 means none (runtime.moduledata.funcName).
func (t *Table) Agree(answers map[uint64]Answer, bias uint64) Agreement {
	var a Agreement
	for _, pc := range slices.SortedFunc(maps.Keys(answers), cmp.Compare[uint64]) {
		got := answers[pc]
		if got.Entry != 0 {
			got.Entry -= bias
		}
		want, ok := t.Lookup(pc - bias)
		a.Asked++
		switch {
		case !ok && got == (Answer{}), ok && got == Answer{t.known(want.Name), want.Entry}:
			a.Same++
		case ok && got.Entry == want.Entry:
			a.Inlined++
		default:
			a.Problems++
			if len(a.Examples) < maxExamples {
				a.Examples = append(a.Examples, Disagreement{pc - bias, want, got})
			}
		}
	}
	return a
}

// known is what the run-time calls a function.
func (t *Table) known(name string) string {
	if name == t.unnamed {
		return ""
	}
	return printed(name)
}

// Bias returns what the loader added to the addresses of the file, given the entry
// of a function in the process, such as that of "runtime.main".
func (t *Table) Bias(name string, entry uint64) (uint64, error) {
	for _, f := range t.Funcs {
		if f.Name == name {
			return entry - f.Entry, nil
		}
	}
	return 0, fmt.Errorf("%s has no function %s", t.Path, shorten(name))
}

// printed spells a function's name as runtime.(*Func).Name does: what stands
// between its first and last bracket is left out.
func printed(name string) string {
	i, j := strings.IndexByte(name, '['), strings.LastIndexByte(name, ']')
	if i < 0 || j <= i {
		return name
	}
	return name[:i] + "[...]" + name[j+1:]
}
