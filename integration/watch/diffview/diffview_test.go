package diffview

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	pprof "github.com/google/pprof/profile"

	"github.com/hotvet/hotvet/integration/profile"
)

// cpu makes a CPU profile of stacks "inner<outer" and their seconds.
func cpu(start int64, stacks map[string]int64) *pprof.Profile {
	p := &pprof.Profile{
		SampleType:    []*pprof.ValueType{{Type: "cpu", Unit: "nanoseconds"}},
		TimeNanos:     start * 1e9,
		DurationNanos: 10e9,
	}
	for stack, n := range stacks {
		s := &pprof.Sample{Value: []int64{n * 1e9}}
		for name := range strings.SplitSeq(stack, "<") {
			s.Location = append(s.Location, &pprof.Location{Line: []pprof.Line{{Function: &pprof.Function{Name: name}}}})
		}
		p.Sample = append(p.Sample, s)
	}
	return p
}

func render(t *testing.T, format string, top int, a, b *pprof.Profile) string {
	t.Helper()
	view, err := New("a.pb.gz", "b.pb.gz", a, b)
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if err := view.Write(&buf, format, top); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

var (
	before = cpu(1_700_000_000, map[string]int64{"f<main": 3, "g<main": 1})
	after  = cpu(1_700_000_013, map[string]int64{"f<main": 1, "h<f<main": 3})
)

func TestText(t *testing.T) {
	const want = `before  a.pb.gz: 2023-11-14 22:13:20 UTC, 10s, 4.00 s of cpu in 2 stacks
after   b.pb.gz: 2023-11-14 22:13:33 UTC, 10s, 4.00 s of cpu in 2 stacks
gap     3.0 s between them
stacks  0.33 in common; hot spots moved by 0.75

   flat before  after  change |   cum before  after  change | function
         0.0%  75.0%   +75.0 |         0.0%  75.0%   +75.0 | h
        75.0%  25.0%   -50.0 |        75.0% 100.0%   +25.0 | f
2 more functions
`
	if got := render(t, "text", 2, before, after); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got := render(t, "text", 0, cpu(1, nil), cpu(2, nil)); !strings.Contains(got, "no functions") {
		t.Errorf("empty profiles:\n%s", got)
	}
	hostile := cpu(1, map[string]int64{"\x1b]0;owned\x07<\u202emain": 1})
	if got := render(t, "text", 0, hostile, hostile); strings.ContainsAny(got, "\x1b\x07\u202e") {
		t.Errorf("a name drives the terminal: %q", got)
	}
}

func TestJSON(t *testing.T) {
	var got struct {
		Names [2]string
		Gap   float64 `json:"gap_seconds"`
		Summary
	}
	if err := json.Unmarshal([]byte(render(t, "json", 3, before, after)), &got); err != nil {
		t.Fatal(err)
	}
	if got.Names[1] != "b.pb.gz" || got.Gap != 3 || got.Shift != 0.75 || len(got.Functions) != 3 || got.More != 1 ||
		got.Functions[0].Name != "h" || got.Functions[0].Change != 0.75 || got.Before.Rate != 4e8 {
		t.Errorf("%+v", got)
	}
}

// TestHTML: the page is well-formed, runs no script but its own, and loads nothing.
func TestHTML(t *testing.T) {
	evil := `</title></script><script>alert(1)</script><img src=x onerror=alert(1)>"'` + "\x00"
	for name, page := range map[string]string{
		"usual": render(t, "html", 0, before, after),
		"evil":  render(t, "html", 0, cpu(1, map[string]int64{evil + "<main": 1}), cpu(2, map[string]int64{"main": 1})),
		"empty": render(t, "html", 0, cpu(1, nil), cpu(2, nil)),
		"same":  render(t, "html", 0, before, before),
	} {
		d := xml.NewDecoder(strings.NewReader(strings.Replace(page, "<script>"+pageJS+"</script>", "", 1)))
		d.Strict, d.Entity = true, map[string]string{"nbsp": " "}
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if e, ok := token.(xml.StartElement); ok {
				checkElement(t, name, e)
			}
		}
		hash := sha256.Sum256([]byte(pageJS))
		if !strings.Contains(page, "script-src &#39;sha256-"+strings.ReplaceAll(base64.StdEncoding.EncodeToString(hash[:]), "+", "&#43;")) {
			t.Errorf("%s: the policy does not allow the page's own script", name)
		}
	}
}

