package build

import (
	"go/format"
	"strings"
	"testing"
)

// insertSite puts site at the first @ of a statement in a function; a second @ is
// its end.
func insertSite(t *testing.T, stmt string, site Site) string {
	t.Helper()
	const head = "package main\n\nimport \"example.com/conf\"\n\nfunc main() {\n\t"
	parts := strings.SplitN(stmt, "@", 3)
	at := func(before string) (line, column int) {
		before = head + before
		return strings.Count(before, "\n") + 1, len(before) - strings.LastIndex(before, "\n")
	}
	site.Line, site.Column = at(parts[0])
	if len(parts) == 3 {
		site.EndLine, site.EndColumn = at(parts[0] + parts[1])
	}
	out, err := Insert("x.go", []byte(head+strings.Join(parts, "")+"\n}\n"), `p "q"`, []Site{site})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := format.Source(out); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	_, body, _ := strings.Cut(string(out), "func main() {\n\t")
	return strings.TrimSuffix(body, "\n}\n")
}

func TestAddress(t *testing.T) {
	const pointer, pointee = "p.A(func() any { return &X }); ", "p.B(func() any { return &X }); "
	for _, test := range []struct{ stmt, address, of string }{
		{"@config@ = load()", pointer, "config"},
		{"@s.a.b@ = load()", pointer, "s.a.b"},
		{"f(@(*s).a@)", pointer, "(*s).a"},
		{"json.Unmarshal(data, @&config@)", pointer, "config"},
		{"@m[f()]@ = 1", pointee, "m"},
		{"@*s.p@ = x", pointee, "s.p"},
		{"@load().a@ = x", "", ""},
		{"@config = load()", "", ""}, // where it ends is not known
		{"if c := load(); @c.a@ == 1 {\n\t}", "", ""},
		{"for _, c := range @list@ {\n\t\tf(c)\n\t}", pointer, "list"},
		{"for _, c := range list {\n\t\tf(@c.a@)\n\t}", pointer, "c.a"},
		{"switch c := x.(type) {\n\tcase T:\n\t\tf(@c.a@)\n\t}", pointer, "c.a"},
	} {
		got := insertSite(t, test.stmt, Site{Before: "hit()", Pointer: "p.A(", Pointee: "p.B("})
		found := strings.Contains(got, "return &")
		if want := strings.ReplaceAll(test.address, "X", test.of); found != (want != "") || !strings.Contains(got, want) {
			t.Errorf("%s becomes\n%s\nwant %q in it", test.stmt, got, want)
		}
	}
}

func TestCompare(t *testing.T) {
	for _, test := range []struct{ stmt, want string }{
		{"@c@ := s.get()\n\tfor {\n\t}", "p.C(1, c, s.get()); "},
		{"@c@ := v.Load().(*T)\n\tlog()\n\tfor {\n\t}", "p.C(1, c, v.Load().(*T)); "},
		{"@c@ := (*T)(atomic.LoadPointer(&p))\n\tfor {\n\t}", "p.C(1, c, (*T)(atomic.LoadPointer(&p))); "},
		{"a, @c@ := b, *cfg\n\tfor {\n\t}", "p.C(1, c, *cfg); "},
		{"@c@ := open(name)\n\tfor {\n\t}", ""},
		{"@c@, err := open()\n\tfor {\n\t}", ""},
		{"@c@ := s.get()\n\tf(c)", ""},
		{"@c@ := s.get()\n\tfor _, s := range list {\n\t}", ""}, // another s
		{"for {\n\t\t@c@ := s.get()\n\t}", ""},                  // it does not exist where the loop begins
	} {
		got := insertSite(t, test.stmt, Site{Before: "hit()", Compare: "p.C(1, "})
		if strings.Contains(got, "p.C(") != (test.want != "") || !strings.Contains(got, "for { "+test.want) && test.want != "" {
			t.Errorf("%s becomes\n%s\nwant %q in it", test.stmt, got, test.want)
		}
	}
}

func TestOperand(t *testing.T) {
	for _, test := range []struct{ stmt, want string }{
		{"f(w, @s.current().Limit@)", "f(w, p.O(1, s.current()).Limit)"},
		{"f(w, @s.svc.current().Limit@)", "f(w, p.O(1, s.svc.current()).Limit)"},
		{"name := @s.svc.current().Name.First", "name := p.O(1, s.svc.current()).Name.First"},
		{"name := @c.Name.First", "name := p.O(1, c).Name.First"},
		{"@fmt.Fprintln(w, name, c.Limit)", "fmt.Fprintln(w, name, p.O(1, c).Limit)"},
		{"@return f(c.Limit, conf.Default)", "return f(p.O(1, c).Limit, conf.Default)"},
		{"@c.Name = f()", "c.Name = f()"},
		{"x := &@c.Name", "x := &c.Name"},
		{"@f(c)", "f(c)"},
	} {
		got := insertSite(t, test.stmt, Site{Before: "hit()", Operand: "p.O(1, "})
		if got != "hit(); "+test.want {
			t.Errorf("%s becomes\n%s\nwant\n%s", test.stmt, got, test.want)
		}
	}
}

func TestPlaces(t *testing.T) {
	site := Site{Before: "before()", After: "after()", Argument: "p.R(1, ", Around: "p.H(1, "}
	for _, test := range []struct{ stmt, want string }{
		{"C.free(unsafe.Pointer(old))@ // behind it, as cgo has it", "before(); C.free(p.R(1, unsafe.Pointer(old))); after() // behind it, as cgo has it"},
		{"for {\n\t\tfree(old)@\n\t}", "for {\n\t\tbefore(); free(p.R(1, old)); after()\n\t}"},
		{"defer @free(old)", "before(); defer p.H(1, free(p.R(1, old))); after()"},
		{"free(@list...)", "before(); free(list...); after()"},
		{"for {\n@\t\tg(x)\n\t}", "for {\n\t\tbefore(); g(p.R(1, x)); after()\n\t}"},
		{"return @swap(x)", "before(); after(); return p.H(1, swap(x))"},
		{"c := @current.Load()", "before(); c := p.H(1, current.Load()); after()"},
		{"select {\n\tcase <-@c:\n\t}", "before(); select {\n\tcase <-c:\n\t}; after()"},
		{"switch {\n\tcase @a:\n\t}", "before(); switch {\n\tcase a:\n\t}; after()"},
	} {
		if got := insertSite(t, test.stmt, site); got != test.want {
			t.Errorf("%s becomes\n%s\nwant\n%s", test.stmt, got, test.want)
		}
	}
	got := insertSite(t, "go func() {\n\t\tf(@x)\n\t}()", Site{Inner: "inner()"})
	if want := "go func() { inner(); \n\t\tf(x)\n\t}()"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
