package build

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// TestWork puts marks around the work of a function.
func TestWork(t *testing.T) {
	for _, test := range []struct{ src, want string }{
		{"if !enter() {return}; defer leave(); store(v)", "if !enter() {return}; defer leave(); L; store(v)"},
		{"if !enter() {return}; store(v); leave()", "if !enter() {return}; L; store(v); O; leave()"},
		{"mu.Lock(); last = v; mu.Unlock()", "mu.Lock(); L; last = v; O; mu.Unlock()"},
		{"mu.Lock(); mu.Unlock()", "L; mu.Lock(); mu.Unlock()"},
		{"mu.Lock(); defer mu.Unlock(); a(v); b(v)", "mu.Lock(); defer mu.Unlock(); L; a(v); b(v)"},
		{"f, err := open(v); if err != nil {return}; defer f.Close(); write(f, v); n++", "f, err := open(v); if err != nil {return}; defer f.Close(); L; write(f, v); n++"},
		{"store(v); if n > 1 {flush(v)}", "L; store(v); if n > 1 {flush(v)}"},
		{"if closed {n.Done(); return}; n.Add(1); store(v); n.Done()", "if closed {n.Done(); return}; n.Add(1); L; store(v); O; n.Done()"},
		{"if closed {return}; sampled()", "if closed {return}; L; sampled()"},
		{"n.Add(1); store(v); n.Add(-1)", "n.Add(1); L; store(v); O; n.Add(-1)"},
		{"sem <- 1; store(v); <-sem", "sem <- 1; L; store(v); O; <-sem"},
		{"if enter() {store(v); leave()}", "if enter() {L; store(v); O; leave()}"},
		{"store(v); return", "L; store(v); return"},
		{"return store(v)", "L; return store(v)"},
	} {
		head := "package main\n\nfunc main() { "
		src := head + test.src + " }\n"
		out, err := Insert("main.go", []byte(src), `"q"`, []Site{{Line: 3, Column: 6, Work: "L", Over: "O"}})
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Replace(head, "main\n", `main; import "q"`+"\n", 1) + test.want + " }\n"
		if string(out) != want {
			t.Errorf("got\n%swant\n%s", out, want)
		}
	}
}

// TestFault puts a statement before what calls a function, and nothing elsewhere.
func TestFault(t *testing.T) {
	for _, test := range []struct {
		src  string
		want bool
	}{
		{"return C.int(«rule(int(v))»)", true},
		{"«return C.int(rule(int(v)))", true},
		{"«return C.int(int(v) * 100 / w)", false},
		{"return «id * scale(v) / w»", false},
		{"x := «C.f(v)»; _ = x", false},
		{"«return protect(func() int { return 1 })", true},
		{"«f = func() int { return rule(1) }", false},
		{"x := «v.(*session)»; x.f()", false},
	} {
		head := "package main\n\nfunc main() { "
		before, rest, _ := strings.Cut(test.src, "«")
		text, after, found := strings.Cut(rest, "»")
		s := Site{Line: 3, Column: len("func main() { "+before) + 1, Fault: "F"}
		s.EndLine, s.EndColumn = s.Line, s.Column
		if found {
			s.EndColumn += len(text)
		}
		got, err := Insertable("main.go", []byte(head+before+text+after+" }\n"), s)
		if err != nil {
			t.Fatal(err)
		}
		if got != test.want {
			t.Errorf("%s: got %v, want %v", test.src, got, test.want)
		}
	}
}

// TestStatements has no list where no statement can be put.
func TestStatements(t *testing.T) {
	p, err := parse("main.go", []byte("package main\n\nfunc main() { switch f() { case 1: g(); h() }; select { case <-c: g() } }\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	ast.Inspect(p.ast, func(n ast.Node) bool {
		if list := Statements(n); list != nil {
			got = append(got, len(list))
		}
		return true
	})
	if want := []int{2, 2, 1}; !slices.Equal(got, want) {
		t.Errorf("lists of %v statements, want %v: those of main and of the two clauses", got, want)
	}
}
