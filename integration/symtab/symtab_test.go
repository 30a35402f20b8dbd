package symtab

import (
	"bufio"
	"bytes"
	"debug/elf"
	"debug/gosym"
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// kinds are the ways to build and link a binary.
var kinds = []struct {
	name     string
	flags    []string
	stripped bool
}{
	{"plain", nil, false},
	{"no DWARF", []string{"-ldflags=-w"}, false},
	{"stripped", []string{"-ldflags=-s -w"}, true},
	{"trimmed", []string{"-trimpath"}, false},
	{"position-independent", []string{"-buildmode=pie"}, false},
	{"cgo", []string{"cgo"}, false},
	{"cgo stripped", []string{"cgo", "-ldflags=-s -w"}, true},
	{"cgo position-independent", []string{"cgo", "-buildmode=pie"}, false},
	{"loads plugins", []string{"cgo", "plugin"}, false},
}

// TestRunning compares the table of each kind of binary with its ELF table, and
// with what the run-time says when the binary runs: every function's entry and
// addresses over all of the code.
func TestRunning(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("a Linux binary is run")
	}
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			path := build(t, nil, kind.flags...)
			table := open(t, path)
			if table.Stripped() != kind.stripped {
				t.Errorf("Stripped() = %v", table.Stripped())
			}
			checkConsistent(t, table, kind.stripped)
			a := ask(t, path, table, table.probe())
			if a.Problems > 0 {
				t.Errorf("%d of %d addresses disagree: %+v", a.Problems, a.Asked, a.Examples)
			}
			if a.Same < a.Asked/2 || a.Inlined == 0 {
				t.Errorf("%d the same and %d inlined of %d addresses", a.Same, a.Inlined, a.Asked)
			}
		})
	}
}

func checkConsistent(t *testing.T, table *Table, stripped bool) {
	t.Helper()
	c := table.Consistency()
	if !c.Consistent() || c.Stripped != stripped {
		t.Errorf("inconsistent: %+v", c)
	}
	sources := 2 // moduledata and symbol
	if stripped {
		sources = 1
	}
	if len(c.Text) != sources {
		t.Errorf("sources of the text start: %+v", c.Text)
	}
	i := slices.IndexFunc(c.Sections, func(s SectionCount) bool { return s.Section == ".text" })
	if i < 0 || c.Sections[i].Gosym < 1000 {
		t.Fatalf("sections: %+v", c.Sections)
	}
	if text := c.Sections[i]; !stripped && text.Both < 1000 {
		t.Errorf(".text: %+v", text)
	}
}

// probe returns the entries of all functions and addresses over all of the code.
func (t *Table) probe() []uint64 {
	var pcs []uint64
	for _, f := range t.Funcs {
		pcs = append(pcs, f.Entry)
	}
	for _, pc := range t.spread(20_000) {
		pcs = append(pcs, pc)
	}
	return pcs
}

// ask runs the binary at path, which table was read from, with addresses of a file.
func ask(t *testing.T, path string, table *Table, pcs []uint64) Agreement {
	t.Helper()
	bias := startBias(t, path, table)
	var in bytes.Buffer
	for _, pc := range pcs {
		fmt.Fprintf(&in, "%x\n", pc+bias)
	}
	answers := make(map[uint64]Answer)
	out := run(t, path, &in)
	if got := bias; got != biasOf(t, table, out) {
		t.Fatal("the binary was loaded elsewhere the second time; address randomization is on")
	}
	for out.Scan() {
		var pc uint64
		var a Answer
		if n, _ := fmt.Sscanf(out.Text(), "%x %x", &pc, &a.Entry); n != 2 {
			t.Fatalf("answer %q", out.Text())
		}
		if words := strings.SplitN(out.Text(), " ", 3); len(words) == 3 {
			a.Name = words[2]
		}
		answers[pc] = a
	}
	if len(answers) < len(pcs)/2 {
		t.Fatalf("%d answers to %d questions", len(answers), len(pcs))
	}
	return table.Agree(answers, bias)
}

// startBias finds where the binary is loaded when the kernel does not randomize it.
func startBias(t *testing.T, path string, table *Table) uint64 {
	t.Helper()
	return biasOf(t, table, run(t, path, strings.NewReader("")))
}

