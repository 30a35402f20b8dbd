package symplot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/symtab"
)

func record(t *testing.T, data []byte) *Record {
	t.Helper()
	rec, err := ReadRecord("record", bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func make2(t *testing.T, o Options) *Report {
	t.Helper()
	r, err := Make(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRecords runs a program, and finds in its binary all that was recorded of it.
func TestRecords(t *testing.T) {
	for _, mode := range []string{"exe", "pie"} {
		t.Run(mode, func(t *testing.T) {
			flag := "-buildmode=" + mode
			old, body, added := build(t, "", flag), build(t, changeBody, flag), build(t, addImport, flag)
			for name, data := range records(t, old) {
				rec := record(t, data)
				same := make2(t, Options{Old: old, New: old, Record: rec, MaxWrong: 0})
				a := same.Addresses
				if same.Failed() || a.Unknown > 0 || a.Found != a.Same || a.Found < 4 {
					t.Errorf("%s: in itself: %+v", name, a)
				}
				for _, want := range []string{"main.deep", "main.main"} {
					if !slices.ContainsFunc(a.List, func(one Address) bool { return one.Old == want }) {
						t.Errorf("%s: no address is in %s: %+v", name, want, a.List)
					}
				}
				if name != "panic single" && !slices.ContainsFunc(a.List, func(one Address) bool {
					return one.Old == "runtime.main" || strings.HasPrefix(one.Old, "main.box[go.shape.int].run")
				}) {
					t.Errorf("%s: neither the runtime nor a generic function is in it: %+v", name, a.List)
				}
				if b := make2(t, Options{Old: old, New: body, Record: rec, MaxWrong: -1}).Addresses; b.Other == 0 || b.Found != a.Found {
					t.Errorf("%s: in one with a changed body: %+v", name, b)
				}
				all := make2(t, Options{Old: old, New: added, Record: rec, MaxWrong: 0.5})
				if all.Addresses.Wrong() < 0.9 || !all.Failed() {
					t.Errorf("%s: in one with another import: %+v", name, all.Addresses)
				}
			}
		})
	}
}

// TestOtherBuild gives a record of one build with another as OLD.
func TestOtherBuild(t *testing.T) {
	old, added := build(t, ""), build(t, addImport)
	got := records(t, added)
	for _, name := range []string{"pprof", "panic system"} {
		r, err := Make(Options{Old: old, New: added, Record: record(t, got[name]), MaxWrong: 1})
		if err == nil && (!r.Unjudged() || r.Rows[len(r.Rows)-1].Result != finding.Unknown) {
			t.Errorf("%s: %+v", name, r.Addresses)
		}
		if err != nil && !strings.Contains(err.Error(), "belongs to "+old) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLookups checks what the names in a report rest on, against the tables.
func TestLookups(t *testing.T) {
	old, new := build(t, ""), build(t, changeBody)
	oldTable, err := symtab.Open(old)
	if err != nil {
		t.Fatal(err)
	}
	newTable, err := symtab.Open(new)
	if err != nil {
		t.Fatal(err)
	}
	var list strings.Builder
	list.WriteString("# addresses\n\n")
	for _, f := range oldTable.Funcs {
		fmt.Fprintf(&list, "%x\n 0X%X\t\n", f.Entry, f.Entry+1)
	}
	rec := record(t, []byte(list.String()))
	r := make2(t, Options{Old: old, New: new, Record: rec, MaxWrong: -1})
	want := make(map[string]int)
	for _, one := range r.Addresses.List {
		was, is := oldTable.Name(uint64(one.PC)), newTable.Name(uint64(one.PC))
		if was == "" {
			is = "" // an empty function: what is not in OLD is not asked about
		}
		if one.Old != was || one.New != is {
			t.Errorf("%s: %s -> %s, want %s -> %s", one.PC, one.Old, one.New, was, is)
		}
		want[one.Result]++
	}
	a := r.Addresses
	if a.Kind != KindList || a.Same != want[Same] || a.Shifted != want[Shifted] || a.Other != want[Other] || a.Nowhere != want[Nowhere] || a.Other == 0 {
		t.Errorf("%+v, want %v", a, want)
	}
}

// TestExactness holds the exact shares against the sample of symtab.Compare.
func TestExactness(t *testing.T) {
	old := build(t, "")
	for _, change := range []string{"", changeBody, addImport} {
		r := make2(t, Options{Old: old, New: build(t, change), MaxWrong: -1})
		m, err := symtab.Compare(r.old, r.new)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(m.Code.Wrong()-r.Moves.Code.Wrong) > 0.01 {
			t.Errorf("%q: sampled %v, exact %v", change, m.Code.Wrong(), r.Moves.Code.Wrong)
		}
		var sum Package
		for _, p := range r.Packages {
			sum.Old += p.Old
			sum.Stayed += p.Stayed
			sum.Moved += p.Moved
			sum.Removed += p.Removed
			sum.Added += p.Added
		}
		if sum.Old != m.Old || sum.Stayed != m.Stayed || sum.Moved != m.Moved || sum.Removed != m.Removed || sum.Added != m.Added {
			t.Errorf("%q: %+v, want %+v", change, sum, m)
		}
	}
}

// TestForms checks the forms of one report: JSON has what the others are made of,
// and the page loads nothing.
func TestForms(t *testing.T) {
	old, new := build(t, ""), build(t, changeBody, "-ldflags=-s -w")
	for _, o := range []Options{{New: old}, {New: new}, {Old: old, New: new, MaxWrong: 0, Record: record(t, records(t, old)["panic single"])}} {
		r := make2(t, o)
		var text, page, object bytes.Buffer
		if err := r.WriteText(&text, 3); err != nil {
			t.Fatal(err)
		}
		if err := r.WriteHTML(&page, 3); err != nil {
			t.Fatal(err)
		}
		if err := r.WriteJSON(&object); err != nil {
			t.Fatal(err)
		}
		for _, row := range r.Rows {
			if !strings.Contains(text.String(), row.Reason) || !strings.Contains(page.String(), "<th scope=\"row\">"+row.Check+"</th>") {
				t.Errorf("%s is not in every form", row.Check)
			}
		}
		for _, bad := range []string{"http:", "https:", "<script", "src=", "url(", "ZgotmplZ", "NaN", "Inf"} {
			if strings.Contains(page.String(), bad) {
				t.Errorf("the page has %q", bad)
			}
		}
		if !strings.Contains(page.String(), "default-src &#39;none&#39;") && !strings.Contains(page.String(), "default-src 'none'") {
			t.Error("the page has no policy")
		}
		var raw map[string]json.RawMessage
		if err := json.Unmarshal(object.Bytes(), &raw); err != nil || len(raw) != 1 {
			t.Fatalf("%v, %d keys", err, len(raw))
		}
		if !bytes.Contains(raw["symtab"], []byte(`"protocol":"1"`)) || !bytes.Contains(raw["symtab"], []byte(`"address":"0x`)) {
			t.Errorf("%s", raw["symtab"])
		}
	}
}

// TestRows checks each answer about one file.
func TestRows(t *testing.T) {
	good := []TextStart{{"moduledata", 0x1000}}
	tests := []struct {
		name   string
		binary Binary
		want   []string
	}{
		{"agree", Binary{Text: good, Sections: []Section{{ELF: 2, Foreign: 1}}}, []string{finding.Pass, finding.Pass}},
		{"stripped", Binary{Text: good, Sections: []Section{{Gosym: 2}}}, []string{finding.Pass, finding.Unknown}},
		{"disagree", Binary{Text: good, Problems: 1, Examples: []Disagreement{{Gosym: "main.a"}}, Sections: []Section{{ELF: 2}}}, []string{finding.Pass, finding.Fail}},
		{"two starts", Binary{Text: append(good, TextStart{"runtime.text", 0x2000}), Sections: []Section{{ELF: 2}}}, []string{finding.Fail, finding.Pass}},
	}
	for _, tt := range tests {
		var got []string
		for _, row := range tt.binary.rows("new") {
			got = append(got, row.Result)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