// TestLongNames: a name of some kilobytes does not fill the page.
func TestLongNames(t *testing.T) {
	long := cpu(1, map[string]int64{strings.Repeat("x", 5000) + "<main": 1})
	if page := render(t, "html", 0, long, long); strings.Contains(page, strings.Repeat("x", maxName)) || !strings.Contains(page, strings.Repeat("x", maxName-1)+"…") {
		t.Error("the name is not cut")
	}
}

func checkElement(t *testing.T, name string, e xml.StartElement) {
	t.Helper()
	switch e.Name.Local {
	case "script", "img", "iframe", "object", "link", "a":
		t.Errorf("%s: element %s", name, e.Name.Local)
	}
	for _, a := range e.Attr {
		if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "src" || a.Name.Local == "href" {
			t.Errorf("%s: attribute %s", name, a.Name.Local)
		}
	}
}

// TestFlame: children lie within their parents, and widths add up.
func TestFlame(t *testing.T) {
	root, err := profile.Tree(before, after)
	if err != nil {
		t.Fatal(err)
	}
	f := newFlame(root)
	got := ""
	for _, fr := range f.Frames {
		got += fmt.Sprintf("%d %s %.3f %.3f %s\n", fr.Row, fr.Short, fr.X, fr.W, fr.Tone)
	}
	want := "0 all 0.000 1.000 same\n1 main 0.000 1.000 same\n2 f 0.000 0.875 more3\n2 g 0.875 0.125 less3\n3 h 0.000 0.375 more3\n"
	if got != want || f.Hidden != 0 || f.Rows != 4 {
		t.Errorf("%d rows, %d hidden, got\n%swant\n%s", f.Rows, f.Hidden, got, want)
	}
}

// TestFlameBounds: a profile with many functions makes a page of a size that a
// browser can show, and says what is left out.
func TestFlameBounds(t *testing.T) {
	root := &profile.Node{Before: 1, After: 1}
	for i := range 1500 {
		n := &profile.Node{Name: fmt.Sprint(i), Before: 1. / 1500, After: 1. / 1500}
		n.Children = []*profile.Node{{Name: "a", Before: n.Before, After: n.After, Children: []*profile.Node{{Name: "b", Before: n.Before, After: n.After}}}}
		root.Children = append(root.Children, n)
	}
	root.Children = append(root.Children, &profile.Node{Name: "narrow", Before: 1e-5, After: 1e-5})
	f := newFlame(root)
	if len(f.Frames) != maxFrames || f.Hidden != 1501 {
		t.Errorf("%d frames, %d hidden", len(f.Frames), f.Hidden)
	}
}

func TestShort(t *testing.T) {
	for name, want := range map[string]string{
		"github.com/a/b.(*T).M":         "b.(*T).M",
		"slices.SortFunc[go/types.X]":   "slices.SortFunc[go/types.X]",
		"a/b.F[github.com/c/d.T].func1": "b.F[github.com/c/d.T].func1",
		"main.main":                     "main.main",
		"a/b.(*M[go.shape.struct { Key string; Value map[string][]a.com/p.T }, go.shape.int]).Insert.func1": "b.(*M[...]).Insert.func1",
		"a/b.F" + strings.Repeat("日", 200): "b.F" + strings.Repeat("日", 116) + "…",
		"0x401000":                         "0x401000",
	} {
		if got := short(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestTone(t *testing.T) {
	for change, want := range map[float64]string{0: "same", 0.004: "same", -0.01: "less1", 0.05: "more2", -0.5: "less3", math.NaN(): "more3"} {
		if got := tone(change); got != want {
			t.Errorf("%v: %s, want %s", change, got, want)
		}
	}
	for change, want := range map[float64]string{-0.0001: "0.0", 0.5: "+50.0", -0.016: "-1.6"} {
		if got := points(change); got != want {
			t.Errorf("%v: %s, want %s", change, got, want)
		}
	}
}

func TestRefused(t *testing.T) {
	heap := cpu(1, nil)
	heap.SampleType[0] = &pprof.ValueType{Type: "space", Unit: "bytes"}
	if _, err := New("a", "b", before, heap); err == nil {
		t.Error("two kinds: no error")
	}
	view, err := New("a", "b", before, after)
	if err != nil {
		t.Fatal(err)
	}
	if err := view.Write(io.Discard, "xml", 0); err == nil {
		t.Error("unknown format: no error")
	}
}
