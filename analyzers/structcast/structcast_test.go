package structcast

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"testing"

	"github.com/hotvet/hotvet/analyzers/internal/corpus"
	"github.com/hotvet/hotvet/analyzers/internal/docs"
	"github.com/hotvet/hotvet/analyzers/internal/origin"
)

func TestCorpus(t *testing.T) { corpus.Run(t, Analyzer) }

func TestDoc(t *testing.T) {
	if _, err := docs.Parse(Analyzer.Doc); err != nil {
		t.Error(err)
	}
}

// TestFact keeps the fact small and the same after it went through a file.
func TestFact(t *testing.T) {
	in := &bytesFact{
		Results: []origin.Kind{"", origin.Mmap},
		Casts:   []sink{{Param: 1, TypeParam: -1, Type: "Header", Arch: true, conv: new(ast.Ident), elem: types.Typ[types.Int]}},
	}
	var buf bytes.Buffer
	if err := gob.NewEncoder(&buf).Encode(in); err != nil {
		t.Fatal(err)
	}
	if buf.Len() > 400 {
		t.Errorf("a fact takes %d bytes", buf.Len())
	}
	out := new(bytesFact)
	if err := gob.NewDecoder(&buf).Decode(out); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "bytes result1=mmap casts1"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if s := out.Casts[0]; s.Param != 1 || s.TypeParam != -1 || s.Type != "Header" || !s.Arch || s.conv != nil {
		t.Errorf("decoded %+v", s)
	}
}

func TestLayoutDiffers(t *testing.T) {
	for _, test := range []struct {
		fields []types.BasicKind
		want   bool
	}{
		{[]types.BasicKind{types.Uint32, types.Uint64}, true},
		{[]types.BasicKind{types.Uint64, types.Uint32, types.Uint32}, false},
		{[]types.BasicKind{types.Uint64, types.Uint32}, true}, // 12 or 16 bytes
		{[]types.BasicKind{types.Int}, true},
		{[]types.BasicKind{types.Uint32, types.Float32}, false},
		{[]types.BasicKind{types.Uintptr, types.Uint8}, true},
	} {
		var fields []*types.Var
		for _, kind := range test.fields {
			fields = append(fields, types.NewField(token.NoPos, nil, fmt.Sprint("F", len(fields)), types.Typ[kind], false))
		}
		st := types.NewStruct(fields, nil)
		if got := layoutDiffers(st); got != test.want {
			t.Errorf("%v: %t, want %t", st, got, test.want)
		}
	}
}

func TestBoundedToolchain(t *testing.T) {
	for constraint, want := range map[string]bool{
		"go1.20":                 false,
		"!go1.999":               true,
		"go1.20 && !go1.999":     true,
		"linux && !go1.999":      true,
		"!windows && !go1.999":   true,
		"linux || darwin":        false,
		"go1.20 && !go1.21":      false, // not built by this release
		"!purego && go1.18":      false,
		"(go1.18 && !go1.999)":   true,
		"linux && go1.1 || wasm": false,
	} {
		src := "//go:build " + constraint + "\n\npackage p\n"
		f, err := parser.ParseFile(token.NewFileSet(), "p.go", src, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if got := boundedToolchain(f); got != want {
			t.Errorf("%s: %t, want %t", constraint, got, want)
		}
	}
}
