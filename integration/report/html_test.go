package report_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/report"
)

// An element of a page. The pages are written so that they are XML too, which is
// read strictly: whatever leaves its place is an error or another element.
type element struct {
	depth int
	name  string
	attr  map[string]string
	order []string // names of attr
	text  []string
}

func parsePage(t testing.TB, page []byte) (list []*element) {
	t.Helper()
	dec := xml.NewDecoder(bytes.NewReader(page))
	var open []*element
	for {
		token, err := dec.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("page is not well formed: %v\n%s", err, page)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{depth: len(open), name: token.Name.Local, attr: make(map[string]string)}
			for _, a := range token.Attr {
				e.attr[a.Name.Local] = a.Value
				e.order = append(e.order, a.Name.Local)
			}
			list, open = append(list, e), append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if s := strings.TrimSpace(string(token)); s != "" {
				e := open[len(open)-1]
				e.text = append(e.text, s)
			}
		}
	}
	return list
}

// outline writes the structure of a page, without its style and script.
func outline(t *testing.T, page []byte) string {
	var b strings.Builder
	for _, e := range parsePage(t, page) {
		indent := strings.Repeat("  ", e.depth)
		fmt.Fprintf(&b, "%s%s", indent, e.name)
		for _, name := range e.order {
			if name != "d" && e.name != "meta" {
				fmt.Fprintf(&b, " %s=%q", name, e.attr[name])
			}
		}
		b.WriteByte('\n')
		if e.name == "style" || e.name == "script" {
			continue
		}
		for _, s := range e.text {
			fmt.Fprintf(&b, "%s  %q\n", indent, s)
		}
	}
	return b.String()
}

// TestHTMLNeedsNothing holds that a page loads nothing, from the network or from
// the disk, and that the browser is told to hold it to that.
func TestHTMLNeedsNothing(t *testing.T) {
	page := render(t, "html", stream())
	var script, policy string
	for _, e := range parsePage(t, page) {
		switch e.name {
		case "link", "img", "image", "iframe", "frame", "object", "embed", "video", "audio", "source", "base", "foreignObject":
			t.Errorf("page has a %s", e.name)
		case "script":
			script += strings.Join(e.text, "")
		case "meta":
			if e.attr["http-equiv"] == "Content-Security-Policy" {
				policy = e.attr["content"]
			}
		}
		for name, value := range e.attr {
			switch {
			case name == "href" && e.name == "a" && strings.HasPrefix(value, "https://"): // followed by people only
			case name == "href" && strings.HasPrefix(value, "#"):
			case name == "href", name == "src", name == "srcset", name == "action", name == "background", strings.HasPrefix(name, "on"):
				t.Errorf("%s has %s=%q", e.name, name, value)
			}
		}
	}
	for _, loads := range []string{"url(", "@import", "fetch(", "XMLHttpRequest", "import("} {
		if bytes.Contains(page, []byte(loads)) {
			t.Errorf("page has %q", loads)
		}
	}
	_, rest, _ := strings.Cut(string(page), "<script>")
	code, _, _ := strings.Cut(rest, "</script>")
	hash := sha256.Sum256([]byte(code))
	want := "script-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'"
	if script == "" || !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, want) {
		t.Errorf("policy %q does not allow the script, %s, and nothing else", policy, want)
	}
}

// evil leaves every context that a text could stand in.
const evil = "</script></style></title></pre>--><script>alert(1)</script>\" onload='alert(1)' x=`\u2028\x00\x1b[31m\nforged.go:1:1: line {{.}} \ufffe\uffff"

// setStrings sets all texts of a value.
func setStrings(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			setStrings(v.Elem(), text)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			setStrings(v.Field(i), text)
		}
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			data, _ := json.Marshal(map[string]any{"text": text, "file": text, "line": 3})
			v.SetBytes(data)
			return
		}
		for i := range v.Len() {
			setStrings(v.Index(i), text)
		}
	case reflect.String:
		v.SetString(text)
	}
}

// saying is the stream with the same text in place of all others, but verdicts:
// a reader does not let other ones through.
func saying(text string) []*finding.Message {
	list := stream()
	for _, m := range list {
		setStrings(reflect.ValueOf(m), text)
		if m.Verdict != nil {
			m.Verdict.Result = finding.Confirmed
		}
	}
	return list
}

func hostile() []*finding.Message { return saying(evil) }

// TestHostile holds that no text of a stream, which programs and other people
// write, becomes markup, a line of its own or a command to the terminal.
func TestHostile(t *testing.T) {
	var want, got []string
	for _, e := range parsePage(t, render(t, "html", saying("harmless"))) {
		want = append(want, fmt.Sprint(e.depth, e.name, e.order))
	}
	for _, e := range parsePage(t, render(t, "html", hostile())) {
		got = append(got, fmt.Sprint(e.depth, e.name, e.order))
	}
	if !slices.Equal(got, want) {
		t.Errorf("structure is\n%s\nnot\n%s", got, want)
	}
	text := string(render(t, "text", hostile()))
	if strings.Contains(text, "\nforged") || strings.ContainsAny(text, "\x00\x1b") {
		t.Errorf("the text is not its own: %q", text)
	}
}

