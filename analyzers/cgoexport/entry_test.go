package cgoexport

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

func TestKept(t *testing.T) {
	for _, test := range []struct {
		decl string // the call in question is at the @
		want bool
	}{
		{"var x = @f()", false},
		{"var x = func() int { return @f() }()", false},
		{"var x = func() int { return @f() }", true},
		{"var x = map[string]func(){`a`: func() { @f() }}", true},
		{"var x = g(func() { @f() })", true},
		{"func init() { @f() }", false},
		{"func init() { defer func() { @f() }() }", false},
		{"func init() { go func() { @f() }() }", true},
		{"func init() { x = func() { @f() } }", true},
	} {
		before, after, _ := strings.Cut("package p; "+test.decl, "@")
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, "x.go", before+after, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := kept(file.Decls[0], file.FileStart+token.Pos(len(before))); got != test.want {
			t.Errorf("%s: got %v, want %v", test.decl, got, test.want)
		}
	}
}
