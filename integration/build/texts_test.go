package build

import (
	"strings"
	"testing"
)

func TestTexts(t *testing.T) {
	src := "package main\n\nfunc main() {\n\ta.b.c()\n}\n"
	site := Site{Line: 4, Column: 2, Before: "first()", Texts: []Text{
		{Line: 4, Column: 2, Text: "outer("},
		{Line: 4, Column: 7, Text: ")", Closes: true},
		{Line: 4, Column: 2, Text: "inner("},
		{Line: 4, Column: 5, Text: ")", Closes: true},
		{Line: 4, Column: 9, Text: "; last()"},
	}}
	out, err := Insert("x.go", []byte(src), `"q"`, []Site{site})
	if err != nil {
		t.Fatal(err)
	}
	if want := "\tfirst(); outer(inner(a.b).c)(); last()\n"; !strings.Contains(string(out), want) {
		t.Errorf("got\n%s\nwant %s", out, want)
	}
	for _, wrong := range []Text{{Line: 9, Column: 1}, {Line: 0, Column: 1}, {Line: 5, Column: 999}, {Line: 4, Column: 0}} {
		if _, err := Insert("x.go", []byte(src), `"q"`, []Site{{Line: 4, Column: 2, Before: "f()", Texts: []Text{wrong}}}); err == nil {
			t.Errorf("%+v is taken", wrong)
		}
	}
}