// TestLinks holds that only addresses of the web become links.
func TestLinks(t *testing.T) {
	for url, want := range map[string]bool{"https://example.test/": true, "http://example.test/": true, "javascript:alert(1)": false, "file:///etc/passwd": false, "data:text/html,x": false, "//example.test/": false} {
		list := stream()
		for _, m := range list {
			if m.Finding != nil {
				m.Finding.URL = url
			}
		}
		got := slices.ContainsFunc(parsePage(t, render(t, "html", list)), func(e *element) bool { return e.attr["href"] == url })
		if got != want {
			t.Errorf("%s: link %v, want %v", url, got, want)
		}
	}
}

// TestWholeStory holds that what is said of a finding is found wherever it stands
// in the stream, that a check and its confirm make one report, and that nothing is
// dropped.
func TestWholeStory(t *testing.T) {
	f := &finding.Finding{ID: "aa", Analyzer: "x", Category: "x/y", Message: "m", Posn: finding.Position{File: "a.go", Line: 1, Column: 1}}
	twin := *f
	twin.Message = "same id, another finding"
	list := []*finding.Message{
		{Config: &finding.Config{Protocol: finding.Protocol, Command: "check"}},
		{Verdict: &finding.Verdict{Finding: "aa", Result: finding.Refuted, Reason: "not this time"}},
		{Finding: f}, {Finding: &twin},
		{Summary: new(finding.Summary)},
		{Config: &finding.Config{Protocol: finding.Protocol, Command: "confirm"}},
		{Finding: f},
		{Evidence: &finding.Evidence{Finding: "aa", Kind: "seen", Text: "by chance"}},
		{Verdict: &finding.Verdict{Finding: "aa", Result: finding.Confirmed, Reason: "it was lost"}},
		{Verdict: &finding.Verdict{Finding: "zz", Result: finding.Unreached, Reason: "who knows"}},
	}
	text := string(render(t, "text", list))
	const told = "\trefuted: not this time\n\tconfirmed: it was lost\n\tseen: by chance\n"
	want := "a.go:1:1: m (x/y)\n" + told + "\na.go:1:1: same id, another finding (x/y)\n" + told +
		"\nfinding zz, which the stream does not have\n\tunreached: who knows\n" +
		"\n2 findings: 2 confirmed, 0 refuted, 1 unreached\n"
	if text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	page := string(render(t, "html", list))
	for _, want := range []string{"The stream has no summary.", "hotvet check", "hotvet confirm", "who knows", "another finding"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in the page", want)
		}
	}
	if log := string(render(t, "sarif", list)); !strings.Contains(log, "who knows") || !strings.Contains(log, `"executionSuccessful": false`) {
		t.Errorf("the log drops something:\n%s", log)
	}
}

// TestDecisionPage holds that the page of a decision is called by it, and does not
// speak of findings when there are none.
func TestDecisionPage(t *testing.T) {
	list := []*finding.Message{
		{Config: &finding.Config{Protocol: finding.Protocol, Command: "gate"}},
		{Decision: &finding.Decision{Result: finding.Deny, Rows: []finding.Row{{Check: "build/tags", Result: finding.Fail, Reason: "lost"}}}},
		{Summary: new(finding.Summary)},
	}
	page := string(render(t, "html", list))
	if !strings.Contains(page, "<title>hotvet: deny</title>") || strings.Contains(page, "<h2>Findings</h2>") || strings.Contains(page, `class="counts"`) {
		t.Errorf("the page of a decision:\n%s", page)
	}
	list = append(list, &finding.Message{Finding: &finding.Finding{ID: "aa", Analyzer: "x", Category: "x/y", Message: "m"}})
	page = string(render(t, "html", list))
	if !strings.Contains(page, "<title>hotvet: deny, 1 not run</title>") || !strings.Contains(page, "<h2>Findings</h2>") || !strings.Contains(page, `class="counts"`) {
		t.Errorf("the page of a decision with a finding:\n%s", page)
	}
}

// FuzzRender holds that each stream that can be read can be rendered, to a page
// that is well formed.
func FuzzRender(f *testing.F) {
	seed, err := os.ReadFile(filepath.Join("..", "..", "testdata", "golden", "report", "stream.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	for _, line := range strings.Split(string(seed), "\n") {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := finding.ReadAll(bytes.NewReader(data))
		if err != nil {
			return
		}
		for _, format := range report.Formats() {
			var buf bytes.Buffer
			w, err := report.NewIn(t.TempDir(), format, &buf, rules)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range list {
				if err := w.Write(m); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if format == "html" {
				parsePage(t, buf.Bytes())
			}
		}
	})
}
