package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestParseSet(t *testing.T) {
	const row = "C\thazard\texample.com/m\tv1.0.0\tp/p.go\t12\tx := y\tread by nobody"
	labels, err := parseSet(setHeader+"\n"+row+"\nD\tsafe\tm\tv1\tp.go\t1\tx\ty\n", "C")
	want := label{"C", true, "example.com/m", "v1.0.0", "p/p.go", 12, "x := y", "read by nobody"}
	if err != nil || len(labels) != 1 || labels[0] != want {
		t.Fatalf("parseSet = %+v, %v", labels, err)
	}
	for text, want := range map[string]string{
		row: "line 1: the header",
		setHeader + "\n" + strings.Replace(row, "12", "x", 1):        `line 2: "x" is not a line number`,
		setHeader + "\n" + strings.Replace(row, "12", "0", 1):        `line 2: "0" is not a line number`,
		setHeader + "\n" + row + "\n" + row + "\tmore":               "line 3: 9 cells",
		setHeader + "\n" + strings.Replace(row, "hazard", "risk", 1): `line 2: label is "risk"`,
		setHeader + "\n" + strings.Replace(row, "C", "K", 1):         `line 2: unknown class "K"`,
		setHeader + "\n" + strings.Replace(row, "C\t", "A\t", 1):     "no label of classes C",
	} {
		if _, err := parseSet(text, "C"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("parseSet(%q) = %v, want %q", text, err, want)
		}
	}
}

func TestSettingFor(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       setting
		ok         bool
	}{
		{"plain.go", "package p\n", setting{}, true},
		{"host_linux.go", "package p\n", setting{}, true},
		{"a_darwin.go", "package p\n", setting{goos: "darwin"}, true},
		{"b.go", "//go:build windows && !cgo\n\npackage p\n", setting{goos: "windows"}, true},
		{"c.go", "//go:build sqlite_trace || trace\n\npackage p\n", setting{tags: "sqlite_trace"}, true},
		{"d.go", "// Licence.\n\n//go:build cgo && one && two && !three\n\npackage p\n", setting{tags: "one,two"}, true},
		{"e.go", "//go:build unix && extra && go1.21\n\npackage p\n", setting{tags: "extra"}, true},
		{"f.go", "//go:build darwin && extra\n\npackage p\n", setting{tags: "extra", goos: "darwin"}, true},
		{"g.go", "//go:build !custom\n\npackage p\n", setting{}, true},
		{"h.go", "//go:build custom && !custom\n\npackage p\n", setting{}, false},
		{"i.go", "//go:build ignore\n\npackage p\n", setting{tags: "ignore"}, true},
	} {
		file := filepath.Join(t.TempDir(), test.name)
		if err := os.WriteFile(file, []byte(test.text), 0o666); err != nil {
			t.Fatal(err)
		}
		got, ok, err := settingFor(file)
		if err != nil || ok != test.ok || got != test.want {
			t.Errorf("%s: settingFor = %+v, %v, %v, want %+v, %v", test.name, got, ok, err, test.want, test.ok)
		}
	}
}

func TestLocateRejectsAnotherSource(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.go")
	if err := os.WriteFile(file, []byte(source), 0o666); err != nil {
		t.Fatal(err)
	}
	l := label{File: "p.go", Line: 5, Text: "println(1)"}
	if s, err := locate(l, file); err != nil || s.from != 3 || s.to != 9 {
		t.Errorf("locate = %+v, %v", s, err)
	}
	for _, wrong := range []label{{File: "p.go", Line: 6, Text: "println(1)"}, {File: "p.go", Line: 500, Text: ""}} {
		if _, err := locate(wrong, file); err == nil || !strings.Contains(err.Error(), "does not read") {
			t.Errorf("locate(%v) = %v", wrong, err)
		}
	}
}

func TestParseVet(t *testing.T) {
	const out = `{
	"example.com/p": {
		"profilestop": [
			{"category": "profilestop/exit", "posn": "/w/p/a.go:3:4", "end": "/w/p/a.go:3:9", "message": "lost",
			 "related": [{"posn": "/w/p/b.go:7:1", "message": "exits here"}, {"posn": "/usr/go/c.go:9", "message": "x"}]}
		]
	}
}
{}
`
	got, err := parseVet([]byte(out), "/w")
	if err != nil || len(got) != 1 {
		t.Fatalf("parseVet = %+v, %v", got, err)
	}
	if want := []point{{"p/a.go", 3}, {"p/b.go", 7}, {"/usr/go/c.go", 9}}; !slices.Equal(got[0].points, want) {
		t.Errorf("points = %v, want %v", got[0].points, want)
	}
	if want := "p/a.go:3: lost (profilestop/exit)"; got[0].String() != want {
		t.Errorf("finding = %q, want %q", got[0], want)
	}
	for _, bad := range []string{
		`{"p": {"profilestop": {"error": "panicked"}}}`,
		`{"p": {"profilestop": [{"posn": "nowhere", "message": "x"}]}}`,
		`{"p": `,
	} {
		if got, err := parseVet([]byte(bad), "/w"); err == nil {
			t.Errorf("parseVet(%s) = %v, want an error", bad, got)
		}
	}
}
