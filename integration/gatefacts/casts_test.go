package gatefacts

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/finding"
)

// castsGo has a cast on each line that ends in a comment with what it names.
const castsGo = `package store

import (
	"reflect"
	"unsafe"

	mirror "example.test/other/layout/v2"
)

type record struct{ A, B uint64 }

type records []record

type pair[T any] struct{ A, B T }

type handle uintptr

func f(b []byte, p unsafe.Pointer) {
	_ = (*record)(unsafe.Pointer(&b[0])) // example.test/store.record
	_ = *(*[]record)(unsafe.Pointer(&b)) // example.test/store.record
	_ = (*[8]record)(p) // example.test/store.record
	_ = (*records)(p) // example.test/store.record
	_ = unsafe.Slice((*record)(unsafe.Add(p, 8)), 2) // example.test/store.record
	_ = (*reflect.SliceHeader)(unsafe.Pointer(&b)) // reflect.SliceHeader
	_ = (*mirror.Header)(p) // example.test/other/layout/v2.Header
	_ = (*pair[int32])(p) // example.test/store.pair[int32]
	var r record
	_ = (*[16]byte)(unsafe.Pointer(&r)) // example.test/store.record
	_ = (*elsewhere)(p) // example.test/store.elsewhere
	_ = (*uint64)(p) // error: no cast to a struct
	_ = (*handle)(p) // error: no cast to a struct
	_ = (*struct{ A int })(p) // error: the struct has no name
	type local struct{ A int }
	_ = (*local)(p) // error: declared inside a function
	_ = (*unknown.T)(p) // error: no import is called unknown
	_ = len(b) // error: no cast to a struct
	_ = *(*string)(unsafe.Pointer(&b)) // none
	_ = (*[2]uint64)(unsafe.Pointer(&b[0])) // none
	_ = (*handle)(unsafe.Pointer(&b[0])) // error: no cast to a struct
	_ = (*string)(unsafe.Pointer(uintptr(p))) // error: no cast to a struct
	var h handle
	_ = (*uint64)(unsafe.Pointer(&h)) // error: no cast to a struct
}

func g[T any](p unsafe.Pointer) *T {
	return (*T)(p) // error: the parameter T of a generic function
}
`

func TestCastTypes(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"store.go":         castsGo,
		"more.go":          "package store\n\ntype elsewhere struct{ A int }\n",
		"other_windows.go": "package store\n\ntype record struct{}\n",
		"broken.go":        "package store\n\nfunc {",
		"x_test.go":        "package store\n\ntype record struct{}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for i, line := range strings.Split(castsGo, "\n") {
		code, want, ok := strings.Cut(line, " // ")
		if !ok {
			continue
		}
		// A finding is at the cast, which begins behind the equals sign or return.
		column := strings.IndexAny(code, "=n") + 3
		f := &finding.Finding{
			Category: "structcast/file", Package: "example.test/store",
			Posn: finding.Position{File: "store.go", Line: i + 1, Column: column},
			End:  finding.Position{File: "store.go", Line: i + 1, Column: len(code) + 1},
		}
		if strings.Contains(code, "return") {
			f.Posn.Column = strings.Index(code, "(*T)") + 1
		}
		got, err := make(sources).castTypes(dir, f)
		if problem, isError := strings.CutPrefix(want, "error: "); isError {
			if err == nil || !strings.Contains(err.Error(), problem) {
				t.Errorf("%s: types %q, error %v", code, got, err)
			}
		} else if want == "none" && err == nil && len(got) == 0 {
			continue
		} else if err != nil || !slices.Equal(got, []string{want}) {
			t.Errorf("%s: types %q, error %v, want %s", code, got, err, want)
		}
	}
}

// TestCastRelated: a finding where bytes are read names the cast as its other end.
func TestCastRelated(t *testing.T) {
	dir := t.TempDir()
	const text = "package main\n\nimport \"unsafe\"\n\ntype index struct{ A int }\n\nfunc read(b []byte)\n\nfunc main() {\n\tvar ix index\n\tb := (*[8]byte)(unsafe.Pointer(&ix))\n\tread(b[:])\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	f := &finding.Finding{
		Package: "example.test/svc",
		Posn:    finding.Position{File: "main.go", Line: 12, Column: 2},
		End:     finding.Position{File: "main.go", Line: 12, Column: 12},
		Related: []finding.Related{{Posn: finding.Position{File: "main.go", Line: 11, Column: 7}}},
	}
	got, err := make(sources).castTypes(dir, f)
	if err != nil || !slices.Equal(got, []string{"main.index"}) {
		t.Errorf("types %q, error %v", got, err)
	}
}

// TestCastPlain: bytes that become a number have no layout, unless their other end is
// in a file that is not read.
func TestCastPlain(t *testing.T) {
	dir := t.TempDir()
	const text = "package main\n\nimport \"unsafe\"\n\nfunc main() {\n\tb := make([]byte, 8)\n\t_ = (*uint64)(unsafe.Pointer(&b[0]))\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	f := &finding.Finding{
		Analyzer: "structcast", Package: "example.test/svc",
		Posn:    finding.Position{File: "main.go", Line: 7, Column: 6},
		End:     finding.Position{File: "main.go", Line: 7, Column: 38},
		Related: []finding.Related{{Posn: finding.Position{File: "main.go", Line: 6, Column: 7}}},
	}
	o := &Options{Dir: dir, Findings: []*finding.Finding{f}}
	if got := o.layouts(nil, nil); len(got) != 0 {
		t.Errorf("layouts %+v, want none", got)
	}
	f.Related[0].Posn.File = "other.go"
	if got := o.layouts(nil, nil); len(got) != 1 || !strings.Contains(got[0].Changes.Unknown, "no cast to a struct") {
		t.Errorf("layouts %+v, want one that is unknown", got)
	}
}
