package symtab

import (
	"os/exec"
	"testing"
)

func TestPackageOf(t *testing.T) {
	for name, want := range map[string]string{
		"main.main":                                  "main",
		"go.uber.org/zap.New":                        "go.uber.org/zap",
		"gopkg.in/yaml%2ev3.(*Node).Decode":          "gopkg.in/yaml.v3",
		"main.second[go.shape.struct { a/b.C int }]": "main",
		"slices.Sort[go.shape.[]x.org/y.T,z.U]":      "slices",
		"main.(*Pair[go.shape.int,a/b.T]).Get":       "main",
		"type:.eq.main.T":                            "",
		"go:textfipsstart":                           "",
		"type:.eq.go.uber.org/zap.T":                 "",
		"_cgo_sys_thread_start":                      "",
		"":                                           "",
	} {
		if got := PackageOf(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestPackages counts bytes and functions of tables small enough to do by hand.
func TestPackages(t *testing.T) {
	old := &Table{Funcs: []Func{
		{0x100, 0x200, "a.stays"}, {0x200, 0x300, "a.shrinks"}, {0x300, 0x400, "b.moves"}, {0x500, 0x540, "b.gone"},
	}}
	new := &Table{Funcs: []Func{
		{0x100, 0x200, "a.stays"}, {0x200, 0x280, "a.shrinks"}, {0x280, 0x2c0, "c.added"}, {0x2e0, 0x320, "c.more"}, {0x320, 0x420, "b.moves"},
	}}
	want := []PackageMoves{
		{"a", 2, 2, 0, 0, 0, Bytes{Code: 0x200, Other: 0x60, Nowhere: 0x20}},
		{"b", 2, 0, 1, 1, 0, Bytes{Code: 0x140, Shifted: 0xe0, Other: 0x20, Nowhere: 0x40}},
		{"c", 0, 0, 0, 0, 2, Bytes{}},
	}
	// Most wrong bytes first; b has 0x60 of them and a 0x80.
	got := Packages(old, new)
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%+v, want %+v", got[i], want[i])
		}
	}
	if w := got[1].Bytes.Wrong(); w != 0.3 {
		t.Errorf("%v of b is wrong, want 0.3", w)
	}
}

// TestContents builds with the flags, and runs the programs, that remove tables.
func TestContents(t *testing.T) {
	tests := []struct {
		name  string
		flags []string
		strip []string
		want  Contents
	}{
		{"plain", nil, nil, Contents{Symbols: true, DWARF: true}},
		{"-w", []string{"-ldflags=-w"}, nil, Contents{Symbols: true}},
		{"-s", []string{"-ldflags=-s"}, nil, Contents{}},
		{"-s -w", []string{"-ldflags=-s -w"}, nil, Contents{}},
		{"pie", []string{"-buildmode=pie"}, nil, Contents{Symbols: true, DWARF: true, PIE: true}},
		{"cgo", []string{"cgo"}, nil, Contents{Symbols: true, DWARF: true, Cgo: true}},
		{"strip", nil, []string{"strip"}, Contents{}},
		{"strip -g", nil, []string{"strip", "-g"}, Contents{Symbols: true}},
		{"debuglink", nil, []string{"objcopy", "--strip-debug", "--add-gnu-debuglink=/dev/null"}, Contents{Symbols: true, DebugLink: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := build(t, nil, tt.flags...)
			if tt.strip != nil {
				tool, err := exec.LookPath(tt.strip[0])
				if err != nil {
					t.Skip(tt.strip[0] + " is needed to remove tables")
				}
				if out, err := exec.Command(tool, append(tt.strip[1:], path)...).CombinedOutput(); err != nil {
					t.Fatalf("%s: %v\n%s", tool, err, out)
				}
			}
			got := open(t, path).Contents()
			if got.BuildID == "" && !got.Cgo { // the C linker of some hosts makes none
				t.Error("no build id")
			}
			got.BuildID = ""
			if got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestFileAddress(t *testing.T) {
	table := &Table{segments: []segment{{0, 0x1000, 0x400000}, {0x1000, 0x2000, 0x402000}}}
	if pc, ok := table.FileAddress(0x402123, 0x402000, 0x1000); !ok || pc != 0x402123 {
		t.Errorf("at a fixed address: %#x, %v", pc, ok)
	}
	table.contents.PIE = true
	if pc, ok := table.FileAddress(0x7f0000000123, 0x7f0000000000, 0x1000); !ok || pc != 0x402123 {
		t.Errorf("position-independent: %#x, %v", pc, ok)
	}
	if pc, ok := table.FileAddress(0x7f0000009123, 0x7f0000000000, 0x1000); ok {
		t.Errorf("outside of the file: %#x", pc)
	}
}
