package build

import (
	"go/format"
	"strings"
	"testing"
)

// In sources of these tests a site is marked by an @.
func insertAt(t *testing.T, marked string) (string, bool) {
	t.Helper()
	before, after, found := strings.Cut(marked, "@")
	if !found {
		t.Fatal("no mark")
	}
	src := []byte(before + after)
	site := Site{
		Line:   strings.Count(before, "\n") + 1,
		Column: len(before) - strings.LastIndex(before, "\n"),
		Before: "p.Hit(1)",
	}
	ok, err := Insertable("x.go", src, site)
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		if _, err := Insert("x.go", src, `p "q"`, []Site{site}); err == nil {
			t.Error("Insert takes what is not Insertable")
		}
		return "", false
	}
	out, err := Insert("x.go", src, `p "q"`, []Site{site})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := format.Source(out); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if got, want := strings.Count(string(out), "\n"), strings.Count(string(src), "\n"); got != want {
		t.Errorf("%d lines became %d", want, got)
	}
	return string(out), true
}

func TestInsert(t *testing.T) {
	for _, test := range []struct{ name, body, want string }{
		{"call", "f()\n\t@g()", "f()\n\tp.Hit(1); g()"},
		{"inside a call", "f(g(@h()))", "p.Hit(1); f(g(h()))"},
		{"if with init", "if err := @f(); err != nil {\n\t\tg()\n\t}", "p.Hit(1); if err := f(); err != nil {\n\t\tg()\n\t}"},
		{"else if", "if a {\n\t} else if @f() {\n\t}", "p.Hit(1); if a {\n\t} else if f() {\n\t}"},
		{"closure", "go func() { f(); @g() }()", "go func() { f(); p.Hit(1); g() }()"},
		{"case", "switch x {\n\tcase 1:\n\t\t@f()\n\t}", "switch x {\n\tcase 1:\n\t\tp.Hit(1); f()\n\t}"},
		{"select", "select {\n\tcase <-c:\n\t\t@f()\n\t}", "select {\n\tcase <-c:\n\t\tp.Hit(1); f()\n\t}"},
		{"label", "L:\n\tfor {\n\t\tf(@g)\n\t\tbreak L\n\t}", "L:\n\tfor {\n\t\tp.Hit(1); f(g)\n\t\tbreak L\n\t}"},
		{"defer", "defer @f()", "p.Hit(1); defer f()"},
		{"composite literal", "x := T{\n\t\tA: @f(),\n\t}", "p.Hit(1); x := T{\n\t\tA: f(),\n\t}"},
	} {
		t.Run(test.name, func(t *testing.T) {
			head := "// Package comment.\npackage main // note\n\nfunc main() {\n\t"
			got, ok := insertAt(t, head+test.body+"\n}\n")
			want := strings.Replace(head, "package main", `package main; import p "q"`, 1) + test.want + "\n}\n"
			if !ok || got != want {
				t.Errorf("got %v\n%s\nwant\n%s", ok, got, want)
			}
		})
	}
}

func TestWrap(t *testing.T) {
	wrap := Callee{Path: "runtime/pprof", Func: "StartCPUProfile", Argument: "p.W(1, "}
	for _, test := range []struct{ imports, call, want string }{
		{`"runtime/pprof"`, "pprof.StartCPUProfile(f)", "pprof.StartCPUProfile(p.W(1, f))"},
		{`prof "runtime/pprof"`, "prof.StartCPUProfile(open(x))", "prof.StartCPUProfile(p.W(1, open(x)))"},
		{`"net/http/pprof"`, "pprof.StartCPUProfile(f)", "pprof.StartCPUProfile(f)"},
		{`"runtime/pprof"`, "pprof.StopCPUProfile()", "pprof.StopCPUProfile()"},
		{`"runtime/pprof"`, "start(pprof.StartCPUProfile)", "start(pprof.StartCPUProfile)"},
	} {
		src := "package main\n\nimport " + test.imports + "\n\nfunc main() {\n\t" + test.call + "\n}\n"
		out, err := Insert("x.go", []byte(src), `"q"`, []Site{{Line: 6, Column: 2, Before: "hit()", Callees: []Callee{wrap}}})
		if err != nil {
			t.Fatal(err)
		}
		if want := "\thit(); " + test.want + "\n"; !strings.Contains(string(out), want) {
			t.Errorf("got\n%s\nwant %s", out, want)
		}
	}
}

func TestNotInsertable(t *testing.T) {
	for _, src := range []string{
		"@package main\n\nfunc main() {}\n",
		"package main\n\nvar x = @f()\n",
		"package main\n\nfunc main(a @int) {}\n",
		"package main\n\nfunc main() {@}\n",
	} {
		if out, ok := insertAt(t, src); ok {
			t.Errorf("inserted into\n%s", out)
		}
	}
	if _, err := Insertable("x.go", []byte("package main\n"), Site{Line: 9, Column: 1}); err == nil || !strings.Contains(err.Error(), "changed since") {
		t.Errorf("got %v for a line that does not exist", err)
	}
	if _, err := Insertable("x.go", []byte("package"), Site{Line: 1, Column: 1}); err == nil {
		t.Error("no error for a file that does not parse")
	}
}

func TestInsertTwo(t *testing.T) {
	src := "package main\n\nfunc main() {\n\tf()\n\tg()\n}\n"
	out, err := Insert("x.go", []byte(src), `"q"`, []Site{{Line: 5, Column: 2, Before: "two()"}, {Line: 4, Column: 2, Before: "one()"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := "package main; import \"q\"\n\nfunc main() {\n\tone(); f()\n\ttwo(); g()\n}\n"; string(out) != want {
		t.Errorf("got\n%s", out)
	}
}