// biasOf reads the first line that the program prints.
func biasOf(t *testing.T, table *Table, out *bufio.Scanner) uint64 {
	t.Helper()
	var entry uint64
	if !out.Scan() {
		t.Fatal("no answer")
	}
	if n, _ := fmt.Sscanf(out.Text(), "%x main.first", &entry); n != 1 {
		t.Fatalf("first answer %q", out.Text())
	}
	bias, err := table.Bias("main.first", entry)
	if err != nil {
		t.Fatal(err)
	}
	return bias
}

// run runs the program without address randomization.
func run(t *testing.T, path string, in interface{ Read([]byte) (int, error) }) *bufio.Scanner {
	t.Helper()
	cmd := exec.Command(path, "answer")
	if f, err := elf.Open(path); err == nil {
		if f.Type == elf.ET_DYN {
			setarch, err := exec.LookPath("setarch")
			if err != nil {
				t.Skip("setarch is needed to load a position-independent binary twice at the same address")
			}
			cmd = exec.Command(setarch, "-R", path, "answer")
		}
		f.Close()
	}
	cmd.Stdin = in
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return bufio.NewScanner(bytes.NewReader(out))
}

// TestOldInNew follows the addresses of one binary in another, and checks the
// answer with a run of that other.
func TestOldInNew(t *testing.T) {
	old := open(t, build(t, nil))
	tests := []struct {
		name   string
		change []string
		judge  func(Moves) bool
	}{
		{"same", nil, func(m Moves) bool {
			return m.Stayed == m.Old && m.Code.Wrong() == 0 && m.Added == 0 && len(m.Examples) == 0
		}},
		{"body", []string{changeBody}, func(m Moves) bool {
			return m.Moved > 0 && m.Stayed > m.Old/2 && m.Code.Wrong() > 0 && m.Code.Wrong() < 0.5
		}},
		{"field", []string{insertField}, func(m Moves) bool {
			return m.Moved == 0 && m.Removed == 1 && m.Added == 1 // the instance named after the struct
		}},
		{"import", []string{addImport, useImport}, func(m Moves) bool {
			return m.Moved > m.Old/2 && m.Added > 100 && m.Code.Wrong() > 0.5 && m.Entries.Wrong() > 0.5
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := build(t, tt.change)
			new := open(t, path)
			m, err := Compare(old, new)
			if err != nil {
				t.Fatal(err)
			}
			if !tt.judge(m) || m.Stayed+m.Moved+m.Removed != m.Old || m.Entries.Asked != m.Old {
				t.Errorf("%+v", m)
			}
			t.Logf("moved %d of %d; wrong: entries %.3f, code %.3f of %d; shifted %d",
				m.Moved, m.Old, m.Entries.Wrong(), m.Code.Wrong(), m.Code.Asked, m.Code.Shifted)
			if runtime.GOOS != "linux" {
				t.Skip("a Linux binary is run")
			}
			a := ask(t, path, new, old.probe())
			if a.Problems > 0 {
				t.Errorf("%d of %d addresses disagree: %+v", a.Problems, a.Asked, a.Examples)
			}
		})
	}
}

// TestAgreeSees makes sure that a wrong table is noticed.
func TestAgreeSees(t *testing.T) {
	table := &Table{Funcs: []Func{{0x1000, 0x1100, "main.a"}, {0x1100, 0x1180, "main.b[go.shape.int]"}}}
	answers := map[uint64]Answer{
		0x1010: {"main.a", 0x1000},       // the same
		0x1020: {"main.inlined", 0x1000}, // inlined there
		0x1110: {"main.b[...]", 0x1100},  // the same
		0x1120: {"main.b[...]", 0x1110},  // begins elsewhere
		0x1130: {},                       // not known to the run-time
		0x1200: {"main.c", 0x1200},       // not known to the table
		0x1300: {},                       // not known to either
		0x1140: {"", 0x1100},             // the one without a name, inlined there
	}
	a := table.Agree(answers, 0)
	if a.Asked != 8 || a.Same != 3 || a.Inlined != 2 || a.Problems != 3 || len(a.Examples) != 3 {
		t.Errorf("%+v", a)
	}
	shifted := make(map[uint64]Answer)
	for pc, answer := range answers {
		if answer.Entry != 0 {
			answer.Entry += 0x5000
		}
		shifted[pc+0x5000] = answer
	}
	if b := table.Agree(shifted, 0x5000); b.Same != a.Same || b.Inlined != a.Inlined || b.Problems != a.Problems {
		t.Errorf("with a bias: %+v", b)
	}
}

