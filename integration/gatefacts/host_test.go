package gatefacts

import (
	"debug/elf"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/cpu"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/gate"
)

// processor makes this processor one that has, or has not, what the flags stand for.
func processor(t *testing.T, has bool, flags ...*bool) {
	t.Helper()
	for _, flag := range flags {
		before := *flag
		*flag = has
		t.Cleanup(func() { *flag = before })
	}
}

func TestLacking(t *testing.T) {
	var all []*bool
	for _, f := range amd64Features {
		all = append(all, f.has)
	}
	amd64 := func(level string) []string {
		return lacking("amd64", map[string]string{"GOARCH": "amd64", "GOAMD64": level})
	}
	processor(t, true, all...)
	if got := amd64("v4"); len(got) > 0 {
		t.Errorf("a processor that has all lacks %q", got)
	}
	processor(t, false, &cpu.X86.HasAVX2, &cpu.X86.HasAVX512VL)
	for level, want := range map[string][]string{"v1": nil, "v2": nil, "v3": {"AVX2"}, "v4": {"AVX2", "AVX512VL"}, "": nil} {
		if got := amd64(level); !slices.Equal(got, want) {
			t.Errorf("%q lacks %q, want %q", level, got, want)
		}
	}
	processor(t, false, all...)
	if got := amd64("v1"); len(got) > 0 {
		t.Errorf("v1 lacks %q", got)
	}
	if got := lacking("amd64", map[string]string{"GOARCH": "386", "GOAMD64": "v4"}); len(got) > 0 {
		t.Errorf("a program for 386 lacks %q", got)
	}
	processor(t, false, &cpu.ARM64.HasATOMICS)
	for level, want := range map[string]int{"": 0, "v8.0": 0, "v8.0,lse": 1, "v8.1": 1, "v9.0": 1} {
		if got := lacking("arm64", map[string]string{"GOARCH": "arm64", "GOARM64": level}); len(got) != want {
			t.Errorf("%q lacks %q", level, got)
		}
	}
}

func TestOtherHost(t *testing.T) {
	for _, c := range []struct {
		goos    string
		machine elf.Machine
		running bool
		problem string // or why it is unknown
		known   bool
	}{
		{"plan9", hostMachines["amd64"], true, "plan9/amd64, and this host is", true},
		{"plan9", hostMachines["amd64"], false, "where it will run", false},
		{"", elf.EM_S390, false, "linux/s390x, and this host is", false},
		{"", elf.EM_AVR, true, "linux/EM_AVR, and this host is", true},
	} {
		img := &image{machine: c.machine, file: gate.File{Build: gate.Build{Settings: map[string]string{"GOOS": c.goos}}}}
		got := host(img, c.running)
		if (got.Unknown == "") != c.known || !strings.Contains(got.Unknown+got.Value.Problem, c.problem) {
			t.Errorf("%+v: %+v", c, got)
		}
	}
}

func TestForeign(t *testing.T) {
	b := &gate.Build{Main: "example.com/svc", Path: "example.com/svc/cmd", MainVersion: "(devel)", Modules: map[string]string{
		"example.com/dep": "v1.2.0", "example.com/Big/v2": "v2.0.1", "example.com/gone": "v1.0.0 => example.com/fork v1.5.0", "example.com/local": "v0.0.0 => ../local",
	}}
	for name, c := range map[string]struct {
		places []string // package, file
		want   string
	}{
		"none":           {nil, ""},
		"main":           {[]string{"example.com/svc", "main.go"}, ""},
		"below":          {[]string{"example.com/svc/a/b", "a/b/x.go"}, ""},
		"files":          {[]string{"command-line-arguments", "main.go"}, ""},
		"other":          {[]string{"example.com/svc2", "main.go"}, "package example.com/svc2, and NEW is example.com/svc/cmd"},
		"other and main": {[]string{"example.com/svc2", "x/main.go", "example.com/svc", "main.go"}, ""},
		"dependency":     {[]string{"example.com/dep/p", "/mod/example.com/dep@v1.2.0/p/x.go"}, ""},
		"older":          {[]string{"example.com/dep/p", "/mod/example.com/dep@v1.1.0/p/x.go"}, "is of version v1.1.0 of example.com/dep, and NEW has v1.2.0"},
		"letters":        {[]string{"example.com/Big/v2", "/mod/example.com/!big/v2@v2.0.0/x.go"}, "is of version v2.0.0"},
		"replaced":       {[]string{"example.com/gone", "/mod/example.com/fork@v1.5.0/x.go"}, ""},
		"replaced older": {[]string{"example.com/gone", "/mod/example.com/fork@v1.4.0/x.go"}, "is of version v1.4.0 of example.com/fork"},
		"folder":         {[]string{"example.com/local", "../local/x.go"}, ""},
		"rooted":         {[]string{"/", "x.go"}, "package /"},
	} {
		var list []*finding.Finding
		for i := 0; i < len(c.places); i += 2 {
			list = append(list, &finding.Finding{Package: c.places[i], Posn: finding.Position{File: c.places[i+1], Line: 1}})
		}
		if got := foreign(list, b); got != c.want && (c.want == "" || !strings.Contains(got, c.want)) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := foreign([]*finding.Finding{{Package: "x"}}, &gate.Build{}); got != "" {
		t.Errorf("%q of a program without modules", got)
	}
}