// TestConsistencySees makes sure that each kind of disagreement is noticed.
func TestConsistencySees(t *testing.T) {
	table := &Table{
		Funcs: []Func{{0x1000, 0x1100, "main.a"}, {0x1100, 0x1200, "main.b"}, {0x1200, 0x1300, "type:.eq.main.T·1"}, {0x1300, 0x1400, "main.d"}},
		symbols: []symbol{
			{0x800, "_start"}, {0x1000, "runtime.text"}, {0x1000, "main.a.abi0"}, {0x1100, "main.x"},
			{0x1180, "main.y"}, {0x1200, "type:.eq.main.T.1"}, {0x9000, "main"},
		},
		sections: []section{{".text", 0x800, 0x2000}},
		text:     []TextStart{{"moduledata", 0x1000}},
	}
	c := table.Consistency()
	want := []SectionCount{
		{Section: ".text", Gosym: 4, ELF: 5, Both: 2, Renamed: 1, OnlyGo: 1, OnlyELF: 1, Foreign: 1},
		{Section: "no section", ELF: 1, Foreign: 1},
	}
	if !slices.Equal(c.Sections, want) || c.Problems != 3 || len(c.Examples) != 3 || c.Consistent() {
		t.Errorf("%+v", c)
	}
	table.symbols, table.stripped = nil, true
	if c := table.Consistency(); !c.Consistent() {
		t.Errorf("stripped: %+v", c)
	}
	table.text = append(table.text, TextStart{"runtime.text", 0x1100})
	if c := table.Consistency(); c.Consistent() {
		t.Error("two text starts are consistent")
	}
}

// TestPlugin reads what the linker gives local and shortened names.
func TestPlugin(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("a plugin for Linux is linked")
	}
	table := open(t, build(t, nil, "cgo", "-buildmode=plugin"))
	checkConsistent(t, table, false)
	if !slices.ContainsFunc(table.symbols, func(s symbol) bool { return strings.HasPrefix(s.name, "local.type:.") }) {
		t.Error("the plugin has no local name of a type's function")
	}
}

func TestSpells(t *testing.T) {
	for _, tt := range []struct {
		symbol, name string
		want         bool
	}{
		{"main.a", "main.a", true},
		{"main.a.abi0", "main.a", true},
		{"local.main.a.abiinternal", "main.a", true},
		{"type:.1uJYDrHb", "type:.eq.internal/abi.UncommonType", true},
		{"local.type:.1uJYDrHb", "type:.eq.internal/abi.UncommonType", true},
		{"type..1uJYDrHb", "type..eq.internal/abi.UncommonType", true},
		{"main.f[1uJYDrHb]", "main.f[go.shape.struct { a@v1.T }]", true},
		{"main.g[1uJYDrHb]", "main.f[go.shape.struct { a@v1.T }]", false},
		{"main.f[1uJYDrHb]", "main.f[go.shape.int]", false},
		{"type:.1uJYDr", "type:.eq.internal/abi.UncommonType", false},
		{"type:.eq.main.T", "type:.eq.main.U", false},
		{"main.1uJYDrHb", "type:.eq.main.U", false},
		{"local.main.b", "main.a", false},
	} {
		if got := spells(tt.symbol, tt.name); got != tt.want {
			t.Errorf("%s for %s: %v", tt.symbol, tt.name, got)
		}
	}
}

// TestGosym holds every function against what debug/gosym reads of the same section.
func TestGosym(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			path := build(t, nil, kind.flags...)
			table := open(t, path)
			f, err := elf.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			s := f.Section(".gopclntab")
			if s == nil {
				s = f.Section(".data.rel.ro.gopclntab")
			}
			data, err := s.Data()
			if err != nil {
				t.Fatal(err)
			}
			other, err := gosym.NewTable(nil, gosym.NewLineTable(data, table.text[0].Address))
			if err != nil {
				t.Fatal(err)
			}
			if len(other.Funcs) != len(table.Funcs) || len(table.Funcs) < 1000 {
				t.Fatalf("%d functions, and %d by debug/gosym", len(table.Funcs), len(other.Funcs))
			}
			for i, got := range table.Funcs {
				if want := (Func{other.Funcs[i].Entry, other.Funcs[i].End, other.Funcs[i].Name}); got != want {
					t.Fatalf("function %d: %+v, and %+v by debug/gosym", i, got, want)
				}
			}
		})
	}
}
